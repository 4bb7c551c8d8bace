"""The response to a path without a route: it lists the nearest routes, and in a page all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from .._hints import shorten
from .._routing.nearest import nearest_patterns
from .._runtime.answer.failures import UNKNOWN_PATH
from .pages import answer, routes_table

if TYPE_CHECKING:
    from .._http.response.response import Response
    from .._project.mounted import Mounted
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment

# Routes that a response suggests.
_MOST = 5


@dataclass(frozen=True)
class _Route:
    """A route as it is shown.

    :param prefix: What stands before its pattern in URLs.
    :param file: Its file, relative to the folder above that of the routes.
    """

    prefix: str
    pattern: str
    methods: tuple[str, ...]
    file: str

    @property
    def url(self) -> str:
        return f"{self.prefix}{self.pattern}"


def with_suggestions(application: WSGIApplication, mounted: Sequence[Mounted]) -> WSGIApplication:
    """Return an application whose default 404 for paths without a route lists routes.

    :param mounted: Each ``RouteHandlers`` in the application.
    """
    routes = sorted((route for one in mounted for route in _routes(one)), key=lambda route: route.url)

    def suggesting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The path as the client knows it. Dispatchers inside move parts of it.
        path = (environ.get("PATH_INFO") or "/").encode("latin-1").decode(errors="replace")
        environ[UNKNOWN_PATH] = _listing(path, routes)
        return application(environ, start_response)

    return suggesting


def _routes(one: Mounted) -> Iterable[_Route]:
    above = one.app.directory.parent
    for route in one.app.routes:
        file = route.file.relative_to(above).as_posix() if route.file.is_relative_to(above) else str(route.file)
        yield _Route(one.url_prefix, route.pattern, route.methods, file)


def _listing(path: str, routes: Sequence[_Route]) -> Callable[[WSGIEnvironment], Response]:
    def show(environ: WSGIEnvironment) -> Response:
        nearest = _nearest(path, routes)
        near = f"<h2>Nearest</h2>{_table(nearest)}" if nearest else ""
        everything = f"<h2>Routes</h2>{_table(routes)}" if routes else "<p>There are no routes."
        detail = f"No route answers {shorten(path)}." + (f" Did you mean {nearest[0].url}?" if nearest else "")
        body = f"<h1>404 Not Found</h1><p>No route answers <code>{escape(path)}</code>.{near}{everything}"
        return answer(environ, 404, "404 Not Found", body, detail, {"nearest": [route.url for route in nearest]})

    return show


def _table(routes: Iterable[_Route]) -> str:
    return routes_table((route.url, " ".join(route.methods), route.file) for route in routes)


def _nearest(path: str, routes: Sequence[_Route]) -> list[_Route]:
    """Return the most similar routes of the applications below whose prefix the path is, or else of all."""
    prefixes = sorted({route.prefix for route in routes}, key=len, reverse=True)
    around = [prefix for prefix in prefixes if f"{path}/".startswith(f"{prefix}/")]
    inside = [route for prefix in around for route in _similar(path.removeprefix(prefix), prefix, routes)]
    found = inside or [route for prefix in prefixes for route in _similar(path, prefix, routes)]
    return found[:_MOST]


def _similar(path: str, prefix: str, routes: Sequence[_Route]) -> list[_Route]:
    by_pattern = {route.pattern: route for route in routes if route.prefix == prefix}
    return [by_pattern[pattern] for pattern in nearest_patterns(path, by_pattern, _MOST)]
