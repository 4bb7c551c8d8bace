"""Runtime part of the modules that ``routehandlers typegen`` writes.

The types are in the generated module itself. This module provides the builder
behind ``href()``.

https://nextjs.org/docs/app/api-reference/config/next-config-js/typedRoutes
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ._hints import hint
from ._routing.building import PathBuilder, public_path
from ._routing.converters import BUILT_IN, guarded
from ._routing.segments import Kind, Segment, parse_segment
from ._runtime.scope.scope import mount_prefix
from .exceptions import UnknownRouteError

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

__all__ = ["Href"]


class Href:
    """Build the URLs of known patterns: ``href("/items/[slug]", slug="a b")`` is ``"/items/a%20b"``.

    It returns the same as ``RouteHandlers.url_for()`` and needs no application, so that
    a route module can import it. Generated modules create it for you.

    :param patterns: The patterns of all routes.
    :param base_path: As in the settings.
    :param trailing_slash: As in the settings.
    :param converters: Places of custom converters, as ``"module:name"``. They are imported when a pattern first needs
        one. Values of unlisted converters are written with ``str()``.
    """

    def __init__(
        self,
        patterns: Collection[str],
        *,
        base_path: str = "",
        trailing_slash: bool = False,
        converters: Mapping[str, str] | None = None,
    ) -> None:
        self._patterns = dict.fromkeys(patterns)
        self._base_path = base_path
        self._trailing_slash = trailing_slash
        self._places = dict(converters or {})
        self._segments: dict[str, tuple[Segment, ...]] = {}

    def __call__(self, pattern: str, /, *, _query: Mapping[str, Any] | None = None, **params: Any) -> str:
        """Return the path of a route, with the base path and, during a request, the prefix of the application.

        :param _query: Query of the URL. A value may be a list.
        :param params: Values of the parameters. Pass a name that is not a Python identifier as ``**{"post-id": 7}``.
        :raise UnknownRouteError: If there is no such pattern, or the parameters do not fit it.
        """
        path = self._builder.build(pattern, self._segments_of(pattern), params)
        return mount_prefix() + public_path(path, self._base_path, _query, trailing_slash=self._trailing_slash)

    def _segments_of(self, pattern: str) -> tuple[Segment, ...]:
        known = self._segments.get(pattern)
        if known is None:
            if pattern not in self._patterns:
                raise UnknownRouteError(
                    f"There is no route {pattern!r}. {hint(pattern, self._patterns)}"
                    " If the route is new, run: routehandlers typegen"
                )
            folders = pattern.split("/")[1:] if pattern != "/" else []
            known = self._segments[pattern] = tuple(self._buildable(parse_segment(folder)) for folder in folders)
        return known

    def _buildable(self, segment: Segment) -> Segment:
        if segment.converter is None or segment.converter in {*BUILT_IN, *self._places}:
            return segment
        return replace(segment, kind=Kind.DYNAMIC, converter=None)

    @cached_property
    def _builder(self) -> PathBuilder:
        return PathBuilder(guarded({name: _import(place) for name, place in self._places.items()}))


def _import(place: str) -> type[BaseConverter]:
    module, _, name = place.partition(":")
    converter: type[BaseConverter] = attrgetter(name)(import_module(module))
    return converter
