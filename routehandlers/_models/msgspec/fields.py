"""Fields of msgspec's structs, and of the classes that msgspec also checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from werkzeug.datastructures import FileStorage

from ..base import ModelField
from ..parts.annotations import class_of, hints, is_attrs, walk
from ..parts.fields import make_field, record_fields


def is_made_with_msgspec(model: Any) -> bool:
    """Return whether an annotation contains a struct, an attrs class or a type of msgspec."""
    return any(_is_of_msgspec(part) for part in walk(model))


def _is_of_msgspec(part: Any) -> bool:
    cls = part if isinstance(part, type) else type(part)
    return is_struct(part) or is_attrs(part) or cls.__module__.partition(".")[0] == "msgspec"


def is_struct(model: Any) -> bool:
    """Return whether an annotation is a class of msgspec."""
    cls = class_of(model)
    return cls is not None and issubclass(cls, msgspec.Struct)


def fields_of(model: Any) -> tuple[ModelField, ...] | None:
    """Return the fields of a class that msgspec checks, or ``None`` if it has none.

    :raise NameError: If an annotation names something that does not exist at run time.
    """
    cls: Any = class_of(model)
    if not is_struct(model):
        return record_fields(model)
    types = hints(model)
    return tuple(
        make_field(field.name, types[field.name], field.required, alias=field.encode_name)
        for field in msgspec.structs.fields(cls)
    )


def forbids_extras(model: Any) -> bool:
    """Return whether a class refuses names that it lacks."""
    config = getattr(class_of(model), "__struct_config__", None)
    return config is not None and config.forbid_unknown_fields


def as_struct(model: Any) -> tuple[type[msgspec.Struct], Callable[[Any], Any]]:
    """Return a struct with the fields of a ``NamedTuple``, and a function that makes the tuple of it.

    msgspec reads a ``NamedTuple`` from a list only, and a query has names.
    """
    cls: Any = class_of(model)
    types = hints(model)
    fields = [
        (name, types[name], cls._field_defaults[name]) if name in cls._field_defaults else (name, types[name])
        for name in cls._fields
    ]
    struct = msgspec.defstruct(cls.__name__, fields)
    return struct, lambda value: cls(*msgspec.structs.astuple(value))


def refuse_unknown_classes(model: Any) -> None:
    """Raise an error for a class that msgspec does not know, since it would refuse all values of it.

    :raise TypeError: With the name of the class.
    """
    for found in _custom_types(msgspec.inspect.type_info(model), set()):
        if not issubclass(found, FileStorage):
            raise TypeError(f"it does not know the class {found.__qualname__}.")


def _custom_types(info: Any, seen: set[int]) -> list[type]:
    if id(info) in seen:
        return []
    seen.add(id(info))
    if isinstance(info, msgspec.inspect.CustomType):
        return [info.cls]
    inner: list[Any] = [field.type for field in getattr(info, "fields", ())]
    inner += getattr(info, "types", ())
    inner += getattr(info, "item_types", ())
    inner += [getattr(info, name) for name in ("item_type", "key_type", "value_type", "type") if hasattr(info, name)]
    return [cls for item in inner for cls in _custom_types(item, seen)]
