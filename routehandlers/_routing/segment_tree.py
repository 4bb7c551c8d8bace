"""Match paths to routes with a tree of segments.

The tree matches folder names, ``[x]``, ``[x=int]``, ``[x=float]``, ``[x=uuid]`` and
catch-alls. Paths that reach a converter of the user are matched by ``UrlMap``. Both
must give the same results for all paths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from .building import PathBuilder
from .converters import BUILT_IN, converter_name, guarded
from .segments import CATCH_ALLS, Kind, Segment
from .spelling import ESCAPE, ESCAPES, restore, to_matching
from .urlmap import UrlMap

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

    from .tree import RouteFile

# Built-in converters: the test of a segment, and the function that converts it.
_TESTS: dict[str, Callable[[str], Any]] = {
    name: re.compile(converter.regex).fullmatch for name, converter in BUILT_IN.items()
}
_READERS: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "uuid": UUID}

# The reader of a catch-all: it takes all segments from its place on.
_ALL = object()

_NONE: frozenset[int] = frozenset()


class _Field(NamedTuple):
    """A parameter of a route.

    :param depth: The index of its segment in the path.
    :param read: Converts the segment to a value; ``None`` for text.
    """

    depth: int
    name: str
    read: Any


class _End(NamedTuple):
    """The end of a route's path.

    :param route: Its index in the list of routes.
    """

    route: int
    fields: tuple[_Field, ...]


# The target of a converter of the user.
_ASK_MAP = _End(-1, ())


class _Choice(NamedTuple):
    """A choice that a node tries if no static name leads to a route.

    :param rank: Lower ranks are tried first. A node has each rank at most once.
    :param test: Test of a segment; ``None`` for a catch-all.
    :param target: The node below, or the end of a catch-all.
    """

    rank: int
    test: Callable[[str], Any] | None
    target: Any


class _Node:
    """A place in the tree, below one segment.

    :ivar statics: The nodes below, by name.
    :ivar choices: In reverse order: the last one is tried first.
    :ivar only: The node below, if there is one choice alone and it takes one segment.
    :ivar test: The test of that choice; ``None`` for ``[x]``, which takes all but an empty segment.
    :ivar ends: Routes whose paths end here, in reverse order.
    """

    __slots__ = ("choices", "ends", "only", "statics", "test")

    def __init__(self) -> None:
        self.statics: dict[str, _Node] = {}
        self.choices: tuple[_Choice, ...] = ()
        self.only: _Node | None = None
        self.test: Callable[[str], Any] | None = None
        self.ends: tuple[_End, ...] = ()

    def add_choice(self, choice: _Choice) -> _Choice:
        """Add a choice by its rank, or return the existing choice with this rank."""
        for known in self.choices:
            if known.rank == choice.rank:
                return known
        self.choices = tuple(sorted((*self.choices, choice), key=lambda known: -known.rank))
        self.only = choice.target if len(self.choices) == 1 and isinstance(choice.target, _Node) else None
        self.test = None if choice.test is bool else choice.test
        return choice


# In the place of a match: a converter of the user decides, which may ask a database.
UNDECIDED: tuple[int, dict[str, Any]] = (-1, {})


class SegmentTree:
    """Matches paths to routes, and builds paths of routes.

    :param routes: Routes without conflicts. The index in this list identifies a route.
    :param converters: The Werkzeug converters of the user, by name.
    :ivar static: Indexes of routes, by paths without parameters.
    :ivar exact: The same without the bases of optional catch-alls, which are dynamic routes.
    :ivar url_map: The map for paths that reach a converter of the user.
    """

    def __init__(self, routes: Sequence[RouteFile], converters: Mapping[str, type[BaseConverter]]) -> None:
        self.routes = routes
        # The routes whose params hold a list.
        self.catch_alls = frozenset(
            index for index, route in enumerate(routes) if route.segments and route.segments[-1].kind in CATCH_ALLS
        )
        self._custom = frozenset(converters)
        by_name = guarded(converters)
        self._builder = PathBuilder(by_name)
        # Report a converter that cannot be made at start, and not at the first request that reaches it.
        for name in self._custom & {segment.converter for route in routes for segment in route.segments}:
            self._builder.make_converter(str(name))
        self.url_map = UrlMap(routes, converters)
        self.exact, bases = _static_paths(routes)
        self.static = {**bases, **self.exact}
        self._leaves = _leaf_prefixes(routes)
        self._root = self._make_root({name: converter.weight for name, converter in by_name.items()})

    @property
    def has_converters(self) -> bool:
        """Whether a converter of the user stands in any route."""
        return any(segment.converter in self._custom for route in self.routes for segment in route.segments)

    def match(self, text: str, refused: frozenset[int] = _NONE) -> tuple[int, dict[str, Any]] | None:
        """Return the route that answers a path, and its params.

        :param text: Matching text, from ``to_matching``.
        :param refused: Routes that refused this path. Matching continues without them.
        """
        index = self.static.get(text)
        if index is not None:
            if index not in refused:
                return index, {}
        else:
            prefix, _, last = text.rpartition("/")
            leaf = self._leaves.get(prefix)
            if leaf is not None and last and leaf[0] not in refused:
                return leaf[0], {leaf[1]: restore(last) if ESCAPE in last else last}
        match = self._walk(text, refused)
        return self.url_map.match(text, refused) if match is UNDECIDED else match

    def decide(self, text: str, refused: frozenset[int] = _NONE) -> tuple[int, dict[str, Any]] | None:
        """Return what ``match`` returns, or ``UNDECIDED`` where a converter of the user decides."""
        index = self.static.get(text)
        return self._walk(text, refused) if index is None or index in refused else (index, {})

    def build(self, route: RouteFile, values: Mapping[str, Any]) -> str:
        """Return the percent-encoded path of a route.

        :raise UnknownRouteError: If a parameter is missing, unknown, or not possible in a path.
        """
        return self._builder.build(route.pattern, route.segments, values)

    def _walk(self, text: str, refused: frozenset[int]) -> tuple[int, dict[str, Any]] | None:
        """Match segment by segment, with backtracking."""
        segments = text.lstrip("/").split("/")
        count = len(segments)
        # Alternatives left to try, the next one last. Each node is entered at most once, so the size of the tree limits
        # the length of a walk.
        left: list[tuple[_Node | _End | tuple[_Choice, ...], int]] = []
        node, depth = self._root, 0
        while True:
            # Go down by static names, and by [x] or [x=int] if it is the only choice.
            while depth < count:
                segment = segments[depth]
                below = node.statics.get(segment)
                if below is not None:
                    if node.choices:
                        left.append((node.choices, depth))
                elif segment and node.only is not None and (node.test is None or node.test(segment)):
                    below = node.only
                else:
                    if not segment and depth == count - 1:  # a slash at the end is ignored
                        left += [(end, depth) for end in node.ends]
                    left.append((node.choices, depth))
                    break
                node = below
                depth += 1
            else:
                ends = node.ends
                if len(ends) == 1 and not refused:  # nearly always
                    params = _params(ends[0], segments, text)
                    if params is not None:
                        return ends[0].route, params
                else:
                    left += [(end, depth) for end in ends]
            while left:
                target, depth = left.pop()
                if isinstance(target, _Node):
                    node = target
                    break
                if not isinstance(target, _End):
                    segment = segments[depth]
                    for _, test, beneath in target:
                        if test(segment) if test is not None else segment or depth < count - 1:
                            left.append((beneath, depth + 1))
                elif target is _ASK_MAP:
                    return UNDECIDED
                elif target.route not in refused:
                    params = _params(target, segments, text)
                    if params is not None:
                        return target.route, params
            else:
                return None

    def _make_root(self, ranks: Mapping[str, int]) -> _Node:
        root = _Node()
        for index, route in enumerate(self.routes):
            self._add(root, index, route.segments, ranks)
        # Werkzeug splits "/" into two empty segments.
        if root.ends:
            root.statics[""] = end = _Node()
            root.ends, end.ends = (), root.ends
        return root

    def _add(self, node: _Node, index: int, segments: Sequence[Segment], ranks: Mapping[str, int]) -> None:
        fields: tuple[_Field, ...] = ()
        for depth, segment in enumerate(segments):
            if segment.kind is Kind.STATIC:
                node = node.statics.setdefault(segment.name.translate(ESCAPES), _Node())
                continue
            rank = ranks[converter_name(segment)]
            if segment.kind in CATCH_ALLS:
                node.add_choice(_Choice(rank, None, _End(index, (*fields, _Field(depth, segment.name, _ALL)))))
                if segment.kind is Kind.CATCH_ALL:
                    return
            elif segment.converter in self._custom:
                node.add_choice(_Choice(rank, _takes_all, _ASK_MAP))
                return
            else:
                name = segment.converter or ""
                fields += (_Field(depth, segment.name, _READERS.get(name)),)
                node = node.add_choice(_Choice(rank, _TESTS.get(name, bool), _Node())).target
        # A route.py in the same folder is tried before the base of an optional catch-all.
        end = _End(index, fields)
        is_base = bool(segments) and segments[-1].kind is Kind.OPTIONAL_CATCH_ALL
        node.ends = (end, *node.ends) if is_base else (*node.ends, end)


def _takes_all(_segment: str) -> bool:
    return True


def _params(end: _End, segments: list[str], text: str) -> dict[str, Any] | None:
    """Return the params of a route, or ``None`` if a converter refuses its segment."""
    params: dict[str, Any] = {}
    has_escapes = ESCAPE in text
    for depth, name, read in end.fields:
        if read is None:
            params[name] = restore(segments[depth]) if has_escapes else segments[depth]
        elif read is _ALL:
            rest = segments[depth:]
            params[name] = [restore(segment) for segment in rest] if has_escapes else rest
        else:
            try:
                params[name] = read(segments[depth])
            except (ValueError, OverflowError):  # for example from int() for more than 4,300 digits
                return None
    return params


def _static_paths(routes: Sequence[RouteFile]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the paths without parameters: those of routes, and the bases of optional catch-alls.

    Static names win at every segment, so a dictionary gives the same result as the tree.
    """
    exact: dict[str, int] = {}
    bases: dict[str, int] = {}
    for index, route in enumerate(routes):
        parameters = [segment for segment in route.segments if segment.is_parameter]
        path = to_matching(segment.name for segment in route.segments if not segment.is_parameter)
        if not parameters:
            exact[path] = index
        elif parameters[0].kind is Kind.OPTIONAL_CATCH_ALL:
            bases[path] = index
    return exact, bases


def _leaf_prefixes(routes: Sequence[RouteFile]) -> dict[str, tuple[int, str]]:
    """Return the static paths below which ``[slug]`` is the only choice beside static names.

    No route that begins with a parameter can win against ``/items/[slug]`` for
    ``/items/a``, so a dictionary gives the same result as the tree, but faster.
    """
    leaves: dict[str, tuple[int, str]] = {}
    taken: set[str] = set()
    for index, route in enumerate(routes):
        for depth, segment in enumerate(route.segments):
            if segment.is_parameter:
                prefix = to_matching(known.name for known in route.segments[:depth]) if depth else ""
                if segment.kind is Kind.CONVERTED:  # a converter is tried before [slug]
                    taken.add(prefix)
                elif segment.kind is Kind.DYNAMIC and depth == len(route.segments) - 1:
                    leaves[prefix] = index, segment.name
                break
    return {prefix: leaf for prefix, leaf in leaves.items() if prefix not in taken}
