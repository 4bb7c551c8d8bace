"""The same URLs, matched among ten routes and among ten thousand.

Other URLs for each tree would measure the processor's caches: three routes fit
into them, and three thousand do not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from routehandlers._routing.segment_tree import SegmentTree
from routehandlers._routing.segments import parse_segment
from routehandlers._routing.tree import RouteFile

from .timing import Candidate, table, take_turns

FEW, MANY = 10, 10_000
CALLS = 300

# What a path looks like, and the folders of the route that answers it.
KINDS = {
    "one parameter": ("/r{0}/{1}", ("r{0}", "[a]")),
    "two parameters": ("/r{0}/{1}/b", ("r{0}", "[a]", "[b]")),
    "below a parameter": ("/{1}/r{0}/b", ("[a]", "r{0}", "[b]")),
    "a converter": ("/n{0}/1{1}", ("n{0}", "[a=int]")),
    "catch-all": ("/c{0}/{1}/b/c", ("c{0}", "[...rest]")),
}


def _tree(count: int) -> SegmentTree:
    shapes = [folders for _, folders in KINDS.values()]
    routes = []
    for number in range(count):
        folders = tuple(part.format(number // len(shapes)) for part in shapes[number % len(shapes)])
        routes.append(RouteFile(Path(*folders, "route.py"), folders, tuple(map(parse_segment, folders))))
    return SegmentTree(routes, {})


def _candidate(tree: SegmentTree, pattern: str) -> Candidate:
    def prepare(turn: int) -> Callable[[], int]:
        # Two of each kind of route are in either tree. No path comes twice.
        paths = [pattern.format(number % 2, f"{turn}{number:03}") for number in range(CALLS)]
        return lambda: sum(1 for path in paths if tree.match(path))

    return prepare


def measure() -> dict[str, dict[int, float]]:
    """Microseconds by kind and number of routes."""
    trees = {count: _tree(count) for count in (FEW, MANY)}
    results = {}
    for kind, (pattern, _) in KINDS.items():
        assert all(_candidate(tree, pattern)(0)() == CALLS for tree in trees.values())
        times = take_turns({str(count): _candidate(tree, pattern) for count, tree in trees.items()}, rounds=60)
        results[kind] = {count: times[str(count)] for count in trees}
    return results


def show(results: dict[str, dict[int, float]]) -> str:
    rows = {
        kind: [f"{times[FEW]:.2f} µs", f"{times[MANY]:.2f} µs", f"{times[MANY] / times[FEW]:.2f}"]
        for kind, times in results.items()
    }
    return table("matching", [f"among {FEW}", f"among {MANY:,}", "ratio"], rows)


def bounds(results: dict[str, dict[int, float]]) -> list[tuple[str, float, float]]:
    return [(f"matching, {kind}: {MANY:,} / {FEW}", times[MANY] / times[FEW], 1.2) for kind, times in results.items()]
