"""Refuse data of models that contain themselves, if it is nested too deeply.

msgspec reads deeper than Python functions can follow. So data that is accepted could not be written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..base import ModelField
from ..parts.annotations import arms, elements, is_list, is_mapping
from ..parts.plain import record_names

FieldsOf = Callable[[Any], "tuple[ModelField, ...] | None"]

_DEEPEST = 200
"""As many levels of objects and lists as pydantic reads."""


def contains_itself(model: Any, fields_of: FieldsOf, above: tuple[Any, ...] = ()) -> bool:
    """Return whether a model has fields that hold the same model, directly or not."""
    for arm in arms(model):
        if is_list(arm) or is_mapping(arm):
            parts: Iterable[Any] = elements(arm)
        elif fields := fields_of(arm):
            if any(arm is one or arm == one for one in above):
                return True
            parts, above = [field.annotation for field in fields], (*above, arm)
        else:
            continue
        if any(contains_itself(part, fields_of, above) for part in parts):
            return True
    return False


def refuse_deep(value: Any) -> Any:
    """Return a value.

    :raise msgspec.ValidationError: If it is nested too deeply.
    """
    waiting = [(value, 0)]
    while waiting:
        item, level = waiting.pop()
        if level > _DEEPEST:
            raise msgspec.ValidationError("Input is nested too deeply")
        waiting.extend((part, level + 1) for part in _parts(item))
    return value


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, dict):
        return value.values()
    names = value.__struct_fields__ if isinstance(value, msgspec.Struct) else record_names(type(value))
    return [getattr(value, name, None) for name in names or ()]
