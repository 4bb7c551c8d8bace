from typing import Literal

from routehandlers.cache import revalidate_path

from .. import _shop
from .._models import Conflict, Item, NewItem, Search

revalidate = 60


def GET(query: Search) -> list[Item]:
    """List the items, a page at a time.

    The response is cached for each valid query.
    """
    return _shop.find(query)


def POST(body: NewItem) -> tuple[Item, Literal[201]] | tuple[Conflict, Literal[409]]:
    """Add an item."""
    item = _shop.add(body)
    if item is None:
        return Conflict(name=body.name), 409
    revalidate_path("/v1/items")
    return item, 201
