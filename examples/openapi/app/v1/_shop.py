"""The items, in memory: a real shop has a database."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

from msgspec import structs

from ._models import Item, NewItem, Search, Size

_MOST = 200

_lock = threading.Lock()
_numbers = itertools.count(4)
_items = {
    1: Item(id=1, name="Chair", tags=["wood"], price=4_900),
    2: Item(id=2, name="Table", size=Size.LARGE, tags=["wood", "oak"], price=29_900),
    3: Item(id=3, name="Lamp"),
}


def find(search: Search) -> list[Item]:
    wanted = set(search.tag)
    found = [
        item
        for item in list(_items.values())
        if wanted <= set(item.tags) and (not search.size or item.size in search.size)
    ]
    return found[(search.page - 1) * 10 : search.page * 10]


def load(number: int) -> Item | None:
    return _items.get(number)


def add(new: NewItem) -> Item | None:
    """Add an item. Return ``None`` if there is one with this name."""
    with _lock:
        if any(item.name == new.name for item in _items.values()):
            return None
        item = Item(id=next(_numbers), **structs.asdict(new))
        _items[item.id] = item
        if len(_items) > _MOST:
            del _items[min(number for number in _items if number > 3)]
        return item


def change(number: int, new: NewItem) -> Item | None:
    with _lock:
        if number not in _items:
            return None
        _items[number] = Item(id=number, **structs.asdict(new))
        return _items[number]


def remove(number: int) -> bool:
    with _lock:
        return _items.pop(number, None) is not None


def everything() -> list[Item]:
    return list(_items.values())


def count_tags() -> dict[str, int]:
    return dict(Counter(tag for item in everything() for tag in item.tags))
