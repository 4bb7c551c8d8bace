"""Match an expression that is not proven for ``re``, in steps that grow with the length of the text and no faster.

The text is read twice. From its end to its begin, the first reading finds the steps from which the rest of the text
matches, for each place. From its begin to its end, the second one goes through the program, and at each choice takes
the first step from which the rest matches. So it finds what ``re`` finds and never tries a way that fails. Frisch and
Cardelli, "Greedy regular expression matching", 2004.

The results of the first reading are few for most texts. They are remembered, so that most characters take one step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from .budget import MOST_STEPS_AT_ONCE, Budget
from .characters import Classes
from .program import Kind, Node, Program, in_order

# Bound of what is remembered for one expression, in bytes.
_MOST_BYTES = 1_000_000

# Bytes of the objects of one result, without a byte for each step, and of the way to it from another one.
_RESULT, _WAY = 450, 150

# Class of the character behind the text, and the classes that no set has.
_BEHIND = ""


# Looking a member up in an enumeration would take longer than a step.
_CHARACTER, _SPLIT, _SAVE, _LOOK, _AT = Kind.CHARACTER, Kind.SPLIT, Kind.SAVE, Kind.LOOK, Kind.AT
_ENDS = (Kind.END, Kind.FOUND)
_NOT_OTHERS = (Kind.CHARACTER, *_ENDS)


class Found:
    """A match, with the part of the interface of ``re.Match`` that patterns and conditions use."""

    __slots__ = ("_groups", "_marks", "_text")

    def __init__(self, text: str, groups: Mapping[str, int], marks: list[int]) -> None:
        self._text = text
        self._groups = groups
        self._marks = marks

    def __getitem__(self, group: str) -> str | None:
        number = self._groups[group]
        begin, end = self._marks[2 * number], self._marks[2 * number + 1]
        return self._text[begin:end] if 0 <= begin <= end else None

    def groupdict(self) -> dict[str, str | None]:
        """Return the text of each named group."""
        return {name: self[name] for name in self._groups}


class _State:
    """The steps from which the rest of a text matches.

    :ivar following: The states for one more character before the rest, by its class and by the anchors that hold.
    """

    __slots__ = ("following", "viable")

    def __init__(self, viable: bytes) -> None:
        self.viable = viable
        self.following: dict[str, _State] = {}


class BoundedMatcher:
    """Matches whole texts.

    :param program: An exact program.
    :param groups: The numbers of the named groups.
    :param count: The number of groups.
    """

    def __init__(self, program: Program, groups: Mapping[str, int], count: int) -> None:
        nodes = program.nodes
        self._size = len(nodes)
        self._start = program.start
        self._groups = groups
        self._marks = [-1] * (2 * count + 2)
        self._classes = Classes(node.characters for node in nodes if node.kind is Kind.CHARACTER)
        self._takers = _takers(nodes, self._classes)
        self._others = [
            (node.kind, place, node) for place in in_order(nodes) if (node := nodes[place]).kind not in _NOT_OTHERS
        ]
        self._found = [place for place, node in enumerate(nodes) if node.kind is Kind.FOUND]
        self._ends = [place for place, node in enumerate(nodes) if node.kind is Kind.END]
        # For the second reading: the only step that follows, or all of them.
        self._walked = [(node.kind, _only(node.targets), node) for node in nodes]
        anchors = {node.at for node in nodes if node.kind is Kind.AT}
        self._has_anchors = bool(anchors)
        self._has_boundaries = not anchors.isdisjoint({"AT_BOUNDARY", "AT_NON_BOUNDARY"})
        self._bytes = 0
        self._states: dict[bytes, _State] = {}
        self._nothing = _State(bytes(self._size))

    def matches(self, text: str, budget: Budget) -> bool:
        """Return whether a text matches.

        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        return bool(self._read_back(text, _Steps(budget))[-1].viable[self._start])

    def fullmatch(self, text: str, budget: Budget) -> Found | None:
        """Return the match of a whole text.

        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        steps = _Steps(budget)
        states = self._read_back(text, steps)
        if not states[-1].viable[self._start]:
            return None
        marks = list(self._marks)
        self._walk(self._start, 0, states, marks, steps)
        return Found(text, self._groups, marks)

    # The first reading ------------------------------------------------------

    def _read_back(self, text: str, steps: _Steps) -> list[_State]:
        """Return the state for the end of a text, for its last character, and so on until its first."""
        steps.take((4 if self._has_boundaries else 2) * len(text) + 1)
        classes = [*text.translate(self._classes), _BEHIND]
        keys = classes
        if self._has_anchors:
            keys = [one + signs for one, signs in zip(classes, _anchors(text, self._has_boundaries), strict=True)]
        state = self._nothing
        states: list[_State] = []
        for place in range(len(classes) - 1, -1, -1):
            key = keys[place]
            following = state.following.get(key)
            if following is None:
                steps.take(self._cost_of(classes[place]))
                following = self._add(state, key, classes[place], key[len(classes[place]) :])
            state = following
            states.append(state)
        return states

    def _add(self, state: _State, key: str, letter: str, anchors: str) -> _State:
        viable = self._step(state.viable, letter, anchors)
        if self._bytes > _MOST_BYTES:
            self._states, self._nothing, self._bytes = {}, _State(bytes(self._size)), 0
        following = self._states.get(viable)
        if following is None:
            following = self._states.setdefault(viable, _State(viable))
            self._bytes += self._size + _RESULT
        state.following[key] = following
        self._bytes += _WAY
        return following

    def _cost_of(self, letter: str) -> int:
        """Return the steps to count for a result that is not remembered."""
        return len(self._takers.get(letter, ())) + 2 * len(self._others) + len(self._found) + 1

    def _step(self, after: bytes, letter: str, anchors: str) -> bytes:
        """Return the steps from which a text matches, from those for the text without its first character."""
        viable = bytearray(self._size)
        for place, target in self._takers.get(letter, ()):
            viable[place] = after[target]
        for place in self._found:
            viable[place] = 1
        if letter == _BEHIND:
            for place in self._ends:
                viable[place] = 1
        for kind, place, node in self._others:
            if kind is _AT and _SIGNS[node.at] not in anchors:
                continue
            if kind is _LOOK and bool(viable[node.look]) is node.is_negated:
                continue
            for target in node.targets:
                if viable[target]:
                    viable[place] = 1
                    break
        return bytes(viable)

    # The second reading -----------------------------------------------------

    def _walk(self, place: int, at: int, states: list[_State], marks: list[int], steps: _Steps) -> None:
        """Note the groups on the way that ``re`` would find first."""
        walked = self._walked
        last = len(states) - 1
        left = begun = steps.left
        while left > 0:
            left -= 1
            kind, target, node = walked[place]
            if kind is _CHARACTER:
                at += 1
                place = target
            elif kind is _SPLIT:
                viable = states[last - at].viable
                for place in node.targets:
                    if viable[place]:
                        break
            elif kind is _SAVE:
                marks[node.number] = at
                place = target
            elif kind in _ENDS:
                steps.take(begun - left)
                return
            else:
                if node.has_groups and not node.is_negated:
                    steps.take(begun - left)
                    self._walk(node.look, at, states, marks, steps)
                    left = begun = steps.left
                place = target
        steps.take(begun + 1)


def _only(targets: list[int]) -> int:
    return targets[0] if targets else -1


def _takers(nodes: list[Node], classes: Classes) -> dict[str, list[tuple[int, int]]]:
    """Return for each class of characters the steps that take it, each with the step that follows."""
    takers: dict[str, list[tuple[int, int]]] = {}
    for place, node in enumerate(nodes):
        if node.kind is Kind.CHARACTER:
            for letter in classes.of_set[node.characters]:
                takers.setdefault(letter, []).append((place, node.targets[0]))
    return takers


class _Steps:
    """Counts the steps of one match.

    :ivar left: Steps that are left.
    """

    __slots__ = ("_budget", "left")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.left = min(budget.left, MOST_STEPS_AT_ONCE)

    def take(self, count: int) -> None:
        self.left -= count
        self._budget.left -= count
        if self.left < 0:
            raise self._budget.run_out()


# Before Python 3.14, "\\B" does not match the empty text.
_NO_BOUNDARY_IN_NOTHING = re.match(r"\B", "") is not None

# A sign for each anchor.
_SIGNS = {
    "AT_BEGINNING": "^", "AT_BEGINNING_STRING": "^", "AT_END": "$", "AT_END_STRING": "Z", "AT_BOUNDARY": "b",
    "AT_NON_BOUNDARY": "B",
}  # fmt: skip

_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def _anchors(text: str, has_boundaries: bool) -> list[str]:
    """Return for each place in a text, and for its end, the signs of the anchors that hold there."""
    signs = [""] * (len(text) + 1)
    if has_boundaries and (text or _NO_BOUNDARY_IN_NOTHING):
        words = [False, *[letter in _WORD for letter in text], False]
        signs = ["b" if before != behind else "B" for before, behind in pairwise(words)]
    signs[0] += "^"
    signs[-1] += "$Z"
    if text.endswith("\n"):
        signs[-2] += "$"
    return signs
