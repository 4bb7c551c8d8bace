"""What an application contains, as values to print or to compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ._modules.segment_config import SegmentConfig
    from .app import Route, RouteHandlers


@dataclass
class RouteNode:
    """One segment of the URLs of an application, with what lies below it."""

    segment: str
    route: Route | None = None
    children: dict[str, RouteNode] = field(default_factory=dict)


def route_tree(routes: Iterable[Route]) -> RouteNode:
    """The routes by their segments; the node at the top is ``/``."""
    top = RouteNode("/")
    for route in routes:
        node = top
        for segment in [part for part in route.pattern.split("/") if part]:
            node = node.children.setdefault(segment, RouteNode(segment))
        node.route = route
    return top


def caching_policy(config: SegmentConfig) -> str:
    """How a route's ``GET`` is to be cached, in a word or two."""
    if not config.is_cacheable:
        return "dynamic"
    if config.revalidate:
        return f"revalidate {config.revalidate:g}s"
    return "static"


def describe_routes(app: RouteHandlers) -> list[dict[str, Any]]:
    """Every route as plain values, in the order of the patterns: what ``routehandlers routes --json`` prints.

    ``file`` is relative to the folder that the application's folder lies in.
    """
    return [
        {
            "pattern": route.pattern,
            "methods": list(route.methods),
            "file": _relative(route.file, app.directory.parent),
            "caching": caching_policy(route.config),
        }
        for route in sorted(app.routes, key=lambda route: route.pattern)
    ]


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
