"""All bookmarks: list them, add one."""

from werkzeug.exceptions import BadRequest

from routehandlers import Request, Response

from .. import _db
from .._input import read_bookmark, read_number


def GET(request: Request):
    """``?tag=`` and ``?q=`` filter, ``?sort=`` orders, ``?limit=`` and ``?offset=`` page."""
    sort = request.args.get("sort", "-created")
    if sort not in _db.SORTS:
        raise BadRequest(f"'sort' is one of {', '.join(_db.SORTS)}.")
    return {
        "bookmarks": _db.list_bookmarks(
            tag=request.args.get("tag"),
            text=request.args.get("q"),
            sort=sort,
            limit=read_number(request, "limit", 20, 100),
            offset=read_number(request, "offset", 0, 1_000_000),
        )
    }


def POST(request: Request):
    id = _db.add_bookmark(**read_bookmark(request))
    return Response.json(_db.get_bookmark(id), status=201, headers={"Location": f"/bookmarks/{id}"})
