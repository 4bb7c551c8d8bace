"""The rules of Flask's map beside those of the routes, and how Flask names routes.

Flask matches by the rules of ``routehandlers._routing.rules``, so that its own routes keep their places
among them. Which route of the tree answers is decided by the tree, which sees the path as it was sent.
"""

from __future__ import annotations

from typing import Any

from werkzeug.routing import BaseConverter

from .._routing.rules import RouteRule


class RouteEndpoint(str):
    """The endpoint of a route: ``api./blog/[...slug]``.

    Flask takes what precedes the last dot for the blueprint; here it is what
    precedes the pattern, which may have dots of its own.
    """

    __slots__ = ()

    def rpartition(self, separator: str, /) -> tuple[str, str, str]:
        blueprint, found, rest = self.partition("./")
        return (blueprint, ".", f"/{rest}") if separator == "." and found else super().rpartition(separator)


class _Rest(BaseConverter):
    """All that lies below a prefix. Every other rule comes first."""

    regex = r"(?s:.*)"
    part_isolating = False
    weight = 1_000_000


def make_rest_rules(prefix: str, **options: Any) -> list[RouteRule]:
    """What lies below a prefix and has no other rule."""
    rest = RouteRule(f"{prefix}/<path:rest>", {"rest": _Rest}, {}, **options)
    return [rest, RouteRule(prefix or "/", {}, {}, **options)]
