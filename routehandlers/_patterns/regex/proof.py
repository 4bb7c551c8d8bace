"""Prove that ``re`` matches every text in a number of steps that grows with its length and no faster.

``re`` tries one way through an expression after another. The proof reads all texts at once: after each character it has
the number of ways that lead to each step, however many texts lead to the same numbers. If there are finitely many such
counts, each of them small, then each character costs a bounded number of steps. An expression is not proven if the
counts grow, or if there are too many to look at. That says nothing against it, but ``re`` does not get to run it.

Two things bound the ways that ``re`` looks at. A lookahead ends with its first way. And where a greedy loop takes
any character and the text may end after it, the first way succeeds, so that no other is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from .characters import ALL, Classes
from .program import Kind, Node, Program, in_order

# Ways that may be open at one character.
_MOST_WAYS = 1_000

# Counts and comparisons that a proof may take. Expressions of settings take a few hundred.
_MOST_COUNTS = 1_000
_MOST_COMPARISONS = 200_000


class Cost(NamedTuple):
    """Steps that matching takes at most: some once, and some for each character of the text."""

    once: int
    each: int

    def and_then(self, other: Cost) -> Cost:
        return Cost(self.once + other.once, self.each + other.each)

    def or_else(self, other: Cost) -> Cost:
        return Cost(max(self.once, other.once), max(self.each, other.each))


_NOTHING = Cost(0, 0)


class NotProvenError(Exception):
    """The steps are not bounded, or the bound cannot be found."""


def cost_of(program: Program) -> Cost:
    """Return the steps that ``re`` takes at most to match a whole text.

    :param program: From ``build``; it need not be exact.
    :raise NotProvenError: If it cannot be told.
    """
    return _Proof(program).whole()


# The number of ways that lead to each step that takes a character, as sorted pairs.
_Counts = tuple[tuple[int, int], ...]
_Edge = tuple[int, Cost]


class _Proof:
    def __init__(self, program: Program) -> None:
        self._nodes = program.nodes
        self._start = program.start
        sets = [node.characters for node in self._nodes if node.kind is Kind.CHARACTER]
        self._classes = Classes(sets).of_set
        self._left = _MOST_COMPARISONS
        # For each step: the cost of all that it leads to without taking a character, the steps there that take one,
        # and whether the end is among them, without a condition.
        self._costs: dict[int, Cost] = {}
        self._counts: dict[int, dict[int, int]] = {}
        self._ends: set[int] = set()
        for place in in_order(self._nodes):
            self._read(place, self._nodes[place])

    def _read(self, place: int, node: Node) -> None:
        cost, counts = Cost(1, 0), {}
        if node.kind is Kind.CHARACTER:
            counts[place] = 1
        else:
            for target in node.targets:
                cost = cost.and_then(self._costs[target])
                for character, count in self._counts[target].items():
                    counts[character] = counts.get(character, 0) + count
            if node.kind is Kind.LOOK:
                cost = cost.and_then(self._look(node.look))
            is_end = node.kind in {Kind.END, Kind.FOUND}
            is_open = node.kind in {Kind.SPLIT, Kind.SAVE} and any(target in self._ends for target in node.targets)
            if is_end or is_open:
                self._ends.add(place)
        if sum(counts.values()) > _MOST_WAYS:
            raise NotProvenError
        self._costs[place], self._counts[place] = cost, counts

    # Parts ------------------------------------------------------------------

    def whole(self) -> Cost:
        """Return the cost of the expression. Ways end where nothing can fail any more."""
        sure = {place for place in self._ends if self._takes_the_rest(place)}
        cost, reached = self._until(self._start, sure)
        rest = _NOTHING
        for place in reached:
            rest = rest.or_else(self._costs[place].and_then(Cost(0, 4)))
        return cost.and_then(rest)

    def _takes_the_rest(self, place: int) -> bool:
        """Return whether the first choice of a step takes any character and comes back to the step."""
        current, has_taken = place, False
        while True:
            node = self._nodes[current]
            if node.kind is Kind.CHARACTER and node.characters == ALL and not has_taken:
                has_taken = True
            elif node.kind not in {Kind.SPLIT, Kind.SAVE} or not node.targets:
                return False
            current = node.targets[0]
            if current == place:
                return has_taken

    def _look(self, start: int) -> Cost:
        """Return the cost of a lookaround at one place. It ends with its first way."""
        # A graph of the ends that a way can come to, one after another, from what it costs before the first one.
        numbers = {-1: 0}
        waiting = [-1]
        edges: list[list[_Edge]] = []
        for place in waiting:
            cost, reached = self._until(start if place < 0 else place, self._ends, is_inside=place >= 0)
            for target in reached - numbers.keys():
                numbers[target] = len(waiting)
                waiting.append(target)
            edges.append([(-1, cost), *[(numbers[target], cost) for target in reached]])
        return _longest(edges)

    def _until(self, start: int, stops: set[int], *, is_inside: bool = False) -> tuple[Cost, set[int]]:
        """Return the cost of all ways from a step up to some others, and those of the others that they reach.

        :param is_inside: Whether the first step itself counts as none of the others.
        """
        if start in stops and not is_inside:
            return Cost(1, 0), {start}
        reached: set[int] = set()

        def follow(counts: Iterable[tuple[int, int]]) -> tuple[_Counts, Cost]:
            following: dict[int, int] = {}
            cost = _NOTHING
            for place, count in counts:
                target = self._nodes[place].targets[0]
                if target in stops:
                    reached.add(target)
                    cost = cost.and_then(Cost(count, 0))
                    continue
                one = self._costs[target]
                cost = cost.and_then(Cost(count * one.once, count * one.each))
                for character, number in self._counts[target].items():
                    following[character] = following.get(character, 0) + count * number
            if sum(following.values()) > _MOST_WAYS:
                raise NotProvenError
            return tuple(sorted(following.items())), cost

        edges = self._edges(tuple(sorted(self._counts[start].items())), follow)
        return self._costs[start].and_then(_longest(edges)), reached

    def _edges(
        self, start: _Counts, follow: Callable[[Iterable[tuple[int, int]]], tuple[_Counts, Cost]]
    ) -> list[list[_Edge]]:
        """Return for each of the counts those that may come after the next character, with the cost of going there."""
        numbers = {start: 0}
        waiting = [start]
        edges: list[list[_Edge]] = []
        for counts in waiting:
            takers: dict[str, list[tuple[int, int]]] = {}
            for place, count in counts:
                for letter in self._classes[self._nodes[place].characters]:
                    takers.setdefault(letter, []).append((place, count))
            different = {tuple(taking) for taking in takers.values()}
            self._left -= sum(map(len, takers.values())) + sum(map(len, different)) + 1
            if self._left < 0:
                raise NotProvenError
            edges.append([])
            for taking in different:
                following, cost = follow(taking)
                if following and following not in numbers:
                    numbers[following] = len(waiting)
                    waiting.append(following)
                    if len(waiting) > _MOST_COUNTS:
                        raise NotProvenError
                edges[-1].append((numbers[following] if following else -1, cost))
        return edges


def _longest(edges: list[list[_Edge]]) -> Cost:
    """Return the cost of the longest walk: at most once along each edge between loops, and any time in the loops.

    :raise NotProvenError: If an edge in a loop costs more on a longer text.
    """
    loops = _loops(edges)
    best: dict[int, Cost] = {}
    each = 0
    for loop in loops:  # those that others lead to come first
        members = set(loop)
        cost = _NOTHING
        for place in loop:
            for target, step in edges[place]:
                if target not in members:
                    cost = cost.or_else(step.and_then(best.get(target, _NOTHING)))
                elif step.each:
                    raise NotProvenError
                else:
                    each = max(each, step.once)
        for place in loop:
            best[place] = cost
    return best[0].and_then(Cost(0, each))


def _loops(edges: list[list[_Edge]]) -> list[list[int]]:
    """Return the strongly connected parts of a graph that can be reached from its first node, the last ones first."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: list[list[int]] = []
    waiting: list[tuple[int, int]] = [(0, 0)]
    while waiting:
        place, index = waiting.pop()
        if index == 0:
            number[place] = lowest[place] = len(number)
            path.append(place)
            on_path.add(place)
        else:
            lowest[place] = min(lowest[place], lowest.get(edges[place][index - 1][0], number[place]))
        for target_index in range(index, len(edges[place])):
            target = edges[place][target_index][0]
            if target >= 0 and target not in number:
                waiting += [(place, target_index + 1), (target, 0)]
                break
            if target in on_path:
                lowest[place] = min(lowest[place], number[target])
        else:
            if lowest[place] == number[place]:
                cut = path.index(place)
                found.append(path[cut:])
                on_path.difference_update(path[cut:])
                del path[cut:]
    return found
