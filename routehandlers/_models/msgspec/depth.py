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


def contains_itself(model: Any, fields_of: FieldsOf) -> bool:
    """Return whether a model has fields that hold the same model, directly or not."""
    return _meets(model, fields_of, (), {})


def _meets(model: Any, fields_of: FieldsOf, above: tuple[Any, ...], seen: dict[int, Any]) -> bool:
    """Return whether a model below another is one of those above it.

    :param seen: Models that need not be looked at again, by their ids.
    """
    for arm in arms(model):
        if is_list(arm) or is_mapping(arm):
            if any(_meets(element, fields_of, above, seen) for element in elements(arm)):
                return True
        elif fields := fields_of(arm):
            if any(arm is one or arm == one for one in above):
                return True
            if id(arm) not in seen:
                seen[id(arm)] = arm
                if any(_meets(field.annotation, fields_of, (*above, arm), seen) for field in fields):
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
