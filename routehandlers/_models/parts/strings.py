"""Prepare text for the libraries: what clients write in queries and forms, and a library does not read.

``"on"`` is what a checkbox sends. An input that was left empty sends ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from ..base import ModelField, Strings
from .annotations import arms, class_of, elements, is_list, literals

Prepare = Callable[[Strings], Strings]

# Values by text.
_Words = Mapping[Any, Any]

_TRUE = "true t yes y on 1".split()
_FALSE = "false f no n off 0".split()
_BOOLS = {
    spelling: value
    for words, value in ((_TRUE, True), (_FALSE, False))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}


def preparation(fields: Iterable[ModelField], *, with_bools: bool) -> Prepare | None:
    """Return a function that prepares the text of a model, or ``None`` if no field needs it.

    :param with_bools: Whether the library does not read ``"on"`` and ``"off"``.
    """
    single: list[tuple[str, _Words]] = []
    several: list[tuple[str, _Words]] = []
    for field in fields:
        alternatives = arms(field.annotation)
        of_elements = [arms(elements(arm)[0]) for arm in alternatives if is_list(arm) and len(elements(arm)) == 1]
        for found, words in (
            (single, _words(alternatives, with_bools=with_bools)),
            (several, _words(of_elements[0], with_bools=with_bools) if of_elements else {}),
        ):
            if words:
                found.extend((name, words) for name in (field.alias, *field.other_names))
    if not single and not several:
        return None

    def prepare(data: Strings) -> Strings:
        changed: dict[str, Any] = {}
        for name, words in single:
            text = data.get(name)
            if text.__class__ is str and text in words:
                changed[name] = words[text]
        for name, words in several:
            texts = data.get(name)
            if texts.__class__ is list:
                changed[name] = [words.get(text, text) if text.__class__ is str else text for text in texts or ()]
        return {**data, **changed} if changed else data

    return prepare


def _words(alternatives: tuple[Any, ...], *, with_bools: bool) -> _Words:
    """Return the values of a field that a library does not find by their text."""
    if str in alternatives or Any in alternatives:
        return {}
    words: dict[str, Any] = {}
    if with_bools and bool in alternatives and int not in alternatives and float not in alternatives:
        words.update(_BOOLS)
    for arm in alternatives:
        for value in literals(arm):
            if type(value) is int or isinstance(value, bool):
                words[str(value).lower()] = value
        numbers = [member.value for member in _members(arm) if type(member.value) in {int, float}]
        words.update({str(number): number for number in numbers})
    if type(None) in alternatives:
        words[""] = None
    # A text that is among the values stays the text.
    texts = {value for arm in alternatives for value in literals(arm) if isinstance(value, str)}
    texts |= {member.value for arm in alternatives for member in _members(arm) if isinstance(member.value, str)}
    return {text: value for text, value in words.items() if text not in texts}


def _members(arm: Any) -> Iterable[Enum]:
    cls = class_of(arm)
    return cls if cls is not None and issubclass(cls, Enum) else ()
