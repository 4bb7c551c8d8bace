"""Prepare text for the libraries: what clients write in queries and forms, and no library reads.

``"on"`` is what a checkbox sends. An input that was left empty sends ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from ..base import ModelField, Strings
from .annotations import arms, class_of, elements, is_list, literals

Prepare = Callable[[Any], Any]

_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


def preparation(fields: Iterable[ModelField]) -> Callable[[Strings], Strings] | None:
    """Return a function that prepares the text of a model, or ``None`` if no field needs it."""
    by_name = {}
    for field in fields:
        prepare = _for_annotation(field.annotation)
        if prepare is not None:
            by_name.update(dict.fromkeys((field.alias, *field.other_names), prepare))
    if not by_name:
        return None

    def prepare_all(data: Strings) -> Strings:
        prepared = dict(data)
        for name in by_name.keys() & data.keys():
            prepared[name] = by_name[name](data[name])
        return prepared

    return prepare_all


def _for_annotation(annotation: Any) -> Prepare | None:
    """Return a function for the text of one field: a text, or a list of them."""
    alternatives = arms(annotation)
    of_elements = [
        prepare
        for arm in alternatives
        if is_list(arm) and len(set(elements(arm))) == 1
        if (prepare := _for_annotation(elements(arm)[0])) is not None
    ]
    words = _words(alternatives)
    if not words and not of_elements:
        return None

    takes_bool = bool in alternatives

    def prepare_value(value: Any) -> Any:
        if isinstance(value, list):
            return [of_elements[0](item) for item in value] if of_elements else value
        if not isinstance(value, str):
            return value
        if value in words:
            return words[value]
        return words.get(value.lower(), value) if takes_bool else value

    return prepare_value


def _words(alternatives: tuple[Any, ...]) -> Mapping[str, Any]:
    """Return the values of a field that the libraries do not find by their text."""
    if str in alternatives or Any in alternatives:
        return {}
    words: dict[str, Any] = {}
    if bool in alternatives and not any(arm in {int, float} for arm in alternatives if isinstance(arm, type)):
        words.update(_WORDS)
    for arm in alternatives:
        words.update({str(value): value for value in literals(arm) if isinstance(value, int) and type(value) is int})
        words.update({str(value).lower(): value for value in literals(arm) if isinstance(value, bool)})
        cls = class_of(arm)
        if cls is not None and issubclass(cls, Enum):
            words.update({str(member.value): member.value for member in cls if type(member.value) in {int, float}})
    # A text that is among the values stays the text.
    texts = {value for arm in alternatives for value in literals(arm) if isinstance(value, str)}
    texts |= {member.value for arm in alternatives for member in _members(arm) if isinstance(member.value, str)}
    if type(None) in alternatives and "" not in texts:
        words[""] = None
    return {text: value for text, value in words.items() if text not in texts}


def _members(arm: Any) -> Iterable[Enum]:
    cls = class_of(arm)
    return cls if cls is not None and issubclass(cls, Enum) else ()
