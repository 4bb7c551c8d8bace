"""Expressions as programs: a graph of the steps that ``re`` can take, in the order in which it tries them.

Repeats with numbers are written out, and each loop knows whether its current round has taken a character. ``re`` ends a
loop after a round without one, so no way through a program comes back to a step without taking a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from .characters import ALL, Characters, UnknownOperationError, characters_of

# What "re" makes of an expression before it compiles it; private, and the same since Python 2.
parser: Any = getattr(re, "_parser", None)
if parser is None:  # Python 3.10
    import sre_parse as parser

CHARACTERS = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_LOOKAROUNDS = frozenset({"ASSERT", "ASSERT_NOT"})

# Expressions that need more steps are not of the kind that people write into settings.
MOST_NODES = 3_000

# Bound of the work of writing repeats out, which for empty parts makes no steps.
_MOST_ITEMS = 30_000

# An upper bound takes any number of repeats for more repeats than these.
_MOST_COPIES = 40


class Kind(Enum):
    """Kind of a step."""

    CHARACTER = auto()  # takes one character
    SPLIT = auto()  # goes on with the first target from which the rest matches
    SAVE = auto()  # notes the begin or the end of a group
    LOOK = auto()  # looks ahead, or behind
    AT = auto()  # an anchor
    CONDITION = auto()  # may fail for a reason that is not in the program; only in programs that are not exact
    END = auto()  # matches at the end of the text
    FOUND = auto()  # the end of what is looked for


@dataclass(slots=True)
class Node:
    """One step.

    :param targets: The steps that follow, first choice first.
    :param number: Of ``SAVE``, twice the number of the group, plus one for its end.
    :param look: Of ``LOOK``, the first step of what it looks for.
    :param inside: Of ``LOOK``, all these steps.
    """

    kind: Kind
    targets: list[int] = field(default_factory=list)
    characters: Characters = ()
    number: int = 0
    at: str = ""
    look: int = -1
    inside: range = range(0)
    is_negated: bool = False
    has_groups: bool = False


class TooLargeError(Exception):
    """The program would have too many steps."""


class NotExactError(Exception):
    """An operation depends on how the text before it has matched, so that it cannot be part of an exact program.

    :param name: The operation in plain words.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Program:
    """A whole expression. It matches a whole text.

    :param start: The first step.
    """

    nodes: list[Node]
    start: int


def build(parsed: Any, *, is_exact: bool) -> Program:
    """Make the program of an expression.

    :param parsed: From ``parser.parse``, with the flag ``ASCII``.
    :param is_exact: Whether the program matches exactly the texts of the expression. Otherwise ``re`` takes at most
        the ways that it has, and ``CONDITION`` stands where it may take fewer.
    :raise UnknownOperationError: If a part of the expression is not known here.
    :raise NotExactError: If an exact program cannot have a part of the expression.
    :raise TooLargeError: If it has too many steps.
    """
    builder = _Builder(is_exact=is_exact)
    end = builder.add(Kind.END)
    flags = parsed.state.flags if isinstance(parsed, parser.SubPattern) else 0
    return Program(builder.nodes, builder.sequence(parsed, flags, end, end))


def in_order(nodes: list[Node]) -> list[int]:
    """Return the steps in an order in which each one comes after all that it can reach without taking a character."""
    order: list[int] = []
    seen: set[int] = set()
    for first in range(len(nodes)):
        waiting = [(first, False)]
        while waiting:
            place, is_done = waiting.pop()
            if is_done:
                order.append(place)
            elif place not in seen:
                seen.add(place)
                waiting.append((place, True))
                node = nodes[place]
                if node.kind is not Kind.CHARACTER:
                    waiting += [(target, False) for target in node.targets]
                if node.kind is Kind.LOOK:
                    waiting += [(inside, False) for inside in node.inside]
    return order


class _Builder:
    """Builds a program from its end to its begin.

    Each method gets two steps that follow: ``taken`` if the part takes a character, and ``empty`` if it takes none.
    """

    def __init__(self, *, is_exact: bool) -> None:
        self.nodes: list[Node] = []
        self._is_exact = is_exact
        self._items = 0

    def add(self, kind: Kind, *targets: int, **attributes: Any) -> int:
        if len(self.nodes) >= MOST_NODES:
            raise TooLargeError
        self.nodes.append(Node(kind, list(targets), **attributes))
        return len(self.nodes) - 1

    def sequence(self, items: Iterable[Any], flags: int, taken: int, empty: int) -> int:
        for item in reversed(list(items)):
            if taken == empty or not is_nullable(item):
                taken = empty = self._item(item, flags, taken, taken)
            else:
                taken, empty = self._item(item, flags, taken, taken), self._item(item, flags, taken, empty)
        return empty

    def _item(self, item: Any, flags: int, taken: int, empty: int) -> int:
        self._items += 1
        if self._items > _MOST_ITEMS:
            raise TooLargeError
        operation, argument = str(item[0]), item[1]
        if operation in CHARACTERS:
            return self.add(Kind.CHARACTER, taken, characters=characters_of(operation, argument, flags))
        if operation in _REPEATS:
            return self._any_repeat(operation, argument, flags, taken, empty)
        if operation in _LOOKAROUNDS:
            return self._look(operation, argument, flags, empty)
        if operation == "SUBPATTERN":
            return self._group(argument, flags, taken, empty)
        if operation == "BRANCH":
            return self.add(Kind.SPLIT, *[self.sequence(branch, flags, taken, empty) for branch in argument[1]])
        if operation == "AT":
            if flags & re.MULTILINE and self._is_exact:
                raise NotExactError("the flag '(?m)'")
            return self.add(Kind.AT, empty, at=str(argument))
        if operation == "FAILURE":
            return self.add(Kind.SPLIT)
        return self._by_condition(operation, argument, flags, taken, empty)

    def _by_condition(self, operation: str, argument: Any, flags: int, taken: int, empty: int) -> int:
        if operation not in _INEXACT:
            raise UnknownOperationError(operation)
        taken, empty = self._conditions(operation, taken, empty)
        if operation == "ATOMIC_GROUP":
            return self.sequence(argument, flags, taken, empty)
        if operation == "GROUPREF_EXISTS":
            branches = [self.sequence(branch or (), flags, taken, empty) for branch in argument[1:]]
            return self.add(Kind.SPLIT, *[self.add(Kind.CONDITION, branch) for branch in branches])
        # The same text again, whatever it was.
        loop = self.add(Kind.SPLIT)
        step = self.add(Kind.CHARACTER, self.add(Kind.CONDITION, loop), characters=ALL)
        self.nodes[loop].targets = [step, taken]
        return loop if taken == empty else self.add(Kind.SPLIT, step, empty)

    def _conditions(self, operation: str, taken: int, empty: int) -> tuple[int, int]:
        if self._is_exact:
            raise NotExactError(_INEXACT[operation])
        return self._guarded(taken, empty)

    def _guarded(self, taken: int, empty: int) -> tuple[int, int]:
        condition = self.add(Kind.CONDITION, taken)
        return condition, condition if taken == empty else self.add(Kind.CONDITION, empty)

    def _group(self, argument: Any, flags: int, taken: int, empty: int) -> int:
        group, added, removed, body = argument
        if added & (re.UNICODE | re.LOCALE):
            raise UnknownOperationError("(?u:…)")
        flags = (flags | added) & ~removed
        if group is None:
            return self.sequence(body, flags, taken, empty)
        end = self.add(Kind.SAVE, taken, number=2 * group + 1)
        other = end if taken == empty else self.add(Kind.SAVE, empty, number=2 * group + 1)
        return self.add(Kind.SAVE, self.sequence(body, flags, end, other), number=2 * group)

    def _look(self, operation: str, argument: Any, flags: int, after: int) -> int:
        direction, body = argument
        if direction < 0 and self._is_exact:
            raise NotExactError("a lookbehind")
        found = self.add(Kind.FOUND)
        look = self.sequence(body, flags, found, found)
        inside = range(found, len(self.nodes))
        return self.add(
            Kind.LOOK, after, look=look, inside=inside, is_negated=operation == "ASSERT_NOT",
            has_groups=any(self.nodes[place].kind is Kind.SAVE for place in inside),
        )  # fmt: skip

    def _any_repeat(self, operation: str, argument: Any, flags: int, taken: int, empty: int) -> int:
        least, most, body = argument
        is_lazy = operation == "MIN_REPEAT"
        if operation == "POSSESSIVE_REPEAT":
            taken, empty = self._conditions(operation, taken, empty)
        copies = least if most == parser.MAXREPEAT else most
        if copies > _MOST_COPIES and not self._is_exact:
            if any_nullable(body):
                raise TooLargeError
            taken, empty = self._guarded(taken, empty)
            least, most = min(least, 1), parser.MAXREPEAT
        return self._repeat(least, most, list(body), flags, taken, empty, is_lazy=is_lazy)

    def _repeat(
        self, least: int, most: int, body: Sequence[Any], flags: int, taken: int, empty: int, *, is_lazy: bool
    ) -> int:
        """Write the copies out, the last one first. After a round that took nothing, only the rest may follow."""

        def split(go_round: int, leave: int) -> list[int]:
            return [leave, go_round] if is_lazy else [go_round, leave]

        if not body:
            return empty
        after, other = taken, empty
        if most == parser.MAXREPEAT:
            loop = self.add(Kind.SPLIT)
            self.nodes[loop].targets = split(self.sequence(body, flags, loop, taken), taken)
            after, other = loop, loop
            if taken != empty:
                other = self.add(Kind.SPLIT, *split(self.sequence(body, flags, loop, empty), empty))
        for left in range(0 if most == parser.MAXREPEAT else most - least, 0, -1):
            next_round = after
            after = other = self.add(Kind.SPLIT, *split(self.sequence(body, flags, next_round, taken), taken))
            if taken != empty and left == 1:
                other = self.add(Kind.SPLIT, *split(self.sequence(body, flags, next_round, empty), empty))
        for _ in range(least):
            if after == other:
                after = other = self.sequence(body, flags, after, after)
            else:
                after, other = self.sequence(body, flags, after, after), self.sequence(body, flags, after, other)
        return other


# What cannot be part of an exact program, in plain words.
_INEXACT = {
    "ATOMIC_GROUP": "an atomic group '(?>…)'",
    "POSSESSIVE_REPEAT": "a possessive repeat such as '*+'",
    "GROUPREF": "a back reference",
    "GROUPREF_EXISTS": "a conditional group '(?(…)…)'",
}


def is_nullable(item: Any) -> bool:
    """Return whether an item of a parsed expression may match without taking a character."""
    operation, argument = str(item[0]), item[1]
    if operation in CHARACTERS:
        return False
    if operation in _REPEATS:
        return argument[0] == 0 or any_nullable(argument[2])
    if operation == "SUBPATTERN":
        return any_nullable(argument[-1])
    if operation == "ATOMIC_GROUP":
        return any_nullable(argument)
    if operation == "BRANCH":
        return any(any_nullable(branch) for branch in argument[1])
    return True


def any_nullable(items: Any) -> bool:
    """Return whether a parsed expression may match without taking a character."""
    return all(is_nullable(item) for item in items)
