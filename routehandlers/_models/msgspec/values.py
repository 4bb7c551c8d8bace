"""Take msgspec's values apart for cache keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..base import ModelField
from ..parts.annotations import class_of, walk
from ..parts.plain import attributes, record_parts

FieldsOf = Callable[[Any], "tuple[ModelField, ...] | None"]


def parts_of(value: Any) -> list[Any] | None:
    """Return the parts of a value that only msgspec knows. They contain all that a handler can see."""
    if isinstance(value, msgspec.Struct):
        return attributes(value, type(value).__struct_fields__)
    if value is msgspec.UNSET:
        return []
    if type(value) is msgspec.Raw:
        return [bytes(value)]
    return record_parts(value)


def hides_values(model: Any, fields_of: FieldsOf, seen: set[type] | None = None) -> bool:
    """Return whether values of a model may hold more than their fields: structs with ``dict=True``."""
    seen = set() if seen is None else seen
    for part in walk(model):
        cls = class_of(part)
        if cls is None or cls in seen:
            continue
        seen.add(cls)
        config = getattr(cls, "__struct_config__", None)
        if config is not None and config.dict:
            return True
        if any(hides_values(field.annotation, fields_of, seen) for field in fields_of(part) or ()):
            return True
    return False
