"""The response to a path without a route: it lists the nearest routes, and in a page all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .._hints import shorten
from .._routing.nearest import nearest_patterns
from .._runtime.answer.failures import UNKNOWN_PATH
from .pages import answer, routes_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._http.response.response import Response
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment


class ListedRoute(Protocol):
    """A route of an application."""

    @property
    def pattern(self) -> str: ...
    @property
    def methods(self) -> tuple[str, ...]: ...
    @property
    def file(self) -> Path: ...


def with_suggestions(application: WSGIApplication, routes: Sequence[ListedRoute], folder: Path) -> WSGIApplication:
    """Return an application whose default 404 for paths without a route lists routes.

    :param folder: Files are shown relative to the folder above it.
    """
    show = _shown(sorted(routes, key=lambda route: route.pattern), folder.parent)

    def suggesting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[UNKNOWN_PATH] = show
        return application(environ, start_response)

    return suggesting


def _shown(routes: Sequence[ListedRoute], above: Path) -> Callable[[WSGIEnvironment, str], Response]:
    def show(environ: WSGIEnvironment, base_path: str) -> Response:
        path = (environ.get("PATH_INFO") or "/").encode("latin-1").decode(errors="replace")
        by_pattern = {base_path + route.pattern: route for route in routes}
        below = path.removeprefix(base_path)
        nearest = [base_path + pattern for pattern in nearest_patterns(below, (route.pattern for route in routes))]

        def table(patterns: Iterable[str]) -> str:
            found = [(pattern, by_pattern[pattern]) for pattern in patterns]
            return routes_table((pattern, " ".join(route.methods), _relative(route, above)) for pattern, route in found)

        near = f"<h2>Nearest</h2>{table(nearest)}" if nearest else ""
        everything = f"<h2>Routes</h2>{table(by_pattern)}" if routes else "<p>There are no routes."
        detail = f"No route answers {shorten(path)}." + (f" Did you mean {nearest[0]}?" if nearest else "")
        body = f"<h1>404 Not Found</h1><p>No route answers <code>{escape(path)}</code>.{near}{everything}"
        return answer(environ, 404, "404 Not Found", body, detail, {"nearest": nearest})

    return show


def _relative(route: ListedRoute, above: Path) -> str:
    return route.file.relative_to(above).as_posix() if route.file.is_relative_to(above) else str(route.file)
