"""Sets of characters as integers: one bit for each ASCII character, and one bit for all others together."""

from __future__ import annotations

import re
from typing import Any

_OTHERS = 1 << 128
ALL = (1 << 129) - 1


class UnknownOperationError(Exception):
    """The parser of ``re`` returned an operation that this package does not know.

    A later Python may add operations. Their cost is unknown.

    :param operation: The parser's name of the operation.
    """

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


def characters_of(operation: str, argument: Any) -> int:
    """Return the set of characters that one state accepts.

    :param operation: The parser's ``LITERAL``, ``NOT_LITERAL``, ``ANY`` or ``IN``.
    :param argument: The argument of the operation.
    :raise UnknownOperationError: For another operation, and for a set with an unknown kind of member.
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
    # A negated set may exclude some characters beyond ASCII, but never all of them.
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
    """Add the other case of each letter. At worst, this finds an ambiguity that is not there."""
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
