"""One bookmark: fetch, change, delete."""

from routehandlers import Request, Response, RouteContext
from routehandlers.navigation import not_found

from ... import _db
from ..._input import is_id, read_bookmark


def _id(context: RouteContext) -> int:
    return context.params["id"] if is_id(context.params["id"]) else not_found()


def GET(request: Request, context: RouteContext):
    return _db.get_bookmark(_id(context)) or not_found()


def PATCH(request: Request, context: RouteContext):
    id = _id(context)
    if not _db.change_bookmark(id, **read_bookmark(request, partial=True)):
        not_found()
    return _db.get_bookmark(id)


def DELETE(request: Request, context: RouteContext):
    if not _db.remove_bookmark(_id(context)):
        not_found()
    return Response(None, 204)
