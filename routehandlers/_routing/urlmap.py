"""The Werkzeug map that matches paths to routes, and builds paths from them.

What goes in and out is *matching text*: a path that was split at its slashes
and decoded segment by segment (``routehandlers._http.request.path``), where a slash
inside a segment stands escaped.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, MapAdapter, Rule

from .building import PathBuilder
from .converters import REFUSED, converter_name, guarded
from .segments import Kind, Segment
from .spelling import ESCAPES, restore, to_matching
from .tree import RouteFile

# How many maps without refused routes are kept. A tree with more overlapping
# converters than this still answers, it only builds some maps again.
_NARROWED = 32


class UrlMap:
    """Which route answers a path, and the path of a route.

    :param routes: Free of conflicts. A route is known by its place in this list.
    :param converters: Werkzeug converters by name, beside ``int``, ``float`` and ``uuid``.
    """

    def __init__(self, routes: Sequence[RouteFile], converters: Mapping[str, type[BaseConverter]]) -> None:
        self.routes = routes
        self._converters = guarded(converters)
        self._names = [_parameters(route.segments) for route in routes]
        self._rules = [(index, rule) for index, route in enumerate(routes) for rule in self._rules_of(route)]
        self.static = self._static_paths()
        # Without the bases of optional catch-alls, which are dynamic routes.
        self.exact = {path: index for path, index in self.static.items() if self._is_exact(index)}
        self._leaves = self._leaf_prefixes()
        self._adapter = self._bind(frozenset())
        self._builder = PathBuilder(self._converters, self._adapter.map)
        self._narrowed: dict[frozenset[int], MapAdapter] = {}
        self._lock = threading.Lock()

    def match(self, path: str, refused: frozenset[int] = frozenset()) -> tuple[int, dict[str, Any]] | None:
        """The route that answers a path and what its brackets matched.

        :param path: Matching text, from ``to_matching``.
        :param refused: Routes that did not want this path; matching goes on without them.
        """
        prefix, _, last = path.rpartition("/")
        leaf = self._leaves.get(prefix)
        if leaf is not None and last and path not in self.static and leaf[0] not in refused:
            index, name = leaf
            return index, {name: restore(last)}
        adapter = self._without(refused) if refused else self._adapter
        try:
            index, values = adapter.match(path, "GET")
        except NotFound:
            return None
        params: dict[str, Any] = {}
        for internal, name in self._names[index]:
            value = values.get(internal, REFUSED)
            if value is REFUSED:
                if internal in values:
                    return self.match(path, refused | {index})
                continue  # an optional catch-all at its base: the key is absent
            params[name] = restore(value) if type(value) is str else value
        return index, params

    def build(self, route: RouteFile, values: Mapping[str, Any]) -> str:
        """The percent-encoded path of a route.

        :raise UnknownRouteError: If a parameter is missing, unknown, or cannot stand in a path.
        """
        return self._builder.build(route.pattern, route.segments, values)

    def _rules_of(self, route: RouteFile) -> list[str]:
        """Werkzeug's spelling of a route; an optional catch-all has two, with and without the rest."""
        parts: list[str] = []
        for place, segment in enumerate(route.segments):
            if segment.kind is Kind.STATIC:
                parts.append(segment.name.translate(ESCAPES))
            else:
                parts.append(f"<{converter_name(segment)}:p{place}>")
        rules = ["/" + "/".join(parts)]
        if route.segments and route.segments[-1].kind is Kind.OPTIONAL_CATCH_ALL:
            rules.append("/" + "/".join(parts[:-1]))
        return rules

    def _static_paths(self) -> dict[str, int]:
        """Paths without parameters. Static wins at every segment, so a dictionary gives the map's answer."""
        exact = {rule: index for index, rule in self._rules if "<" not in rule and self._is_exact(index)}
        bases = {rule: index for index, rule in self._rules if "<" not in rule and not self._is_exact(index)}
        return {**bases, **exact}

    def _leaf_prefixes(self) -> dict[str, tuple[int, str]]:
        """The static paths below which a plain ``[slug]`` is the only choice but for static ones.

        Nothing that begins with a parameter can come before ``/items/[slug]`` for
        ``/items/a``, so a dictionary gives the map's answer here too, and faster.
        """
        leaves: dict[str, tuple[int, str]] = {}
        taken: set[str] = set()
        for index, route in enumerate(self.routes):
            statics = [segment.name for segment in route.segments[:-1] if segment.kind is Kind.STATIC]
            if not route.segments or len(statics) != len(route.segments) - 1:
                continue
            prefix = to_matching(statics) if statics else ""
            if route.segments[-1].kind is Kind.DYNAMIC:
                leaves[prefix] = index, route.segments[-1].name
            elif route.segments[-1].kind is Kind.CONVERTED:
                taken.add(prefix)
        # A converter is asked first, and so is a folder whose optional catch-all has no segments.
        return {prefix: leaf for prefix, leaf in leaves.items() if prefix not in taken}

    def _is_exact(self, index: int) -> bool:
        segments = self.routes[index].segments
        return not (segments and segments[-1].kind is Kind.OPTIONAL_CATCH_ALL)

    def _bind(self, refused: frozenset[int]) -> MapAdapter:
        # Rules carry no methods: a path is matched first, and what its route
        # cannot do is a 405, never another route's answer. Slashes and defaults
        # are settled before matching, so the map has no logic of its own for them.
        kept = [(index, rule) for index, rule in self._rules if index not in refused]
        # Where u/route.py and u/[[...x]]/route.py both answer /u, the exact one wins.
        kept.sort(key=lambda entry: not self._is_exact(entry[0]))
        url_map = Map(
            [Rule(rule, endpoint=index) for index, rule in kept],
            converters=self._converters,
            strict_slashes=False,
            merge_slashes=False,
            redirect_defaults=False,
            sort_parameters=False,
        )
        return url_map.bind("")

    def _without(self, refused: frozenset[int]) -> MapAdapter:
        with self._lock:
            adapter = self._narrowed.pop(refused, None) or self._bind(refused)
            self._narrowed[refused] = adapter
            while len(self._narrowed) > _NARROWED:
                del self._narrowed[next(iter(self._narrowed))]
            return adapter


def _parameters(segments: Sequence[Segment]) -> list[tuple[str, str]]:
    return [(f"p{place}", segment.name) for place, segment in enumerate(segments) if segment.is_parameter]
