from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct, field
from werkzeug.datastructures import FileStorage

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class NewItem(Struct):
    name: Name
    size: Size = Size.SMALL
    tags: Annotated[list[Name], Meta(max_length=10)] = field(default_factory=list)
    price: Annotated[Count, Meta(description="In cents.")] = 0


class Item(NewItem, kw_only=True):
    """What the shop sells."""

    id: int


class Conflict(Struct):
    name: Annotated[str, Meta(description="The name that another item has.")]


class Search(Struct):
    page: Annotated[int, Meta(ge=1, le=1_000, description="Pages have ten items each.")] = 1
    size: Annotated[list[Size], Meta(max_length=2, description="Only items of one of these sizes.")] = field(
        default_factory=list
    )
    tag: Annotated[list[str], Meta(max_length=10, description="Only items that have all of these tags.")] = field(
        default_factory=list
    )


class Upload(Struct, forbid_unknown_fields=True):
    photo: FileStorage
    caption: Annotated[str, Meta(max_length=200)] = ""


class Photo(Struct):
    bytes: int
    caption: str


class Statistics(Struct):
    items: int
    tags: dict[str, int]
