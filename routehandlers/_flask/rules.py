"""Extra rules for Flask's map, and the names of routes in Flask.

Flask matches by the rules of ``routehandlers._routing.rules``, so that its own routes keep their places
among them. The tree then selects the route, because it knows the path as it was sent. So converters in
Flask's map only match: the tree calls ``to_python``, once per request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.routing import BaseConverter

from .._routing.converters import BUILT_IN
from .._routing.rules import RouteRule


class _RouteEndpoint(str):
    """The endpoint of a route: ``api./blog/rss.xml``.

    Flask takes the part before the last dot as the blueprint. Here, the part before
    the pattern is the blueprint, because a pattern may contain dots.
    """

    __slots__ = ()

    def rpartition(self, separator: str, /) -> tuple[str, str, str]:
        blueprint, found, rest = self.partition("./")
        return (blueprint, ".", f"/{rest}") if separator == "." and found else super().rpartition(separator)


def make_endpoint(blueprint: str, pattern: str) -> str:
    """Return the endpoint of a route in Flask."""
    endpoint = f"{blueprint}.{pattern}"
    return _RouteEndpoint(endpoint) if "." in pattern else endpoint


def matching_only(custom: Mapping[str, type[BaseConverter]]) -> dict[str, type[BaseConverter]]:
    """Return all converters without ``to_python``, for matching and building URLs.

    :param custom: The converters of the application.
    """
    return {name: _without_values(converter) for name, converter in {**BUILT_IN, **custom}.items()}


def _without_values(converter: type[BaseConverter]) -> type[BaseConverter]:
    class Matching(converter):  # type: ignore[misc, valid-type]  # the base is a value
        def to_python(self, value: str) -> str:
            return value

    Matching.__name__ = Matching.__qualname__ = converter.__name__
    return Matching


class _Rest(BaseConverter):
    """Matches every path below a prefix, after all other rules."""

    regex = r"(?s:.*)"
    part_isolating = False
    weight = 1_000_000


def make_rest_rules(prefix: str, **options: Any) -> list[RouteRule]:
    """Return rules for paths below a prefix that match no other rule.

    The last rule is for the prefix with wrong slashes. A prefix with variables has no such rule.
    """
    rest = RouteRule(f"{prefix}/<path:rest>", {"rest": _Rest}, {}, **options)
    rules = [rest, RouteRule(prefix or "/", {}, {}, **options)]
    if prefix and "<" not in prefix:
        rules.append(RouteRule("/<path:wrong_slashes>", {"wrong_slashes": _wrong_slashes(prefix)}, {}, **options))
    return rules


def _wrong_slashes(prefix: str) -> type[BaseConverter]:
    """Return a converter for paths that lie below a prefix after slashes and backslashes are corrected."""
    segments = r"[/\\]+".join(re.escape(segment) for segment in prefix.strip("/").split("/"))

    class WrongSlashes(_Rest):
        regex = rf"[/\\]*{segments}(?:[/\\](?s:.*))?"
        part_isolating = False
        weight = _Rest.weight + 1

    return WrongSlashes
