"""Faults from msgspec's exceptions, without the values that were sent.

msgspec stops at the first fault. So data that it has refused is checked again, field by field and element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from ..base import Fault, FieldsOf, ModelField
from ..parts.annotations import (
    arms,
    bare,
    class_of,
    elements,
    is_fixed_tuple,
    is_list,
    is_mapping,
    is_named_tuple,
    literals,
)
from ..parts.pointers import MOST_FAULTS, resolve, sentence
from ..parts.strings import preparation
from .fields import forbids_extras

# Each level checks all below it again. Below this one, only the first fault is found.
_DEEPEST = 4

_WAY = re.compile(r" - at (?:`key` in )?`\$(?P<way>[^`]*)`\Z", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[]+)|\[\.\.\.\]")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`\Z", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`\Z", re.DOTALL)
_VALUE = re.compile(r"(Invalid (?:enum )?value) .*", re.DOTALL)


class StringsError(msgspec.ValidationError):
    """Text that is no value of a model."""


def faults_of(model: Any, fields_of: FieldsOf, error: Exception, data: Any) -> list[Fault]:
    """Return all that is wrong with data, as far as it can be found."""
    if not isinstance(error, msgspec.ValidationError):  # it is not JSON
        return [Fault(sentence(str(error)))]
    checker = _Checker(fields_of, is_text=isinstance(error, StringsError))
    try:
        found = list(islice(checker.check(model, data, (), _DEEPEST), MOST_FAULTS))
    except RecursionError:
        found = []
    return found or [_fault(error, model, data, ())]


class _Checker:
    """Checks parsed data again, in parts."""

    def __init__(self, fields_of: FieldsOf, *, is_text: bool) -> None:
        self._fields_of = fields_of
        self._is_text = is_text

    def check(self, model: Any, data: Any, path: tuple[str | int, ...], levels: int) -> Iterator[Fault]:
        """Yield the faults of data.

        :param path: The way to it.
        """
        try:
            msgspec.convert(data, model, strict=not self._is_text, str_keys=True)
        except msgspec.ValidationError as error:
            found = list(islice(self._check_parts(model, data, path, levels - 1), MOST_FAULTS)) if levels else []
            yield from found or [_fault(error, model, data, path)]

    def _check_parts(self, model: Any, data: Any, path: tuple[str | int, ...], levels: int) -> Iterator[Fault]:
        present = [arm for arm in arms(model) if arm is not type(None)]
        if len(present) != 1:
            return  # which of them is meant is not known
        inner = present[0]
        if isinstance(data, dict):
            fields = self._fields_of(inner)
            if fields is not None:
                yield from self._check_fields(inner, fields, data, path, levels)
            elif is_mapping(inner) and len(elements(inner)) == 2:
                for key, item in data.items():
                    yield from self.check(elements(inner)[1], item, (*path, key), levels)
        elif isinstance(data, list) and is_list(inner) and elements(inner):
            of_items = elements(inner) if is_fixed_tuple(inner) else elements(inner)[:1] * len(data)
            for index, (element, item) in enumerate(zip(of_items, data, strict=False)):
                yield from self.check(element, item, (*path, index), levels)

    def _check_fields(
        self, model: Any, fields: tuple[ModelField, ...], data: dict[str, Any], path: tuple[str | int, ...], levels: int
    ) -> Iterator[Fault]:
        if is_named_tuple(model) and not self._is_text:
            return
        if self._is_text and (prepare := preparation(fields, with_bools=True)) is not None:
            data = dict(prepare(data))
        for field in fields:
            if field.alias in data:
                yield from self.check(field.annotation, data[field.alias], (*path, field.alias), levels)
            elif field.is_required:
                yield Fault("Field required.", (*path, field.alias))
        if forbids_extras(model):
            known = {field.alias for field in fields} | {_tag_of(model)}
            yield from (Fault("Unknown field.", (*path, name)) for name in data if name not in known)


def _tag_of(model: Any) -> str | None:
    tag_field: str | None = class_of(model).__struct_config__.tag_field  # type: ignore[union-attr]
    return tag_field


def _fault(error: Exception, model: Any, data: Any, path: tuple[str | int, ...]) -> Fault:
    text, way = _split(error)
    if error.__cause__ is not None:  # the message of a function of the user
        return Fault(sentence(text), (*path, *resolve(way, data)))
    if match := _MISSING.fullmatch(text):
        return Fault("Field required.", (*path, *resolve([*way, match["name"]], data, is_missing=True)))
    if match := _UNKNOWN.fullmatch(text):
        return Fault("Unknown field.", (*path, *resolve([*way, match["name"]], data)))
    text = _VALUE.sub(r"\1", text).replace("`", "")
    return Fault(sentence(text if way else _with_choices(text, model)), (*path, *resolve(way, data)))


def _split(error: Exception) -> tuple[str, list[str | int]]:
    """Return the message of an error, and the way to the value."""
    whole = str(error)
    own = "" if error.__cause__ is None else str(error.__cause__)
    match = _WAY.search(whole, len(own))
    if match is None:
        return whole, []
    way = [int(index) if index else name for index, name in _STEP.findall(match["way"]) if index or name]
    return whole[: match.start()], way


def _with_choices(text: str, model: Any) -> str:
    """Say which values are allowed, if there are few."""
    if not text.startswith("Invalid enum value"):
        return text
    choices = [value for arm in arms(model) for value in literals(arm) or _values(arm)]
    return f"Expected one of {', '.join(map(repr, choices))}" if 0 < len(choices) <= 20 else text


def _values(arm: Any) -> list[Any]:
    cls: Any = class_of(bare(arm))
    return [member.value for member in cls] if hasattr(cls, "__members__") else []
