"""Find routes that conflict with each other, although each of their folder names is valid.

It uses only the values of ``.tree``. All problems are found in one pass and
returned, never raised, so that one start reports all mistakes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..exceptions import InvalidTreeError, RouteConflictError, RouteHandlersError
from .segments import CATCH_ALLS, Kind, Segment
from .tree import RouteFile

# A segment of a URL without the name of its parameter. Routes with equal places
# answer the same requests.
_Place = tuple[Kind, str]
_Shape = tuple[_Place, ...]


def find_conflicts(routes: Iterable[RouteFile]) -> list[RouteHandlersError]:
    """Return all problems that make a route ambiguous, alone or together with others."""
    routes = list(routes)
    alone = [(route, problem) for route in routes for problem in _problems_alone(route)]
    # A path that is wrong by itself is reported once and not compared with others.
    wrong = {route.file for route, _ in alone}
    sound = [route for route in routes if route.file not in wrong]
    return [problem for _, problem in alone] + [*_different_names(sound), *_two_catch_alls(sound), *_same_url(sound)]


def _problems_alone(route: RouteFile) -> Iterator[RouteHandlersError]:
    names = [segment.name for segment in route.segments if segment.is_parameter]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield InvalidTreeError(
            f"The parameter {name!r} comes twice in {route.pattern!r}:",
            [route.file],
            "The handler would get only one of the values. Rename one of the folders.",
        )
    by_letters: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        by_letters[re.sub(r"\W", "", name)].append(name)
    for alike in by_letters.values():
        if len(alike) > 1:
            yield InvalidTreeError(
                f"The parameters {' and '.join(map(repr, alike))} of {route.pattern!r} differ only by punctuation:",
                [route.file],
                "Next refuses this, since the names are easy to confuse. Rename one of the folders.",
            )
    for segment in route.segments[:-1]:
        if segment.kind in CATCH_ALLS:
            yield InvalidTreeError(
                f"A catch-all must be the last folder of {route.pattern!r}:",
                [route.file],
                f"'{segment.name}' matches the rest of the path, so nothing can follow it. Move {route.file.name} up,"
                " or check the last item of the list in the handler.",
            )


def _place(segment: Segment) -> _Place:
    if segment.kind is Kind.STATIC:
        return segment.kind, segment.name
    return segment.kind, segment.converter or ""


def _shape(segments: Iterable[Segment]) -> _Shape:
    return tuple(_place(segment) for segment in segments)


def _different_names(routes: list[RouteFile]) -> Iterator[RouteHandlersError]:
    """Find ``[a]`` beside ``[b]``: two names for the same place in the URL."""
    places: dict[_Shape, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    patterns: dict[_Shape, str] = {}
    for route in routes:
        for index, segment in enumerate(route.segments):
            if segment.is_parameter:
                shape = _shape(route.segments[: index + 1])
                places[shape][segment.name].append(route.file)
                patterns.setdefault(shape, _url(route.segments[:index]))
    for shape, names in places.items():
        if len(names) > 1:
            listed = " and ".join(repr(name) for name in sorted(names))
            yield InvalidTreeError(
                f"One place below {patterns[shape]!r} has the parameter names {listed}:",
                [file for name in sorted(names) for file in names[name]],
                "A request could not tell them apart. Give the folders the same name.",
            )


def _two_catch_alls(routes: list[RouteFile]) -> Iterator[RouteHandlersError]:
    """Find ``[...x]`` beside ``[[...x]]``."""
    ends: dict[_Shape, list[RouteFile]] = defaultdict(list)
    for route in routes:
        if route.segments and route.segments[-1].kind in CATCH_ALLS:
            ends[_shape(route.segments[:-1])].append(route)
    for found in ends.values():
        if len({route.segments[-1].kind for route in found}) > 1:
            yield InvalidTreeError(
                f"A required and an optional catch-all are at the same place, below {_url(found[0].segments[:-1])!r}:",
                [route.file for route in found],
                "The optional catch-all already matches all paths there. Remove one of them. To answer the bare"
                " path beside a required catch-all, add a route.py to its parent folder.",
            )


def _same_url(routes: list[RouteFile]) -> Iterator[RouteHandlersError]:
    shapes: dict[_Shape, list[RouteFile]] = defaultdict(list)
    for route in routes:
        shapes[_shape(route.segments)].append(route)
    for found in shapes.values():
        # Routes with different names are already reported, with a better remedy.
        names = {tuple(segment.name for segment in route.segments) for route in found}
        if len(found) > 1 and len(names) == 1:
            yield RouteConflictError(found[0].pattern, [route.file for route in found])


def _url(segments: Iterable[Segment]) -> str:
    return "/" + "/".join(segment.folder for segment in segments)
