"""Fields of models, and of the classes with fields that need no library."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any

from werkzeug.datastructures import FileStorage

from ..base import ModelField
from .annotations import (
    arms,
    class_of,
    elements,
    hints,
    is_attrs,
    is_list,
    is_named_tuple,
    is_typed_dict,
    without_wrappers,
)


def make_field(
    name: str,
    annotation: Any,
    is_required: bool,
    *,
    alias: str | None = None,
    other_names: tuple[str, ...] = (),
    is_list: bool | None = None,
) -> ModelField:
    """Make a field.

    :param is_list: If it does not follow from the annotation.
    """
    return ModelField(
        name=name,
        alias=name if alias is None else alias,
        annotation=annotation,
        is_required=is_required,
        is_list=takes_several(annotation) if is_list is None else is_list,
        is_file=takes_file(annotation),
        other_names=other_names,
    )


def takes_several(annotation: Any) -> bool:
    """Return whether a field takes several values of a query."""
    return any(is_list(arm) for arm in arms(annotation))


def takes_file(annotation: Any) -> bool:
    """Return whether a field takes a file of a form."""
    for arm in arms(annotation):
        cls = class_of(arm)
        if cls is not None and issubclass(cls, FileStorage):
            return True
        if is_list(arm) and any(takes_file(element) for element in elements(arm)):
            return True
    return False


def record_fields(model: Any) -> tuple[ModelField, ...] | None:
    """Return the fields of a dataclass, attrs class, ``TypedDict`` or ``NamedTuple``; ``None`` for other models."""
    cls = class_of(model)
    if cls is None:
        return None
    required = _required(cls)
    if required is None:
        return None
    types = hints(model)
    fields = []
    for name, is_required in required:
        # With postponed annotations, a TypedDict does not know its own wrappers.
        annotation, wrapper = without_wrappers(types[name])
        fields.append(make_field(name, annotation, is_required if wrapper is None else wrapper == "Required"))
    return tuple(fields)


def _required(cls: Any) -> list[tuple[str, bool]] | None:
    """Return the names of the fields, and whether each is required."""
    if dataclasses.is_dataclass(cls):
        return [(field.name, _has_no_default(field)) for field in dataclasses.fields(cls)]
    if is_attrs(cls):
        nothing = sys.modules["attr"].NOTHING
        return [(field.name, field.default is nothing) for field in cls.__attrs_attrs__]
    if is_typed_dict(cls):
        return [(name, name in cls.__required_keys__) for name in _keys(cls)]
    if is_named_tuple(cls):
        return [(name, name not in cls._field_defaults) for name in cls._fields]
    return None


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.init and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _keys(cls: Any) -> Iterator[str]:
    # In the order of the class. __required_keys__ is a set, whose order differs between processes.
    return iter(cls.__annotations__)
