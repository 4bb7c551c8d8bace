from collections.abc import Iterator

from ... import _shop
from ..._models import Item


def GET() -> Iterator[Item]:
    """Write all items, one on each line."""
    yield from _shop.everything()
