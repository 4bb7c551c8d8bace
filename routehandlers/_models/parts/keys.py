"""Make the functions that take the values of a model for cache keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..base import ModelField
from .annotations import is_typed_dict
from .plain import HIDDEN, MISSING, PartsOf, plain

Values = Callable[[Any], tuple[Any, ...]]


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
