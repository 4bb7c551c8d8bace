from routehandlers import Response, RouteContext
from routehandlers.cache import revalidate_path
from routehandlers.navigation import not_found
from routehandlers.openapi import operation
from routehandlers.server import Request

from ... import _shop
from ..._models import Item, NewItem


def GET(request: Request, context: RouteContext) -> Item:
    """Return an item."""
    return _shop.load(context.params["id"]) or not_found()


def PUT(request: Request, context: RouteContext, body: NewItem) -> Item:
    """Replace an item."""
    item = _shop.change(context.params["id"], body) or not_found()
    revalidate_path("/v1/items")
    return item


@operation(responses={204: {"description": "The item is gone."}, "default": None})
def DELETE(request: Request, context: RouteContext) -> Response:
    """Remove an item."""
    if not _shop.remove(context.params["id"]):
        not_found()
    revalidate_path("/v1/items")
    return Response(None, 204)
