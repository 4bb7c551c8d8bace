"""How the time of matching a regular expression grows with the length of the text, found without running it.

``re`` tries one way through an expression after another. Where a text leads round one loop in two ways, there are
exponentially many; where it leads round two loops, and from the first to the second, there is one for every letter.
The expression is read into an automaton with a state for each of its letters (Glushkov's), of which these are the
degrees of ambiguity: Weber and Seidl, "On the degree of ambiguity of finite automata", 1991.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .characters import ALL, UnknownOperationError, characters_of

# What "re" makes of an expression before it compiles it; private, and the same since Python 2.
parser: Any = getattr(re, "_parser", None)
if parser is None:  # Python 3.10
    import sre_parse as parser

EXPONENTIAL = 1_000

_CHARACTERS = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_LOOKAROUNDS = frozenset({"ASSERT", "ASSERT_NOT"})

# Anchors, and "(?!)", which fails everywhere.
_TAKE_NOTHING = frozenset({"AT", "FAILURE"})

# So many copies of a repeated part are told apart; more of them are taken for any number.
_MOST_COPIES = 8

# Each may be there or not: with so many there are thousands of ways.
_MOST_CHOICES = 16

# Expressions that need more are not of the kind that people write into settings.
_MOST_STEPS = 500_000


def growth(parsed: Any) -> int:
    """The power of the length of a text that the steps of matching grow with, or ``EXPONENTIAL``.

    :param parsed: From ``parser.parse``.
    :raise UnknownOperationError: If a part of the expression is not known here.
    """
    automaton = _Automaton()
    try:
        automaton.read(parsed)
        own = automaton.growth()
    except _TooManyWaysError:
        return EXPONENTIAL
    # They are begun anew wherever the rest arrives at them.
    return min(own + max(map(growth, automaton.lookarounds), default=0), EXPONENTIAL)


class _TooManyWaysError(Exception):
    """The expression is exponential, or too large to tell."""


class _Part(NamedTuple):
    """A part of an expression: the states it may begin and end with, and whether it may take nothing."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    is_optional: bool = True


_NOTHING = _Part()
_Pair = tuple[frozenset[int], frozenset[int]]


class _Automaton:
    def __init__(self) -> None:
        self.lookarounds: list[Any] = []
        self._letters: list[int] = []
        self._next: list[set[int]] = []
        self._choices = 0
        self._loops = 0
        self._steps = 0

    # Reading ----------------------------------------------------------------

    def read(self, parsed: Any) -> _Part:
        whole = _NOTHING
        for operation, argument in parsed:
            part = self._read_one(str(operation), argument)
            self._connect(whole.last, part.first)
            whole = _Part(
                whole.first + (part.first if whole.is_optional else ()),
                part.last + (whole.last if part.is_optional else ()),
                whole.is_optional and part.is_optional,
            )
        return whole

    def _read_one(self, operation: str, argument: Any) -> _Part:
        if operation in _CHARACTERS:
            return self._state(characters_of(operation, argument))
        if operation in _REPEATS:
            return self._repeat(*argument)
        if operation == "SUBPATTERN":
            return self.read(argument[-1])
        if operation == "ATOMIC_GROUP":
            return self.read(argument)
        if operation == "BRANCH":
            return self._any_of(argument[1])
        if operation == "GROUPREF_EXISTS":
            return self._any_of([branch or () for branch in argument[1:]])
        if operation == "GROUPREF":  # the same text again, whatever it was
            return self._loop(self._state(ALL), is_optional=True)
        if operation in _LOOKAROUNDS:
            self.lookarounds.extend(_without_last_repeats(argument[1]))
        elif operation not in _TAKE_NOTHING:
            raise UnknownOperationError(operation)
        return _NOTHING

    def _state(self, characters: int) -> _Part:
        self._letters.append(characters)
        self._next.append(set())
        place = (len(self._letters) - 1,)
        return _Part(place, place, is_optional=False)

    def _any_of(self, branches: Iterable[Any]) -> _Part:
        parts = [self.read(branch) for branch in branches]
        # The parser takes what branches have in common out of them: of "ab|ab" two are left that take nothing.
        self._note(0, sum(part.is_optional for part in parts) - 1)
        return _Part(
            tuple(state for part in parts for state in part.first),
            tuple(state for part in parts for state in part.last),
            any(part.is_optional for part in parts),
        )

    def _repeat(self, least: int, most: int, body: Any) -> _Part:
        if most == 1 or least == most <= _MOST_COPIES:
            part = self.read(list(body) * most)
            self._note(least < most, part.is_optional and (least == 0 or most > 1))
            return part._replace(is_optional=part.is_optional or least == 0)
        self._loops += 1
        part = self.read(body)
        self._loops -= 1
        self._note(0, part.is_optional)
        if part.is_optional and most != parser.MAXREPEAT:
            raise _TooManyWaysError
        return self._loop(part, is_optional=least == 0)

    def _note(self, choices: int, nothings: int = 0) -> None:
        """Count what may be there or not, and the ways too many in which a part takes nothing."""
        if nothings > 0 and self._loops:
            raise _TooManyWaysError
        self._choices += choices + max(nothings, 0)
        if self._choices > _MOST_CHOICES:
            raise _TooManyWaysError

    def _loop(self, part: _Part, *, is_optional: bool) -> _Part:
        self._connect(part.last, part.first)
        return part._replace(is_optional=part.is_optional or is_optional)

    def _connect(self, last: Iterable[int], first: Iterable[int]) -> None:
        for begin in last:
            for end in first:
                if end in self._next[begin]:  # twice: a loop in a loop
                    raise _TooManyWaysError
                self._next[begin].add(end)

    # Measuring --------------------------------------------------------------

    def growth(self) -> int:
        reached = self._reachable()
        loops = {
            frozenset(other for other in _bits(reached[state]) if reached[other] >> state & 1)
            for state in range(len(reached))
            if reached[state] >> state & 1
        }
        for loop in loops:
            self._check_is_one_way(loop)
        longest: dict[frozenset[int], int] = {}
        # Those from which fewer states are reached come later in the expression.
        for loop in sorted(loops, key=lambda loop: reached[min(loop)].bit_count()):
            later = (longest[other] for other in longest if self._can_hand_over(loop, other, reached))
            longest[loop] = 1 + max(later, default=0)
        return max(longest.values(), default=0)

    def _reachable(self) -> list[int]:
        """For every state, those that follow it at any distance, as bits."""
        reached = [sum(1 << state for state in following) for following in self._next]
        is_changing = True
        while is_changing:
            is_changing = False
            for state in reversed(range(len(reached))):
                more = reached[state]
                for following in self._next[state]:
                    more |= reached[following]
                is_changing |= more != reached[state]
                reached[state] = more
        return reached

    def _check_is_one_way(self, loop: frozenset[int]) -> None:
        """Whether every text leads round a loop in one way: two that part never meet again.

        States that the same ones follow are taken together, so that long lists of words are few steps.

        :raise _TooManyWaysError: If they do.
        """
        following = {state: frozenset(self._next[state] & loop) for state in loop}
        before: dict[_Pair, list[_Pair]] = defaultdict(list)
        together: list[_Pair] = [(states, states) for states in set(following.values())]
        waiting, seen = [*together], {*together}
        while waiting:
            pair = waiting.pop()
            for one in pair[0]:
                for other in pair[1]:
                    self._step()
                    if not self._letters[one] & self._letters[other]:
                        continue
                    reached = following[one], following[other]
                    if one != other and reached[0] == reached[1]:
                        raise _TooManyWaysError
                    before[reached].append(pair)
                    if reached not in seen:
                        seen.add(reached)
                        waiting.append(reached)
        waiting = [*together]
        while waiting:
            for pair in before.pop(waiting.pop(), ()):
                if pair[0] != pair[1]:
                    raise _TooManyWaysError
                waiting.append(pair)

    def _can_hand_over(self, first: frozenset[int], second: frozenset[int], reached: list[int]) -> bool:
        """Whether some text leads round each of two loops, and from the first to the second."""
        return any(
            self._hands_over(one, other, first, second, reached)
            for one in first
            for other in second
            if reached[one] >> other & 1
        )

    def _hands_over(
        self, one: int, other: int, first: frozenset[int], second: frozenset[int], reached: list[int]
    ) -> bool:
        waiting = [(one, one, other)]
        seen = set(waiting)
        while waiting:
            a, b, c = waiting.pop()
            for next_a in self._next[a] & first:
                for next_c in self._next[c] & second:
                    shared = self._letters[next_a] & self._letters[next_c]
                    for next_b in self._next[b] if shared else ():
                        self._step()
                        place = next_a, next_b, next_c
                        is_on_the_way = next_b == other or reached[next_b] >> other & 1
                        if place in seen or not (shared & self._letters[next_b] and is_on_the_way):
                            continue
                        if place == (one, other, other):
                            return True
                        seen.add(place)
                        waiting.append(place)
        return False

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _TooManyWaysError


def _bits(number: int) -> Iterator[int]:
    return (place for place in range(number.bit_length()) if number >> place & 1)


def _without_last_repeats(parsed: Any) -> list[Any]:
    """The ways of a lookaround. What may take nothing at its end cannot make it fail, and is never tried again.

    :raise _TooManyWaysError: If going round what is left out once is exponential.
    """
    items = list(parsed)
    while items and str(items[-1][0]) in _REPEATS and items[-1][1][0] == 0:
        if any(growth(way) == EXPONENTIAL for way in _without_last_repeats(items.pop()[1][2])):
            raise _TooManyWaysError
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        return [way for branch in items[0][1][1] for way in _without_last_repeats(branch)]
    return [items]
