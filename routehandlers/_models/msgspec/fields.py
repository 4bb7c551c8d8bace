"""Fields of msgspec's structs, and of the classes that msgspec also checks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from werkzeug.datastructures import FileStorage

from ..base import ModelField
from ..parts.annotations import class_of, hints, is_attrs, is_named_tuple, is_typed_dict, walk
from ..parts.fields import make_field, record_fields
from ..parts.rows import Shape


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
    """Return the fields of a class that msgspec checks, or ``None`` if it has none."""
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


def reads_lists(model: Any) -> bool:
    """Return whether msgspec reads a class from a list: a ``NamedTuple``, or a struct with ``array_like=True``."""
    return is_named_tuple(model) or (is_struct(model) and class_of(model).__struct_config__.array_like)  # type: ignore[union-attr]


def as_struct(model: Any) -> tuple[type[msgspec.Struct], Callable[[Any], Any]]:
    """Return a struct with the fields of a class that msgspec reads from a list, and a function to the instance.

    Queries and forms have names.
    """
    cls: Any = class_of(model)
    defaults = _defaults(cls)
    fields: list[Any] = []
    for field in fields_of(model) or ():
        given = (msgspec.field(default_factory=defaults[field.name]),) if field.name in defaults else ()
        fields.append((field.name, field.annotation, *given))
    struct = msgspec.defstruct(cls.__name__, fields, kw_only=True)

    def make(value: Any) -> Any:
        made = {name: getattr(value, name) for name in struct.__struct_fields__}
        try:
            return cls(**made)
        except (TypeError, ValueError) as error:  # of __post_init__
            raise msgspec.ValidationError(str(error)) from error

    return struct, make


def shape_of(cls: Any) -> Shape:
    """Return what msgspec reads a class from."""
    constants = {}
    if is_struct(cls) and cls.__struct_config__.tag is not None:
        constants[cls.__struct_config__.tag_field] = cls.__struct_config__.tag
    has_attributes = not is_typed_dict(cls) and not reads_lists(cls)
    reads_rows = has_attributes and not constants and not forbids_extras(cls) and not _has_aliases(cls)
    return Shape(reads_rows, is_list=reads_lists(cls), defaults=_defaults(cls), constants=constants)


def _has_aliases(cls: Any) -> bool:
    return is_struct(cls) and cls.__struct_fields__ != cls.__struct_encode_fields__


def _defaults(cls: Any) -> dict[str, Callable[[], Any]]:
    """Return functions that make the defaults of a class that msgspec reads from a list."""
    if is_named_tuple(cls):
        return {name: partial(_same, value) for name, value in cls._field_defaults.items()}
    if not is_struct(cls):
        return {}
    made = {}
    for field in msgspec.structs.fields(cls):
        if field.default_factory is not msgspec.NODEFAULT:
            made[field.name] = field.default_factory
        elif field.default is not msgspec.NODEFAULT:
            made[field.name] = partial(_same, field.default)
    return made


def _same(value: Any) -> Any:
    return value


def refuse_unknown_classes(model: Any) -> None:
    """Raise an error for a class that msgspec does not know, since it would refuse all values of it.

    :raise TypeError: With the name of the class.
    """
    try:
        info = msgspec.inspect.type_info(model)
    except TypeError:
        return  # msgspec says what is wrong where it makes the decoder
    for found in _custom_types(info, set()):
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
