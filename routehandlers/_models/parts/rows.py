"""Take the fields of one model out of a dict, a row of a database, or an instance of a subclass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Project = Callable[[Any], Any]

_MISSING = object()


class Part(NamedTuple):
    """A field, and how to find it.

    :param target: The key by which the library reads it.
    :param keys: Keys of a dict or attributes of a row, each with the key by which the library reads it.
    """

    name: str
    target: str
    keys: tuple[tuple[str, str], ...]
    project: Project


@dataclass(frozen=True)
class Shape:
    """What a library reads instances of a class from.

    :param reads_rows: Whether it reads rows and dicts by itself, and ignores other keys.
    :param is_list: Whether it reads a list: the fields in order.
    :param defaults: Makes the defaults of fields, by name.
    :param constants: What it expects beside the fields, such as the tag of a union.
    """

    reads_rows: bool = False
    is_list: bool = False
    defaults: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)


def own_attributes(value: Any, parts: Iterable[Part]) -> dict[str, Any]:
    """Return the fields of an instance of the model or of a subclass."""
    found = ((part, getattr(value, part.name, _MISSING)) for part in parts)
    return {part.target: part.project(item) for part, item in found if item is not _MISSING}


def from_row(value: Any, parts: Iterable[Part]) -> dict[str, Any]:
    """Return the fields of an object of another class. It may have them under their aliases."""
    data = {}
    for part in parts:
        for key, target in part.keys:
            item = getattr(value, key, _MISSING)
            if item is not _MISSING:
                data[target] = part.project(item)
                break
    return data


def from_dict(value: Any, parts: Iterable[Part]) -> dict[str, Any]:
    """Return the fields of a dict, under their names or aliases."""
    present = set(value.keys())
    data = {}
    for part in parts:
        for key, target in part.keys:
            if key in present:
                data[target] = part.project(value[key])
                break
    return data


def from_list(value: Sequence[Any], parts: Sequence[Part]) -> list[Any]:
    """Return a list with the fields in order. What the model lacks stays, so that the library refuses it."""
    projects = [part.project for part in parts]
    return [*(project(item) for project, item in zip(projects, value, strict=False)), *value[len(parts) :]]


def in_order(data: Mapping[str, Any], parts: Iterable[Part], shape: Shape) -> Any:
    """Return fields as a list. If one is missing, they stay a dict, which the library refuses."""
    found = list(shape.constants.values())
    for part in parts:
        if part.target in data:
            found.append(data[part.target])
        elif part.name in shape.defaults:
            found.append(shape.defaults[part.name]())
        else:
            return data
    return found


def is_dict(value: Any) -> bool:
    """Return whether a value has keys. ``sqlite3.Row`` has, and no attributes."""
    return type(value) is dict or isinstance(value, Mapping) or callable(getattr(type(value), "keys", None))


def is_several(value: Any) -> bool:
    """Return whether a value can be the elements of a list."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, Mapping))


def is_scalar(value: Any) -> bool:
    """Return whether a value cannot be an instance of a model."""
    return value is None or isinstance(value, (str, bytes, int, float))
