"""Take msgspec's values apart for cache keys."""

from __future__ import annotations

from typing import Any

import msgspec

from ..base import FieldsOf
from ..parts.keys import any_class
from ..parts.plain import attributes, record_parts


def parts_of(value: Any) -> list[Any] | None:
    """Return the parts of a value that only msgspec knows. They contain all that a handler can see."""
    if isinstance(value, msgspec.Struct):
        return attributes(value, type(value).__struct_fields__)
    if value is msgspec.UNSET:
        return []
    if type(value) is msgspec.Raw:
        return [bytes(value)]
    return record_parts(value)


def hides_values(model: Any, fields_of: FieldsOf) -> bool:
    """Return whether values of a model may hold more than their fields: structs with ``dict=True``."""
    return any_class(model, fields_of, _is_open)


def _is_open(cls: type) -> bool:
    config = getattr(cls, "__struct_config__", None)
    return config is not None and bool(config.dict)
