"""Put the defaults of dataclasses into the values that msgspec makes.

msgspec leaves a default that is no factory in the class, where reading it finds it. But it writes only what is in the
instance, so a default would be missing from a response.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec

from ..base import FieldsOf
from ..parts.annotations import arms, class_of, elements, is_list, is_mapping


def completer(model: Any, fields_of: FieldsOf) -> Callable[[Any], Any] | None:
    """Return a function that completes a value and returns it, or ``None`` if nothing in a model needs it."""
    return _complete if _is_incomplete(model, fields_of, set()) else None


def _is_incomplete(annotation: Any, fields_of: FieldsOf, seen: set[int]) -> bool:
    for arm in arms(annotation):
        if id(arm) in seen:
            continue
        seen.add(id(arm))
        if is_list(arm) or is_mapping(arm):
            parts = list(elements(arm))
        elif _defaults_in(class_of(arm)):
            return True
        else:
            parts = [field.annotation for field in fields_of(arm) or ()]
        if any(_is_incomplete(part, fields_of, seen) for part in parts):
            return True
    return False


def _defaults_in(cls: Any) -> dict[str, Any]:
    """Return the defaults that msgspec leaves in a class."""
    if not isinstance(cls, type) or not dataclasses.is_dataclass(cls) or not cls.__dictoffset__:
        return {}
    return {field.name: field.default for field in dataclasses.fields(cls) if field.default is not dataclasses.MISSING}


def _complete(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _complete(item)
    elif isinstance(value, dict):
        for item in value.values():
            _complete(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _complete(getattr(value, name))
    elif dataclasses.is_dataclass(value) and hasattr(value, "__dict__"):
        own: dict[str, Any] = vars(value)
        for name, default in _defaults_in(type(value)).items():
            own.setdefault(name, default)
        for item in own.values():
            _complete(item)
    return value
