"""Make the functions that take the values of a model for cache keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..base import FieldsOf, ModelField
from .annotations import class_of, is_typed_dict, walk
from .plain import HIDDEN, MISSING, PartsOf, plain

Values = Callable[[Any], tuple[Any, ...]]


def any_class(model: Any, fields_of: FieldsOf, is_met: Callable[[type], bool], seen: set[type] | None = None) -> bool:
    """Return whether a condition is met by a class of a model, or of its fields at any level."""
    seen = set() if seen is None else seen
    for part in walk(model):
        cls = class_of(part)
        if cls is None or cls in seen:
            continue
        seen.add(cls)
        if is_met(cls) or any(any_class(field.annotation, fields_of, is_met, seen) for field in fields_of(part) or ()):
            return True
    return False


def values_of(model: Any, fields: tuple[ModelField, ...], parts_of: PartsOf) -> Values:
    """Return a function that takes the values of all fields.

    :param parts_of: Takes objects that a library knows apart, among them the model itself.
    """
    names = [field.name for field in fields]
    if is_typed_dict(model):

        def values_of_dict(value: dict[str, Any]) -> tuple[Any, ...]:
            found = [plain(value[name], parts_of) if name in value else MISSING for name in names]
            return (*found, HIDDEN) if value.keys() - set(names) else tuple(found)

        return values_of_dict

    def values(value: Any) -> tuple[Any, ...]:
        parts = parts_of(value)
        return (HIDDEN,) if parts is None else tuple([plain(part, parts_of) for part in parts])

    return values
