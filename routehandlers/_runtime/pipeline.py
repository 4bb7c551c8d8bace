"""The order in which a request meets things, stated once.

1. path: undo the base path; the redirects of slashes and backslashes; 400 for
   what cannot be decoded
6. static routes
8. dynamic routes
10. not found

and for the route that matched: method, cache, handler, return value, response,
pending cookies, WSGI. (The numbers leave room for what stands between them in
the design: rules, middleware and rewrites.)
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, TypeAlias

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from .._cache.admission import PRIVATE, directives
from .._http.cookies import parse_cookies
from .._http.draft import COOKIE
from .._http.errors import error_response, http_exception_response
from .._http.host import is_trusted_host, is_valid_host
from .._http.interrupts import Interrupt
from .._http.path import decode_segments, has_dot_segment, sent_path, target_of
from .._http.response import Response
from .._routing.spelling import to_matching
from .._routing.urlmap import UrlMap
from .scope import Scope, enter_scope
from .sending import prepare

if TYPE_CHECKING:
    from ..config import Config
    from ..typing import Params, StartResponse, WSGIEnvironment
    from .caching import CachedEndpoint
    from .hits import Hits
    from .invoke import Endpoint
    from .scope import RouteInfo

# Whether a route takes some params.
Admits = Callable[["Params"], bool]

# The endpoint, what its brackets matched, and the path as it was matched.
Found: TypeAlias = "tuple[Endpoint | CachedEndpoint, Params, str]"

logger = logging.getLogger("routehandlers")

# Paths that need no decoding, no redirect and no second thought: nearly all.
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9_~!$&'()*+,;=:@.-]*)+")

_REPEATED_SLASHES = re.compile(r"[/\\]{2,}|\\")

# Hosts that were found good are few; a client that sends others does not fill memory.
_MOST_HOSTS = 1_000


class Pipeline:
    """Answers requests with the routes of one application.

    :param endpoints: By their place in the map.
    :param admissions: Those of which ``dynamic_params = False`` admits only some params, by their place.
    :param no_route: For requests that no route answers.
    :param hits: What is answered at once; ``None`` where nothing is cached.
    """

    def __init__(
        self, url_map: UrlMap, endpoints: Sequence[Endpoint | CachedEndpoint], admissions: Mapping[int, Admits],
        config: Config, no_route: RouteInfo, hits: Hits | None,
    ) -> None:  # fmt: skip
        self._map = url_map
        self._endpoints = endpoints
        self._admissions = admissions
        self._config = config
        self._no_route = no_route
        self._hits = hits
        self._good_hosts: set[str | None] = hits.good_hosts if hits is not None else set()
        self._any_slash = config.skip_trailing_slash_redirect
        # Only where a path without a slash at its end is never redirected.
        self._plain_paths = self._any_slash or not config.trailing_slash
        self._ready = self._ready_paths()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._hits is not None:
            ready = self._hits.find(environ)
            if ready is not None:
                start_response(ready[0], ready[1])
                return ready[2]
        context = copy_context()
        return context.run(self._answer, environ, start_response, context)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse, context: Context) -> Iterable[bytes]:
        found: Found | WerkzeugResponse
        try:
            if environ.get("HTTP_HOST") not in self._good_hosts or "HTTP_UPGRADE" in environ:
                self._check_host(environ)
            found = self.find(environ)
        except HTTPException as error:
            found = http_exception_response(environ, error)
        except (Exception, Interrupt) as error:  # a converter of the user's
            logger.error("%s could not be matched", environ["REQUEST_METHOD"], exc_info=error)
            found = error_response(environ, 500)
        if isinstance(found, tuple):
            endpoint, params, path = found
            scope = Scope(environ, endpoint.info, params, path, context)
            enter_scope(scope)
            status, headers, body = endpoint.answer(scope)
        else:
            scope = Scope(environ, self._no_route, {}, "", context)
            status, headers, body = prepare(scope, found)
        if self._no_route.draft_key is not None and COOKIE in environ.get("HTTP_COOKIE", ""):
            headers = self._without_forged_draft(scope, headers)
        start_response(status, headers)
        return body

    def find(self, environ: WSGIEnvironment) -> Found | Response:
        """The endpoint of a request and its params, or a redirect.

        :raise HTTPException: If there is none, or the path is malformed.
        """
        path: str = environ.get("PATH_INFO") or ""
        target = target_of(environ)
        if target is None or "%" not in target.partition("?")[0]:
            ready = self._ready.get(path)
            if ready is not None:
                return ready[0], {}, ready[1]
            if self._plain_paths and not self._config.base_path and _PLAIN.fullmatch(path):
                return self._match(path)
        return self._find_slowly(environ)

    def _find_slowly(self, environ: WSGIEnvironment) -> Found | Response:
        prefix, path = sent_path(environ)
        # 1. path
        if path and not path.startswith("/"):
            raise BadRequest("The path does not begin with a slash.")
        below = self._below_base_path(path)
        if has_dot_segment(path):
            raise NotFound
        if below is None and not _REPEATED_SLASHES.search(path):
            raise NotFound
        target = self._redirect_target(path)
        if target is not None:
            return self._redirect(environ, prefix + target)
        if below is None:
            raise NotFound
        segments = decode_segments(below)
        if len(segments) > 1 and segments[-1] == "":
            segments.pop()
        # 6. static routes and 8. dynamic routes: one map, in which static comes first
        return self._match(to_matching(segments))

    def _match(self, text: str) -> Found:
        match = self._map.match(text)
        refused: frozenset[int] = frozenset()
        # dynamic_params = False: what is not listed falls to the next route that matches.
        while match is not None and match[0] in self._admissions and not self._admissions[match[0]](match[1]):
            refused |= {match[0]}
            match = self._map.match(text, refused)
        if match is None:
            # 10. not found
            raise NotFound
        return self._endpoints[match[0]], match[1], text

    def _below_base_path(self, path: str) -> str | None:
        base = self._config.base_path
        if not base:
            return path
        return path[len(base) :] or "/" if f"{path}/".startswith(f"{base}/") else None

    def _redirect_target(self, path: str) -> str | None:
        """Where the slashes of a path are put right, or ``None`` if they are."""
        if _REPEATED_SLASHES.search(path):
            return _REPEATED_SLASHES.sub("/", path)
        if self._config.skip_trailing_slash_redirect or path in {"", "/"}:
            return None
        if not self._config.trailing_slash:
            return path[:-1] if path.endswith("/") else None
        below = self._below_base_path(path)
        if below is not None and f"{below}/".startswith("/.well-known/"):
            return None
        has_extension = "." in path.rstrip("/").rpartition("/")[2]
        if has_extension:
            return path[:-1] if path.endswith("/") else None
        return None if path.endswith("/") else f"{path}/"

    def _redirect(self, environ: WSGIEnvironment, location: str) -> Response:
        # One slash at the front, whatever the prefix was: two would name a host.
        query = self._no_route.request_class(environ, populate_request=False).sent_query
        location = "/" + location.lstrip("/\\") + (f"?{query}" if query else "")
        # Old clients do not know 308; Next helps them with Refresh.
        return Response(location, 308, {"Location": location, "Refresh": f"0;url={location}"})

    def _without_forged_draft(self, scope: Scope, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Take a draft mode cookie that is not ours from its client, as Next does."""
        key = scope.route.draft_key
        sets_it = any(name == "Set-Cookie" and value.startswith(f"{COOKIE}=") for name, value in headers)
        if key is None or sets_it or key.is_valid(parse_cookies(scope.environ["HTTP_COOKIE"])):
            return headers
        kept = [pair for pair in headers if pair[0].lower() != "cache-control"]
        own = [value for name, value in headers if name.lower() == "cache-control"]
        is_private = any(directives(value) & {"private", "no-store"} for value in own)
        cache_control = own if is_private or not own else [PRIVATE]
        lines = [("Cache-Control", value) for value in cache_control]
        return [*kept, *lines, ("Set-Cookie", key.clearing_line())]

    def _check_host(self, environ: WSGIEnvironment) -> None:
        """Refuse a malformed or unknown ``Host``, and protocols that no handler speaks."""
        host: str | None = environ.get("HTTP_HOST")
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            raise BadRequest("There is no WebSocket here.")
        if host:
            if not is_valid_host(host):
                raise BadRequest("The Host header is malformed.")
            if not is_trusted_host(host, self._config.trusted_hosts):
                raise BadRequest("The Host header names another host.")
        elif self._config.trusted_hosts is not None:
            raise BadRequest("The Host header is missing.")
        if len(self._good_hosts) < _MOST_HOSTS:
            self._good_hosts.add(host)

    def _ready_paths(self) -> dict[str, tuple[Endpoint | CachedEndpoint, str]]:
        """The paths of static routes exactly as ``PATH_INFO`` spells them when nothing is to be redirected."""
        ready: dict[str, tuple[Endpoint | CachedEndpoint, str]] = {}
        base = self._config.base_path
        for path, index in self._map.static.items():
            if not _PLAIN.fullmatch(path) and path != "/":
                continue
            full = base + ("" if base and path == "/" else path)
            for spelling in (full, f"{full.rstrip('/')}/"):
                if self._redirect_target(spelling) is None:
                    ready[spelling] = self._endpoints[index], path
        return ready
