"""Take the values out of models for cache keys, with their types.

Two values that a handler could tell apart must not look the same. So only types whose text says all are taken; for
others the result contains a ``Hidden``, which no key accepts.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import pathlib
import re
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from .annotations import is_attrs, is_named_tuple

# make_key() writes the type of these beside their exact text.
_AS_THEY_ARE = frozenset(
    {type(None), bool, int, str, float, bytes, decimal.Decimal, uuid.UUID}
    | {datetime.date, datetime.datetime, datetime.time}
)

_BY_TEXT = frozenset(
    {
        ipaddress.IPv4Address,
        ipaddress.IPv4Interface,
        ipaddress.IPv4Network,
        ipaddress.IPv6Address,
        ipaddress.IPv6Interface,
        ipaddress.IPv6Network,
        pathlib.PosixPath,
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
        pathlib.WindowsPath,
        complex,
    }
)

# Time zones whose offset says all. One with a name has more.
_OFFSETS = frozenset({"NoneType", "timezone", "TzInfo"})


@dataclasses.dataclass(frozen=True)
class Typed:
    """The parts of a value, with the name of its type."""

    name: str
    parts: Any


class Hidden:
    """Stands for a value that cannot be part of a key."""

    def __repr__(self) -> str:
        return "a value of a type that is not plain"


HIDDEN = Hidden()

MISSING = Typed("missing", None)
"""Stands for a key that a ``TypedDict`` does not have."""

PartsOf = Callable[[Any], "list[Any] | None"]
"""Returns the parts of an object that a library knows, or ``None``."""


def plain(value: Any, parts_of: PartsOf) -> Any:
    """Return a value that ``make_key()`` accepts, and that is equal only for an equal value of the same type.

    :param parts_of: Takes models of a library, and other objects that only it knows, apart.
    """
    cls = type(value)
    if cls is datetime.datetime or cls is datetime.time:
        return _plain_time(value)
    if cls in _AS_THEY_ARE:
        return value
    if cls is list:
        return [plain(item, parts_of) for item in value]
    if isinstance(value, enum.Enum):
        return Typed(_name(cls), [value.name, plain(value.value, parts_of)])
    if cls is tuple or cls is deque:
        return Typed(cls.__name__, [plain(item, parts_of) for item in value])
    if cls is set or cls is frozenset:
        return Typed(cls.__name__, sorted((plain(item, parts_of) for item in value), key=repr))
    if cls is dict:
        return Typed("dict", [[plain(key, parts_of), plain(item, parts_of)] for key, item in value.items()])
    if cls is datetime.timedelta:
        return Typed("timedelta", [value.days, value.seconds, value.microseconds])
    if cls is bytearray:
        return Typed("bytearray", bytes(value))
    if cls is re.Pattern:
        return Typed("Pattern", [value.pattern, value.flags])
    if cls in _BY_TEXT:
        return Typed(_name(cls), str(value))
    parts = parts_of(value)
    return HIDDEN if parts is None else Typed(_name(cls), [plain(part, parts_of) for part in parts])


def _plain_time(value: Any) -> Any:
    if type(value.tzinfo).__name__ in _OFFSETS and not value.fold:
        return value
    return Typed("time", [value, value.fold, repr(value.tzinfo)])


def record_parts(value: Any) -> list[Any] | None:
    """Return the values of a dataclass, attrs class or ``NamedTuple``; ``None`` for other objects.

    It is also ``None`` if the object has attributes beside its fields, which a handler could see.
    """
    cls = type(value)
    if is_named_tuple(cls):
        return list(value) if not getattr(value, "__dict__", None) else None
    names = record_names(cls)
    return None if names is None else attributes(value, names)


def record_names(cls: Any) -> list[str] | None:
    """Return the names of the fields of a dataclass or attrs class; ``None`` for other classes."""
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    if is_attrs(cls):
        return [field.name for field in cls.__attrs_attrs__]
    return None


def attributes(value: Any, names: Sequence[str]) -> list[Any] | None:
    """Return attributes of an object, or ``None`` if it has others too."""
    cls: Any = type(value)
    others = getattr(value, "__dict__", {}).keys() - set(names)
    if others or any(hasattr(value, slot) for slot in _slots(cls) if slot not in names):
        return None
    return [getattr(value, name, MISSING) for name in names]


@lru_cache(maxsize=1_000)
def _slots(cls: Any) -> tuple[str, ...]:
    """Return the slots of a class, without those of the libraries."""
    slots = (vars(one).get("__slots__", ()) for one in cls.__mro__)
    names = [name for found in slots for name in ((found,) if isinstance(found, str) else found)]
    return tuple(name for name in names if not name.startswith("__"))


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
