"""Take pydantic's values apart for cache keys, and count their fields as set."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from pydantic import BaseModel, NameEmail, SecretBytes, SecretStr

from ..base import FieldsOf
from ..parts.annotations import is_typed_dict
from ..parts.keys import any_class
from ..parts.plain import attributes, record_parts
from .fields import extras_of


def parts_of(value: Any) -> list[Any] | None:
    """Return the parts of a value that only pydantic knows. They contain all that a handler can see."""
    if isinstance(value, BaseModel):
        if value.__pydantic_private__ or value.__pydantic_extra__:
            return None
        return attributes(value, list(type(value).__pydantic_fields__))
    if type(value) in {SecretStr, SecretBytes}:
        return [value.get_secret_value()]
    if hasattr(value, "unicode_string") and type(value).__module__.startswith("pydantic"):
        return [str(value)]  # a URL
    if type(value) is NameEmail:
        return [value.name, value.email]
    return record_parts(value)


def hides_values(model: Any, fields_of: FieldsOf) -> bool:
    """Return whether values of a model may hold more than their fields: private attributes, or extras."""
    return any_class(model, lambda part: () if is_typed_dict(part) else fields_of(part), _is_open)


def _is_open(cls: type) -> bool:
    return bool(getattr(cls, "__private_attributes__", None)) or extras_of(cls) == "allow"


def count_all_as_set(value: Any) -> Any:
    """Return a copy of a value in which every model counts all its fields as set. Other values stay the same."""
    if isinstance(value, BaseModel):
        made = value.model_copy()
        data: dict[str, Any] = vars(made)
        for name in data:
            data[name] = count_all_as_set(data[name])
        names = {*type(value).__pydantic_fields__, *(made.model_extra or ())}
        object.__setattr__(made, "__pydantic_fields_set__", names)
        return made
    if type(value) in {list, tuple, set, frozenset}:
        return type(value)([count_all_as_set(item) for item in value]) if _has_models(value) else value
    if type(value) is dict:
        return {key: count_all_as_set(item) for key, item in value.items()}
    if (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and _has_models(parts := record_parts(value) or [])
    ):
        changed = copy.copy(value)
        for field, part in zip(dataclasses.fields(value), parts, strict=True):
            object.__setattr__(changed, field.name, count_all_as_set(part))
        return changed
    return value


def _has_models(values: Any) -> bool:
    return any(isinstance(value, (BaseModel, list, tuple, dict)) or dataclasses.is_dataclass(value) for value in values)
