"""A tree of segments that matches paths to routes.

It decides alone what folder names, ``[x]``, ``[x=int]``, ``[x=float]``, ``[x=uuid]`` and catch-alls
match. A path that reaches a converter of the user is matched by ``UrlMap``, whose
answers are the reference for all others, too.
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

# Converters that the tree decides: the test of a segment, and what reads it then.
_TESTS: dict[str, Callable[[str], Any]] = {
    name: re.compile(converter.regex).fullmatch for name, converter in BUILT_IN.items()
}
_READERS: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "uuid": UUID}

# The reader of a catch-all: it takes all segments from its place on.
_ALL = object()

_NONE: frozenset[int] = frozenset()


class _Field(NamedTuple):
    """A parameter of a route.

    :param depth: The place of its segment in the path.
    :param read: Makes the value of the segment; ``None`` for text.
    """

    depth: int
    name: str
    read: Any


class _End(NamedTuple):
    """The end of a route's path.

    :param route: By its place in the list.
    """

    route: int
    fields: tuple[_Field, ...]


# Where a converter of the user leads.
_ASK_MAP = _End(-1, ())


class _Choice(NamedTuple):
    """What a node tries when no static name matches.

    :param rank: Lower ones are tried first; each rank is there once.
    :param test: Of a segment; ``None`` for a catch-all.
    :param target: The node below, or the end of a catch-all.
    """

    rank: int
    test: Callable[[str], Any] | None
    target: Any


class _Node:
    """A place in the tree, below one segment.

    :ivar statics: The nodes below, by name.
    :ivar choices: The next one to try last.
    :ivar plain: The node below, if ``[x]`` is the only choice.
    :ivar ends: Routes whose paths end here, the next one to try last.
    """

    __slots__ = ("choices", "ends", "plain", "statics")

    def __init__(self) -> None:
        self.statics: dict[str, _Node] = {}
        self.choices: tuple[_Choice, ...] = ()
        self.plain: _Node | None = None
        self.ends: tuple[_End, ...] = ()

    def add_choice(self, choice: _Choice) -> _Choice:
        """Put a choice in its place, or return the one that is there."""
        for known in self.choices:
            if known.rank == choice.rank:
                return known
        self.choices = tuple(sorted((*self.choices, choice), key=lambda known: -known.rank))
        self.plain = choice.target if len(self.choices) == 1 and choice.test is bool else None
        return choice


# In the place of a match: a converter of the user decides, which may ask a database.
UNDECIDED: tuple[int, dict[str, Any]] = (-1, {})


class SegmentTree:
    """The routes of a tree by their paths, and the paths of its routes.

    :param routes: Free of conflicts. A route is known by its place in this list.
    :param converters: The Werkzeug converters of the user, by name.
    :ivar static: Routes by paths without parameters.
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
        # A converter that cannot be made is reported at start, and not by the first request that reaches it.
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
        :param refused: Routes that did not want this path; matching goes on without them.
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

        :raise UnknownRouteError: If a parameter is missing, unknown, or cannot stand in a path.
        """
        return self._builder.build(route.pattern, route.segments, values)

    def _walk(self, text: str, refused: frozenset[int]) -> tuple[int, dict[str, Any]] | None:
        """Match segment by segment, with backtracking."""
        segments = text.lstrip("/").split("/")
        count = len(segments)
        # What is left to try, the next one last. Each node is entered once at most, so a walk is never longer than
        # the tree.
        left: list[tuple[_Node | _End | tuple[_Choice, ...], int]] = []
        node, depth = self._root, 0
        while True:
            # Down by static names, and by [x] where it is the only choice.
            while depth < count:
                segment = segments[depth]
                below = node.statics.get(segment)
                if below is not None:
                    if node.choices:
                        left.append((node.choices, depth))
                elif segment and node.plain is not None:
                    below = node.plain
                else:
                    if not segment and depth == count - 1:  # a slash at the end says nothing
                        left += [(end, depth) for end in node.ends]
                    left.append((node.choices, depth))
                    break
                node = below
                depth += 1
            else:
                for end in node.ends:
                    left.append((end, depth))
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
        # Werkzeug splits "/" into two segments without text.
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
        # The base of an optional catch-all comes after a route of its own.
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
            except (ValueError, OverflowError):  # as of int() for more than 4,300 digits
                return None
    return params


def _static_paths(routes: Sequence[RouteFile]) -> tuple[dict[str, int], dict[str, int]]:
    """Paths without parameters: those of routes, and the bases of optional catch-alls.

    Static names win at every segment, so a dictionary gives the tree's answer.
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
    """The static paths below which a plain ``[slug]`` is the only choice beside static ones.

    Nothing that begins with a parameter can come before ``/items/[slug]`` for
    ``/items/a``, so a dictionary gives the tree's answer here too, and faster.
    """
    leaves: dict[str, tuple[int, str]] = {}
    taken: set[str] = set()
    for index, route in enumerate(routes):
        for depth, segment in enumerate(route.segments):
            if segment.is_parameter:
                prefix = to_matching(known.name for known in route.segments[:depth]) if depth else ""
                if segment.kind is Kind.CONVERTED:  # a converter is asked first
                    taken.add(prefix)
                elif segment.kind is Kind.DYNAMIC and depth == len(route.segments) - 1:
                    leaves[prefix] = index, segment.name
                break
    return {prefix: leaf for prefix, leaf in leaves.items() if prefix not in taken}
