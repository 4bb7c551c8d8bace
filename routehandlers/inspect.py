"""Inspect an application: its routes, and what it does with a request, as values to print or compare."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextvars import Context
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from ._cache.freshness import age_of, fresh_until
from ._http.request.path import decode_segments
from ._inputs.explaining import explain_inputs
from ._routing.nearest import nearest_patterns
from ._routing.spelling import to_matching
from ._routing.tree import scan
from ._runtime.endpoints.cached import CachedEndpoint
from ._runtime.endpoints.public import PublicFile
from ._runtime.path.entrance import UnknownPathError
from ._runtime.scope.scope import Scope
from ._typegen.module import generate

if TYPE_CHECKING:
    from ._start.segment_config import SegmentConfig
    from .app import Route, RouteHandlers


@dataclass
class RouteNode:
    """A segment of the URLs of an application, with the segments below it."""

    segment: str
    route: Route | None = None
    children: dict[str, RouteNode] = field(default_factory=dict)


def route_tree(routes: Iterable[Route]) -> RouteNode:
    """Return routes as a tree of their segments. The node at the top is ``/``."""
    top = RouteNode("/")
    for route in routes:
        node = top
        for segment in [part for part in route.pattern.split("/") if part]:
            node = node.children.setdefault(segment, RouteNode(segment))
        node.route = route
    return top


def caching_policy(config: SegmentConfig) -> str:
    """Describe in a few words how the ``GET`` of a route is cached."""
    if not config.is_cacheable:
        return "dynamic"
    period = f"revalidate {config.revalidate:g}s" if config.revalidate else "static"
    return ", ".join([period, *([f"vary {' '.join(config.vary)}"] if config.vary else [])])


def describe_routes(app: RouteHandlers) -> list[dict[str, Any]]:
    """Return all routes as plain values, sorted by pattern, as ``routehandlers routes --json`` prints them.

    ``file`` is relative to the parent of the application's folder. ``operation_id`` has the id of each method that an
    OpenAPI document describes.
    """
    ids = app._described.ids
    return [
        {
            "pattern": route.pattern,
            "methods": list(route.methods),
            "file": _relative(route.file, app.directory.parent),
            "caching": caching_policy(route.config),
            "operation_id": {
                method: ids[route.pattern, method] for method in route.methods if (route.pattern, method) in ids
            },
        }
        for route in sorted(app.routes, key=lambda route: route.pattern)
    ]


def route_types(app: RouteHandlers) -> str:
    """Return the text of the module that ``routehandlers typegen`` writes, for an application made in Python.

    The command uses the settings of ``pyproject.toml``. This function uses those of the application, including its
    converters.
    """
    routes, config = scan(app.directory).routes, app.config
    return generate(routes, config.converters, base_path=config.base_path, trailing_slash=config.trailing_slash)


@dataclass(frozen=True)
class Prerendered:
    """Result of rendering one path in advance.

    :param total: Number of paths to render, of all routes together.
    :param reason: Name of the client data that the handler read, if that is why the response is not stored.
    :param error: The exception or message, if rendering failed.
    """

    pattern: str
    path: str
    total: int
    is_stored: bool = False
    reason: str = ""
    error: Exception | str | None = None


def prerender(app: RouteHandlers) -> Iterator[Prerendered]:
    """Render the responses of all cached routes whose params are known, and store them."""
    places: list[tuple[Route, CachedEndpoint, dict[str, Any]]] = []
    for route, endpoint in app._cached_routes():
        try:
            places += [(route, endpoint, params) for params in app.static_params[route.pattern].list_all()]
        except Exception as error:
            yield Prerendered(route.pattern, route.pattern, 1, error=error)
    for route, endpoint, params in places:
        made = Prerendered(route.pattern, route.pattern, len(places))
        try:
            made = replace(made, path=app._path_for(route.pattern, params))
            segments = decode_segments(made.path) if made.path != "/" else []
            rendered, render = endpoint.prerender(to_matching(segments), params)
        except Exception as error:
            yield replace(made, error=error)
            continue
        if rendered is None:
            yield replace(made, reason=f"{render.dynamic} {render.line}".strip())
        elif rendered.entry is None:
            status = rendered.failure.status if rendered.failure is not None else 0
            yield replace(made, error=f"the handler answered {status}")
        else:
            yield replace(made, is_stored=app.cache.put(rendered.entry))


def explain(app: RouteHandlers, method: str, url: str, *, prefix: str = "") -> list[tuple[str, str]]:
    """Explain step by step what would happen to a request. Each step is a pair of its name and its result.

    A cached ``GET`` without a stored response is called once, to see what it reads. Its response is not stored.

    :param url: A path with its prefix, with or without a query, or a URL.
    :param prefix: The prefix of the application in the one around it, as ``SCRIPT_NAME``.
    """
    environ = EnvironBuilder(url, method=method).get_environ()
    environ["RAW_URI"] = url.partition("#")[0]
    if prefix and f"{environ['PATH_INFO']}/".startswith(f"{prefix}/"):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, environ["PATH_INFO"][len(prefix) :]
    try:
        steps, scope, response = app._explain(environ)
    except HTTPException as error:
        if not isinstance(error, UnknownPathError):
            return [("path", f"{error.code} {error.name}: {error.description}")]
        if app.config.fallback is not None:
            return [("fallback", f"no route matches: {app.config.fallback!r} answers")]
        found = "404 Not Found: no route matches."
        if app._framework is not None:
            found = "no route matches here: a view of the application around answers, or else 404 Not Found."
        return [("path", "\n".join([found, *_suggestions(app, environ)]))]
    if response is not None:
        return [("redirect", f"{response.status_code} to {response.headers['Location']}")]
    folder = app.directory.parent
    steps = [(name, _relative(Path(text), folder) if name == "middleware" else text) for name, text in steps]
    endpoint, params, path = scope.endpoint, scope.params, scope.path
    if isinstance(endpoint, PublicFile):
        steps.append(("public", path))
        is_answered = method in endpoint.methods
        return steps if is_answered else [*steps, ("method", f"405: a file answers {', '.join(endpoint.methods)}")]
    route = next(route for route in app.routes if route.pattern == endpoint.info.pattern)
    steps.append(("route", f"{route.pattern}\n{_relative(route.file, folder)}"))
    others = app._other_matches(path)
    if others:
        lines = [f"{other.pattern}  {_relative(other.file, folder)}" for other in others]
        steps.append(("before", "\n".join([*lines, _PRECEDENCE])))
    if params:
        steps.append(("params", repr(params)))
    if method not in route.methods:
        return [*steps, ("method", f"405: the route answers {', '.join(route.methods)}")]
    inputs = list(_explain_inputs(app, route.pattern, "GET" if method == "HEAD" else method, environ, scope))
    steps += inputs
    if any(name == "invalid" for name, _ in inputs):
        return steps
    steps.append(("caching", caching_policy(route.config)))
    if not isinstance(endpoint, CachedEndpoint) or method not in {"GET", "HEAD"}:
        return steps
    return [*steps, *_explain_cache(app, endpoint, environ, scope)]


# Number of routes to show if none is near.
_MOST_SUGGESTED = 5


def _suggestions(app: RouteHandlers, environ: dict[str, Any]) -> Iterator[str]:
    """Yield lines with the routes that a path without a route may have meant, or else with the first routes."""
    prefix = f"{environ['SCRIPT_NAME']}{app.config.base_path}"
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace").removeprefix(app.config.base_path)
    routes = {route.pattern: route for route in app.routes}
    nearest = nearest_patterns(path, routes)
    shown = nearest or sorted(routes)[:_MOST_SUGGESTED]
    if shown:
        yield "Did you mean one of these?" if nearest else "There are:"
    for pattern in shown:
        yield f"  {prefix}{pattern}  {_relative(routes[pattern].file, app.directory.parent)}"
    if not nearest and len(routes) > len(shown):
        yield f"  and {len(routes) - len(shown)} more, see: routehandlers routes"


def _explain_inputs(
    app: RouteHandlers, pattern: str, method: str, environ: dict[str, Any], scope: Scope
) -> Iterator[tuple[str, str]]:
    loaded = app._find(pattern)
    prepared = loaded.prepared.get(method)
    if prepared is None or prepared.inputs is None:
        return iter(())
    return explain_inputs(loaded.signatures[method], prepared, environ, scope.params)


_PRECEDENCE = "(at each segment: a static name, [x=converter], [x], [...x], [[...x]])"


def _explain_cache(
    app: RouteHandlers,
    endpoint: CachedEndpoint,
    environ: dict[str, Any],
    matched: Scope,
) -> Iterator[tuple[str, str]]:
    params, path = matched.params, matched.path
    scope = Scope(environ, endpoint.info, params, path, Context())
    scope.is_rewritten, scope.requested_path = matched.is_rewritten, matched.requested_path
    key = endpoint.key_of(scope)
    yield "key", key
    found = app.cache.find(key, scope.purged_by)
    if found is not None:
        entry = found[0].entry
        now = time.time()
        yield "tags", "\n".join(entry.tags)
        yield "stored", f"{entry.status}, {len(entry.body)} bytes, {found[1].value}"
        yield "age", f"{int(age_of(entry, now))} s, ttl {int(fresh_until(entry) - now)} s"
        return
    try:
        rendered, render = endpoint.prerender(path, params, environ["QUERY_STRING"])
    except Exception as error:
        yield "stored", f"no: the handler raised {type(error).__name__}: {error}"
        return
    yield "tags", "\n".join(render.tags)
    if rendered is None:
        yield "stored", f"never: it reads {render.dynamic}\n{render.line}".rstrip()
    elif rendered.entry is None:
        status = rendered.failure.status if rendered.failure is not None else 0
        yield "stored", f"no: the handler answered {status}"
    else:
        yield "stored", "not yet: the next request is a miss, and its response is stored"


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
