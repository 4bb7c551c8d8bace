"""Sets of characters, as numbers: a bit for each of ASCII, and one for all others together."""

from __future__ import annotations

import re
from typing import Any

_OTHERS = 1 << 128
ALL = (1 << 129) - 1


class UnknownOperationError(Exception):
    """The parser of ``re`` made something of an expression that this package does not know.

    A later Python may add it, and its cost cannot be told.

    :param operation: The parser's name of it.
    """

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


def characters_of(operation: str, argument: Any) -> int:
    """What one state takes.

    :param operation: ``LITERAL``, ``NOT_LITERAL``, ``ANY`` or ``IN`` of the parser's, with its argument.
    :raise UnknownOperationError: For another, and for a set with a member of another kind.
    """
    if operation == "LITERAL":
        return _both_cases(_bit(argument))
    if operation == "NOT_LITERAL":
        return ALL & ~(_both_cases(_bit(argument)) & ~_OTHERS)
    if operation == "ANY":
        return ALL
    if operation != "IN":
        raise UnknownOperationError(operation)
    is_negated = str(argument[0][0]) == "NEGATE"
    members = 0
    for kind, value in argument[is_negated:]:
        members |= _members(str(kind), value)
    # Of those beyond ASCII some may be excluded, never all.
    return ALL & ~(_both_cases(members) & ~_OTHERS) if is_negated else _both_cases(members)


def _members(kind: str, value: Any) -> int:
    if kind == "LITERAL":
        return _bit(value)
    if kind == "RANGE":
        low, high = value
        ascii_ones = sum(1 << code for code in range(low, min(high, 127) + 1))
        return ascii_ones | (_OTHERS if high > 127 else 0)
    if kind != "CATEGORY":
        raise UnknownOperationError(kind)
    if str(value) not in _CATEGORIES:
        raise UnknownOperationError(str(value))
    return _CATEGORIES[str(value)]


def _bit(code: int) -> int:
    return 1 << code if code < 128 else _OTHERS


def _both_cases(characters: int) -> int:
    """Upper and lower case are taken for one: that finds an ambiguity too many at worst."""
    capitals, smalls = characters >> 65 & _LETTERS, characters >> 97 & _LETTERS
    return characters | capitals << 97 | smalls << 65


_LETTERS = (1 << 26) - 1


def _category(expression: str) -> int:
    return sum(1 << code for code in range(128) if re.match(expression, chr(code), re.ASCII))


_CATEGORIES = {
    "CATEGORY_DIGIT": _category(r"\d"),
    "CATEGORY_WORD": _category(r"\w"),
    "CATEGORY_SPACE": _category(r"\s"),
    "CATEGORY_NOT_DIGIT": _category(r"\D") | _OTHERS,
    "CATEGORY_NOT_WORD": _category(r"\W") | _OTHERS,
    "CATEGORY_NOT_SPACE": _category(r"\S") | _OTHERS,
}
