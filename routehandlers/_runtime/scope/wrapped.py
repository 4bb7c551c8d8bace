"""The scope of a request that middleware or a transform stands around."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._http.request.path import sent_path
from ..._http.request.request import OF_THE_BODY, Request, parse_query
from ..._http.request.vary import Vary, variable_of
from ..._http.response.cookies import Cookies, ResponseCookies
from ..._http.response.response import Continuation
from ..._http.values.encoding import ACCUMULATED
from .scope import RouteInfo, RunsIn, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...typing import Params, WSGIEnvironment
    from ..answer.sending import Answer

# A middleware that sends a request round in circles ends here.
_MOST_REWRITES = 8


class Attempted(Protocol):
    """A route, behind what stands around it."""

    def attempt(self, scope: Scope) -> Answer:
        """Its answer, unless something was raised that nobody planned."""
        ...

    def failed(self, scope: Scope, error: Exception) -> Answer:
        """The answer to that."""
        ...


class Met(Protocol):
    """A middleware, which some requests meet."""

    def applies(self, scope: WrappedScope, path: str) -> bool:
        """Whether one that goes to this path does."""
        ...


class WrappedScope(Scope):
    """A scope that exists before the route is known, and that notes what middleware reads of the client.

    :param is_watched: Whether some route of the application is cached, so that it matters.
    :ivar client_read: The first thing that was read of the client, or nothing.
    :ivar overlays: The headers that middleware sends with whatever answer comes, the outermost's first.
    :ivar config_headers: Those of the settings.
    :ivar is_transformed: Whether the answer has them.
    :ivar is_unstored: Whether a cached route's answer is one client's alone.
    :ivar failing: The route that raised, and what.
    """

    is_wrapped = True

    def __init__(self, environ: WSGIEnvironment, route: RouteInfo, context: RunsIn, *, is_watched: bool) -> None:
        super().__init__(environ, route, {}, "", context)
        self.client_read = ""
        self.overlays: list[Headers] = []
        self.config_headers: list[tuple[str, str]] = []
        self._matched: Params = {}
        self.is_transformed = False
        self.is_unstored = False
        self.failing: tuple[Attempted | None, Exception | None] = None, None
        self._is_watched = is_watched
        self._met: set[tuple[Met, str]] = set()
        self._rewrites = 0

    # What middleware reads --------------------------------------------------

    def read(self, what: str) -> None:
        """Take note that something of the client was read, on which the answer may depend."""
        if not self.client_read:
            self.client_read = what

    @property
    def request(self) -> Request:
        if self._request is None:
            plain = self.route.request_class(self.environ)
            self._request = plain
            if self._is_watched:
                self._request = self.route.watched_class(plain, self.environ, Vary(), self.read)
        return self._request

    @property
    def headers(self) -> EnvironHeaders:
        self.read("headers()")
        return EnvironHeaders(self.environ)

    @property
    def cookies(self) -> Cookies:
        self.read("cookies()")
        return self.jar

    @property
    def mount_prefix(self) -> str:
        """Where the application is mounted. Whoever asks is told the same for all clients of one key."""
        return sent_path(self.environ)[0]

    @property
    def origin(self) -> str:
        """Scheme and host of the request, in lower case."""
        plain = self.route.request_class(self.environ, populate_request=False)
        return plain.host_url.rstrip("/").lower()

    # What it meets ----------------------------------------------------------

    def meets(self, middleware: Met, path: str) -> bool:
        """Whether a middleware is to be called now. Each is, once for one path."""
        if (middleware, path) in self._met or not middleware.applies(self, path):
            return False
        self._met.add((middleware, path))
        return True

    def has_met(self, middleware: Met) -> bool:
        """Whether a middleware was called for any path."""
        return any(met is middleware for met, _ in self._met)

    # What middleware changes ------------------------------------------------

    def enter_route(self, route: RouteInfo, params: Params, path: str) -> None:
        """The route is known now."""
        limit = route.request_class.max_content_length
        if self._request is not None and limit != self.route.request_class.max_content_length:
            self._request.max_content_length = limit
            # What middleware has read is read again, within this limit.
            Request.forget(self._request, *OF_THE_BODY, "_cached_data")
        self.route, self.params, self.path = route, params, path
        # Middleware is given the params themselves, and may change them for an uncached handler.
        self._matched = deepcopy(params) if route.is_cached else params

    @property
    def matched(self) -> Params:
        return self._matched

    def rewrite(self, query: Sequence[tuple[str, str]]) -> None:
        """Go on with another path.

        :param query: The destination's. In ``request.args`` it is seen with the client's, and before it.
        :raise RuntimeError: If this goes on and on.
        """
        self._rewrites += 1
        if self._rewrites > _MOST_REWRITES:
            raise RuntimeError(
                f"The request was rewritten more than {_MOST_REWRITES} times. A middleware.py sends it back to a path"
                " that is rewritten again: let it go on where the destination is reached."
            )
        self.is_rewritten = True
        names = {name for name, _ in query}
        known: str = self.environ.get("routehandlers.query") or self.environ.get("QUERY_STRING") or ""
        kept = [(name, value) for name, value in parse_query(known) if name not in names]
        self.environ["routehandlers.query"] = urlencode([*kept, *query])
        if self._request is not None:
            Request.forget(self._request, "args", "values")

    def renew_url(self) -> None:
        """What one middleware changed in ``request.next_url`` is nothing to what comes after it."""
        if self._request is not None:
            type(self._request).renew_url(self._request)

    def apply(self, continuation: Continuation) -> Headers:
        """What ``Response.next()`` says of the request takes effect now, and what it says of the answer is kept."""
        changes = continuation.request_headers
        for name, value in changes.items():
            if value is None:
                self.environ.pop(variable_of(name), None)
            else:
                self.environ[variable_of(name)] = value
        if changes and self._request is not None:
            Request.forget_headers(self._request)
        if "cookie" in changes:
            self._cookies = None
        set_here = ResponseCookies(continuation.headers).get_all()
        if set_here:
            self.environ["routehandlers.cookies"] = {**self.environ.get("routehandlers.cookies", {}), **set_here}
            self.jar.show(set_here)
        self.overlays.append(continuation.headers)
        return continuation.headers


def overlay(response: WerkzeugResponse, headers: Headers) -> WerkzeugResponse:
    """Put headers before those of a response. They win, but for those that accumulate."""
    if not headers:
        return response
    names = {name.lower() for name, _ in headers} - ACCUMULATED
    kept = [pair for pair in response.headers if pair[0].lower() not in names]
    changed = own_copy(response)
    changed.headers = Headers([*headers, *kept])
    return changed


def own_copy(response: WerkzeugResponse) -> WerkzeugResponse:
    """A response that can be changed though the user's may be meant for other requests too."""
    copied = copy(response)
    copied.headers = Headers(list(response.headers))
    copied._on_close = list(response._on_close)
    return copied
