"""Sets of characters as intervals of code points, exactly as ``re`` reads them with the flag ``ASCII``."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

_LAST = 0x10FFFF

# Sorted intervals that neither overlap nor touch. Both ends belong to an interval.
Characters = tuple[tuple[int, int], ...]

ALL: Characters = ((0, _LAST),)


class UnknownOperationError(Exception):
    """The parser of ``re`` returned an operation that this package does not know.

    A later Python may add operations. Their cost is unknown.

    :param operation: The parser's name of the operation.
    """

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


def characters_of(operation: str, argument: Any, flags: int) -> Characters:
    """Return the set of characters that one step accepts.

    :param operation: The parser's ``LITERAL``, ``NOT_LITERAL``, ``ANY`` or ``IN``.
    :param argument: The argument of the operation.
    :param flags: The flags of ``re`` that apply here.
    :raise UnknownOperationError: For another operation, and for a set with an unknown kind of member.
    """
    if operation == "ANY":
        return ALL if flags & re.DOTALL else _others(((10, 10),))
    if operation == "IN":
        is_negated = str(argument[0][0]) == "NEGATE"
        members = _union(part for kind, value in argument[is_negated:] for part in _members(str(kind), value))
    elif operation in {"LITERAL", "NOT_LITERAL"}:
        is_negated = operation == "NOT_LITERAL"
        members = ((argument, argument),)
    else:
        raise UnknownOperationError(operation)
    if flags & re.IGNORECASE:
        members = _both_cases(members)
    return _others(members) if is_negated else members


def _members(kind: str, value: Any) -> Characters:
    if kind == "LITERAL":
        return ((value, value),)
    if kind == "RANGE":
        return (tuple(value),)
    if kind != "CATEGORY":
        raise UnknownOperationError(kind)
    if str(value) not in _CATEGORIES:
        raise UnknownOperationError(str(value))
    return _CATEGORIES[str(value)]


def _union(intervals: Iterable[tuple[int, int]]) -> Characters:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return tuple(merged)


def _others(characters: Characters) -> Characters:
    return tuple(_gaps(characters))


def _gaps(characters: Characters) -> Iterator[tuple[int, int]]:
    begin = 0
    for low, high in characters:
        if begin < low:
            yield begin, low - 1
        begin = high + 1
    if begin <= _LAST:
        yield begin, _LAST


def _both_cases(characters: Characters) -> Characters:
    """Add the other case of each ASCII letter. With the flag ``ASCII``, other letters have one case."""
    added = [(code ^ 32, code ^ 32) for code in _LETTERS if any(low <= code <= high for low, high in characters)]
    return _union([*characters, *added])


_LETTERS = (*range(65, 91), *range(97, 123))


def _category(expression: str) -> Characters:
    return _union((code, code) for code in range(128) if re.match(expression, chr(code), re.ASCII))


_CATEGORIES = {
    "CATEGORY_DIGIT": _category(r"\d"),
    "CATEGORY_WORD": _category(r"\w"),
    "CATEGORY_SPACE": _category(r"\s"),
    "CATEGORY_NOT_DIGIT": _others(_category(r"\d")),
    "CATEGORY_NOT_WORD": _others(_category(r"\w")),
    "CATEGORY_NOT_SPACE": _others(_category(r"\s")),
}


class Classes(dict[int, str]):
    """A table for ``str.translate`` that replaces each character by its class, which is a character, too.

    Two characters have one class if each of the sets holds both of them or neither. The table has the ASCII characters;
    it looks for the class of another one among the ends of the intervals, and does not store it.

    :ivar of_set: The classes in each set.
    """

    def __init__(self, sets: Iterable[Characters]) -> None:
        different = list(dict.fromkeys(sets))
        self._begins = sorted({0, *(end for one in different for low, high in one for end in (low, high + 1))})
        numbers: dict[tuple[bool, ...], int] = {}
        self._classes = []
        for begin in self._begins:
            holders = tuple(contains(one, begin) for one in different)
            self._classes.append(chr(numbers.setdefault(holders, len(numbers))))
        self.of_set = {
            one: frozenset(chr(number) for holders, number in numbers.items() if holders[place])
            for place, one in enumerate(different)
        }
        super().__init__((code, self[code]) for code in range(128))

    def __missing__(self, code: int) -> str:
        return self._classes[bisect_right(self._begins, code) - 1]


def contains(characters: Characters, code: int) -> bool:
    """Return whether a set contains a character."""
    place = bisect_right(characters, (code, _LAST)) - 1
    return place >= 0 and characters[place][1] >= code
