"""Check that a value can be written as it is: that all its parts have exactly the classes of the model."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ..base import ModelField
from .annotations import arms, bare, class_of, elements, is_attrs, is_fixed_tuple, is_list, is_mapping, is_typed_dict
from .annotations import literals as literals_of
from .memo import Memo

Check = Callable[[Any], bool]
FieldsOf = Callable[[Any], "tuple[ModelField, ...] | None"]

_SCALARS: Mapping[type, tuple[type, ...]] = {
    **{cls: (cls,) for cls in (str, int, bool, bytes, type(None), uuid.UUID, decimal.Decimal)},
    **{cls: (cls,) for cls in (datetime.datetime, datetime.date, datetime.time, datetime.timedelta)},
    float: (float, int),
}

_LISTS = (list, tuple, set, frozenset)


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


class Exact:
    """The checks of the models of one library. Each is made once, at start.

    :param fields_of: Returns the fields of a class, or ``None`` if it has none.
    """

    def __init__(self, fields_of: FieldsOf) -> None:
        self.fields_of = fields_of
        self._known: Memo[Check | None] = Memo()

    def check(self, model: Any) -> Check:
        """Return a function that says whether a value has the classes of the model, at every level."""
        return self._find(model) or _plain(model)

    def _find(self, annotation: Any) -> Check | None:
        """Return the check of an annotation, or ``None`` if it contains no model.

        The fields of a model that contain no models are not looked at: they cost time, and hold what the model says
        unless the application has put something else there.
        """
        inner = bare(annotation)
        # A model may contain itself. Until its check is made, it is looked up at each call.
        return self._known.get(inner, self._make, lambda value: (self._find(inner) or _always)(value))

    def _make(self, annotation: Any) -> Check | None:
        alternatives = arms(annotation)
        if len(alternatives) > 1:
            found = [self._find(arm) for arm in alternatives]
            if not any(found):
                return None
            return _any_of([check or _plain(arm) for check, arm in zip(found, alternatives, strict=True)])
        if is_list(annotation) or is_mapping(annotation):
            found = [self._find(element) for element in elements(annotation)]
            if not any(found):
                return None
            if isinstance(found[0], _OfClass) and is_list(annotation) and not is_fixed_tuple(annotation):
                return _list_of(annotation, found[0].cls)
            return _container(annotation, [check or _always for check in found])
        fields = self.fields_of(annotation)
        return None if fields is None else self._model(annotation, fields)

    def _model(self, annotation: Any, fields: tuple[ModelField, ...]) -> Check:
        cls = class_of(annotation)
        if is_typed_dict(annotation):
            return _never  # a dict may have other keys
        nested = [(field.name, check) for field in fields if (check := self._find(field.annotation)) is not None]
        if is_attrs(annotation) and cls is not None and cls.__dictoffset__:
            # msgspec writes all that is in __dict__, not only the fields.
            number, fits = len(fields), _fields_of(cls, nested)
            return lambda value: fits(value) and len(value.__dict__) == number
        if not nested and cls is not None:
            return _OfClass(cls)
        return _fields_of(cls, nested)


class _OfClass:
    """The check that a value has exactly a class."""

    def __init__(self, cls: type) -> None:
        self.cls = cls

    def __call__(self, value: Any) -> bool:
        return type(value) is self.cls


def _plain(annotation: Any) -> Check:
    """Return the check of an annotation that contains no model."""
    annotation = bare(annotation)
    if annotation is Any or annotation is object:
        return _always
    alternatives = arms(annotation)
    if len(alternatives) > 1:
        return _any_of([_plain(arm) for arm in alternatives])
    if is_list(annotation) or is_mapping(annotation):
        return _container(annotation, [_plain(element) for element in elements(annotation)])
    if values := literals_of(annotation):
        return lambda value: any(type(value) is type(one) and value == one for one in values)
    cls = class_of(annotation)
    if cls is not None and cls in _SCALARS:
        accepted = _SCALARS[cls]
        return lambda value: isinstance(value, accepted)
    return lambda value: type(value) is cls


# Data may be nested 200 levels deep, and a generator would be one more frame at each level.


def _fields_of(cls: type | None, nested: list[tuple[str, Check]]) -> Check:
    """Return the check that a value has exactly a class, and that its fields pass their checks."""

    def fits(value: Any) -> bool:
        if type(value) is not cls:
            return False
        for name, check in nested:  # noqa: SIM110
            if not check(getattr(value, name, None)):
                return False
        return True

    return fits


def _any_of(checks: list[Check]) -> Check:
    def fits(value: Any) -> bool:
        for check in checks:  # noqa: SIM110
            if check(value):
                return True
        return False

    return fits


def _list_of(annotation: Any, item: type) -> Check:
    """Return the check of a list whose elements have one class. It takes a tenth of the time of a call for each."""
    cls: Any = class_of(annotation)
    expected = frozenset({item})
    return lambda value: isinstance(value, cls) and isinstance(value, _LISTS) and expected.issuperset(map(type, value))


def _container(annotation: Any, checks: list[Check]) -> Check:
    """Return the check of a container, from the checks of its elements."""
    cls: Any = class_of(annotation)
    if is_fixed_tuple(annotation):
        return lambda value: (
            type(value) is tuple
            and len(value) == len(checks)
            and all(check(item) for check, item in zip(checks, value, strict=True))
        )
    if is_mapping(annotation):
        of_values = checks[-1] if checks else _always
        return lambda value: isinstance(value, dict) and all(map(of_values, value.values()))
    check = checks[0] if checks else _always
    return lambda value: isinstance(value, cls) and isinstance(value, _LISTS) and all(map(check, value))
