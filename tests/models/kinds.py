"""The same models in every way to write one, for each library that checks it."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel
from typing_extensions import NotRequired

from routehandlers._models.base import ModelAdapter
from routehandlers._models.msgspec.adapter import MsgspecAdapter
from routehandlers._models.pydantic.adapter import PydanticAdapter

PYDANTIC = PydanticAdapter()
MSGSPEC = MsgspecAdapter()


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


# pydantic ----------------------------------------------------------------------


class PydanticOwner(BaseModel):
    name: str


class PydanticOwnerWithPassword(PydanticOwner):
    password: str = "secret"


class PydanticItem(BaseModel):
    name: str
    owner: PydanticOwner
    tags: list[str] = []
    price: float = 1.5
    others: list[PydanticOwner] = []


class PydanticItemWithPassword(PydanticItem):
    password: str = "secret"


class PydanticSearch(BaseModel):
    page: int = 1
    active: bool = False
    tag: list[str] = []
    numbers: list[int] = []
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = 0.5
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


class PydanticTree(BaseModel):
    children: list[PydanticTree] = []


class PydanticStrict(BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    page: int = 1


# pydantic dataclasses -------------------------------------------------------------


@pydantic.dataclasses.dataclass
class PydanticDataOwner:
    name: str


@pydantic.dataclasses.dataclass
class PydanticDataOwnerWithPassword(PydanticDataOwner):
    password: str = "secret"


@pydantic.dataclasses.dataclass
class PydanticDataItem:
    name: str
    owner: PydanticDataOwner
    tags: list[str] = dataclasses.field(default_factory=list)
    price: float = 1.5
    others: list[PydanticDataOwner] = dataclasses.field(default_factory=list)


@pydantic.dataclasses.dataclass
class PydanticDataItemWithPassword(PydanticDataItem):
    password: str = "secret"


@pydantic.dataclasses.dataclass
class PydanticDataSearch:
    page: int = 1
    active: bool = False
    tag: list[str] = dataclasses.field(default_factory=list)
    numbers: list[int] = dataclasses.field(default_factory=list)
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = 0.5
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


@pydantic.dataclasses.dataclass
class PydanticDataTree:
    children: list[PydanticDataTree] = dataclasses.field(default_factory=list)


@pydantic.dataclasses.dataclass(config={"extra": "forbid"})
class PydanticDataStrict:
    page: int = 1


# msgspec ------------------------------------------------------------------------


class StructOwner(msgspec.Struct):
    name: str


class StructOwnerWithPassword(StructOwner):
    password: str = "secret"


class StructItem(msgspec.Struct):
    name: str
    owner: StructOwner
    tags: list[str] = []
    price: float = 1.5
    others: list[StructOwner] = []


class StructItemWithPassword(StructItem):
    password: str = "secret"


class StructSearch(msgspec.Struct):
    page: int = 1
    active: bool = False
    tag: list[str] = []
    numbers: list[int] = []
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = 0.5
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


class StructTree(msgspec.Struct):
    children: list[StructTree] = []


class StructStrict(msgspec.Struct, forbid_unknown_fields=True):
    page: int = 1


# attrs --------------------------------------------------------------------------


@attrs.define
class AttrsOwner:
    name: str


@attrs.define
class AttrsOwnerWithPassword(AttrsOwner):
    password: str = "secret"


@attrs.define
class AttrsItem:
    name: str
    owner: AttrsOwner
    tags: list[str] = attrs.Factory(list)
    price: float = attrs.field(default=1.5, eq=False)
    others: list[AttrsOwner] = attrs.Factory(list)


@attrs.define
class AttrsItemWithPassword(AttrsItem):
    password: str = "secret"


@attrs.define
class AttrsSearch:
    page: int = 1
    active: bool = False
    tag: list[str] = attrs.Factory(list)
    numbers: list[int] = attrs.Factory(list)
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = attrs.field(default=0.5, eq=False)
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


@attrs.define
class AttrsTree:
    children: list[AttrsTree] = attrs.Factory(list)


# The standard library --------------------------------------------------------------


@dataclass
class DataOwner:
    name: str


@dataclass
class DataOwnerWithPassword(DataOwner):
    password: str = "secret"


@dataclass
class DataItem:
    name: str
    owner: DataOwner
    tags: list[str] = dataclasses.field(default_factory=list)
    price: float = dataclasses.field(default=1.5, compare=False)
    others: list[DataOwner] = dataclasses.field(default_factory=list)


@dataclass
class DataItemWithPassword(DataItem):
    password: str = "secret"


@dataclass
class DataSearch:
    page: int = 1
    active: bool = False
    tag: list[str] = dataclasses.field(default_factory=list)
    numbers: list[int] = dataclasses.field(default_factory=list)
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = dataclasses.field(default=0.5, compare=False)
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


@dataclass
class DataTree:
    children: list[DataTree] = dataclasses.field(default_factory=list)


class TupleOwner(NamedTuple):
    name: str


class TupleItem(NamedTuple):
    name: str
    owner: TupleOwner
    tags: list[str] = []
    price: float = 1.5
    others: list[TupleOwner] = []


class TupleSearch(NamedTuple):
    page: int = 1
    active: bool = False
    tag: list[str] = []
    numbers: list[int] = []
    day: datetime.date | None = None
    moment: datetime.datetime | None = None
    color: Color | None = None
    level: Level = Level.LOW
    amount: decimal.Decimal | None = None
    ident: uuid.UUID | None = None
    number: Literal[1, 2] | None = None
    word: Literal["a", "b"] | None = None
    ratio: float = 0.5
    maybe: int | None = None
    text: str | None = None
    either: int | str = 0


_SEARCH = {
    "page": NotRequired[int],
    "active": NotRequired[bool],
    "tag": NotRequired[list[str]],
    "numbers": NotRequired[list[int]],
    "day": NotRequired[datetime.date | None],
    "moment": NotRequired[datetime.datetime | None],
    "color": NotRequired[Color | None],
    "level": NotRequired[Level],
    "amount": NotRequired[decimal.Decimal | None],
    "ident": NotRequired[uuid.UUID | None],
    "number": NotRequired[Literal[1, 2] | None],
    "word": NotRequired[Literal["a", "b"] | None],
    "ratio": NotRequired[float],
    "maybe": NotRequired[int | None],
    "text": NotRequired[str | None],
    "either": NotRequired[int | str],
}


class DictOwner(typing_extensions.TypedDict):
    name: str


class DictItem(typing_extensions.TypedDict):
    name: str
    owner: DictOwner
    tags: NotRequired[list[str]]
    price: NotRequired[float]
    others: NotRequired[list[DictOwner]]


class DictTree(typing_extensions.TypedDict):
    children: NotRequired[list[DictTree]]


class StandardDictItem(TypedDict):
    name: str


DictSearch = typing_extensions.TypedDict("DictSearch", _SEARCH)  # type: ignore[misc]


@dataclass(frozen=True)
class Kind:
    """A way to write models.

    :param owner_with_password: A subclass, if the kind has any.
    :param strict: A model that refuses unknown names, if the kind has any.
    """

    name: str
    adapter: ModelAdapter
    owner: Any
    item: Any
    search: Any
    tree: Any = None
    owner_with_password: Any = None
    item_with_password: Any = None
    strict: Any = None

    @property
    def is_dict(self) -> bool:
        return self.owner is DictOwner

    @property
    def is_tuple(self) -> bool:
        return self.owner is TupleOwner

    def get(self, value: Any, name: str) -> Any:
        """Return a field of a value."""
        return value[name] if self.is_dict else getattr(value, name)


_DATA = {
    "owner": DataOwner,
    "item": DataItem,
    "search": DataSearch,
    "tree": DataTree,
    "owner_with_password": DataOwnerWithPassword,
    "item_with_password": DataItemWithPassword,
}
_DICT = {"owner": DictOwner, "item": DictItem, "search": DictSearch, "tree": DictTree}
_TUPLE = {"owner": TupleOwner, "item": TupleItem, "search": TupleSearch}

KINDS = [
    Kind(
        "pydantic",
        PYDANTIC,
        PydanticOwner,
        PydanticItem,
        PydanticSearch,
        PydanticTree,
        PydanticOwnerWithPassword,
        PydanticItemWithPassword,
        PydanticStrict,
    ),
    Kind(
        "pydantic-dataclass",
        PYDANTIC,
        PydanticDataOwner,
        PydanticDataItem,
        PydanticDataSearch,
        PydanticDataTree,
        PydanticDataOwnerWithPassword,
        PydanticDataItemWithPassword,
        PydanticDataStrict,
    ),
    Kind("dataclass-by-pydantic", PYDANTIC, **_DATA),
    Kind("typeddict-by-pydantic", PYDANTIC, **_DICT),
    Kind("namedtuple-by-pydantic", PYDANTIC, **_TUPLE),
    Kind(
        "struct",
        MSGSPEC,
        StructOwner,
        StructItem,
        StructSearch,
        StructTree,
        StructOwnerWithPassword,
        StructItemWithPassword,
        StructStrict,
    ),
    Kind(
        "attrs",
        MSGSPEC,
        AttrsOwner,
        AttrsItem,
        AttrsSearch,
        AttrsTree,
        AttrsOwnerWithPassword,
        AttrsItemWithPassword,
    ),
    Kind("dataclass-by-msgspec", MSGSPEC, **_DATA),
    Kind("typeddict-by-msgspec", MSGSPEC, **_DICT),
    Kind("namedtuple-by-msgspec", MSGSPEC, **_TUPLE),
]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
every_kind_with_subclasses = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.owner_with_password], ids=lambda kind: kind.name
)
every_adapter = pytest.mark.parametrize("adapter", [PYDANTIC, MSGSPEC], ids=lambda adapter: adapter.name)
