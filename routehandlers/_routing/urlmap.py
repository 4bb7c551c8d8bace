"""Match paths to routes with Werkzeug's map.

It uses *matching text*: a path that was split at its slashes and decoded segment
by segment (``.._http.request.path``), with escapes for slashes inside of a segment.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, MapAdapter, Rule

from .converters import REFUSED, converter_name, guarded
from .segments import Kind
from .spelling import ESCAPES, restore
from .tree import RouteFile

# Maximum number of stored maps without refused routes. With more overlapping
# converters, some maps are built again.
_NARROWED = 32

_ABSENT = object()


class UrlMap:
    """Matches paths to routes by Werkzeug's rules.

    Each map is made when a path needs it. Binding a rule compiles code that builds URLs, which takes time and is
    never called here. ``.segment_tree`` matches most paths without a map.

    :param routes: Routes without conflicts. The index in this list identifies a route.
    :param converters: The Werkzeug converters of the user, by name.
    """

    def __init__(self, routes: Sequence[RouteFile], converters: Mapping[str, type[BaseConverter]]) -> None:
        self._routes = routes
        self._converters = converters
        self._whole: MapAdapter | None = None
        self._narrowed: dict[frozenset[int], MapAdapter] = {}
        self._lock = threading.Lock()

    @property
    def is_bound(self) -> bool:
        """Whether a map has been made."""
        return self._whole is not None or bool(self._narrowed)

    def match(self, path: str, refused: frozenset[int] = frozenset()) -> tuple[int, dict[str, Any]] | None:
        """Return the route that answers a path, and its params.

        :param path: Matching text, from ``to_matching``.
        :param refused: Routes that refused this path. Matching continues without them.
        """
        adapter = self._without(refused) if refused else self._whole or self._bind_whole()
        try:
            index, values = adapter.match(path, "GET")
        except NotFound:
            return None
        params: dict[str, Any] = {}
        for place, segment in enumerate(self._routes[index].segments):
            value = values.get(f"p{place}", _ABSENT)
            if value is REFUSED:
                return self.match(path, refused | {index})
            if value is not _ABSENT:  # absent if an optional catch-all matched no segment
                params[segment.name] = restore(value) if type(value) is str else value
        return index, params

    def _bind_whole(self) -> MapAdapter:
        with self._lock:
            if self._whole is None:
                self._whole = self._bind(frozenset())
            return self._whole

    def _bind(self, refused: frozenset[int]) -> MapAdapter:
        # Rules have no methods: the path alone selects the route, and a method that
        # the route lacks is a 405. Slashes and defaults are handled before matching,
        # so they are switched off in the map.
        kept = [(index, route) for index, route in enumerate(self._routes) if index not in refused]
        # If u/route.py and u/[[...x]]/route.py both answer /u, the exact one wins.
        kept.sort(key=lambda entry: _is_optional(entry[1]))
        url_map = Map(
            [Rule(rule, endpoint=index) for index, route in kept for rule in _rules_of(route)],
            converters=guarded(self._converters),
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


def _rules_of(route: RouteFile) -> list[str]:
    """Return the rules of a route. An optional catch-all has two, with its segments and without."""
    parts: list[str] = []
    for place, segment in enumerate(route.segments):
        if segment.kind is Kind.STATIC:
            parts.append(segment.name.translate(ESCAPES))
        else:
            parts.append(f"<{converter_name(segment)}:p{place}>")
    rules = ["/" + "/".join(parts)]
    if _is_optional(route):
        rules.append("/" + "/".join(parts[:-1]))
    return rules


def _is_optional(route: RouteFile) -> bool:
    return bool(route.segments) and route.segments[-1].kind is Kind.OPTIONAL_CATCH_ALL
