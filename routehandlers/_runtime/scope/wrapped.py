"""The scope of a request that middleware or a transform may stand around."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode
from uuid import UUID

from werkzeug.datastructures import EnvironHeaders

from ..._http.request.path import sent_path
from ..._http.request.request import OF_THE_BODY, Request, parse_query
from ..._http.request.vary import NO_VARY, variable_of
from ..._http.request.watched import WatchedRequest
from ..._http.response.cookies import Cookies, ResponseCookies
from .scope import RouteInfo, RunsIn, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._http.response.changes import Pairs
    from ..._http.response.response import Continuation
    from ...typing import Params, WSGIEnvironment

# Values of params that cannot be changed.
_UNCHANGING = frozenset({str, int, float, UUID})

# A middleware that sends a request round in circles ends here.
_MOST_REWRITES = 8


class _Meets(Protocol):
    """A middleware, which some requests meet."""

    def applies(self, scope: WrappedScope, path: str) -> bool:
        """Return whether a request that goes to this path meets it."""
        ...


class WrappedScope(Scope):
    """A scope that exists before the route is known, and that notes what middleware reads of the client.

    :param is_watched: Whether some route of the application is cached, so that it matters.
    """

    is_wrapped = True
    _client_request: Request | None = None
    _matched: Params | None = None
    _rewrites = 0

    def __init__(self, environ: WSGIEnvironment, route: RouteInfo, context: RunsIn, *, is_watched: bool) -> None:
        # Not by super().__init__(), which would be one call more for every request.
        self.environ, self.route, self.params, self.path, self.context = environ, route, {}, "", context
        self._is_watched = is_watched
        self._met: list[tuple[_Meets, str]] = []

    # What middleware reads --------------------------------------------------

    # A middleware sees the client's request, and no key covers anything of it.
    vary = NO_VARY

    @property
    def shared(self) -> WSGIEnvironment:
        return self.environ

    @property
    def client_request(self) -> Request:
        if self._client_request is None:
            self._client_request = self.route.request_class(self.environ, populate_request=False)
        return self._client_request

    def read(self, what: str) -> None:
        """Note that something of the client was read, on which the response may depend."""
        if not self.client_read:
            self.client_read = what

    @property
    def request(self) -> Request:
        if self._request is None:
            if self._is_watched:
                self._request = self.route.watched_class._by(self, self.environ)
            else:
                self._request = self.route.request_class(self.environ)
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
        """The prefix of the application. It is the same for all clients of one key, so that no read is noted."""
        return sent_path(self.environ)[0]

    @property
    def origin(self) -> str:
        """Scheme and host of the request, in lower case."""
        plain = self.route.request_class(self.environ, populate_request=False)
        return plain.host_url.rstrip("/").lower()

    # What it meets ----------------------------------------------------------

    def meets(self, middleware: _Meets, path: str) -> bool:
        """Return whether to call a middleware now. Each is called once for one path."""
        if (middleware, path) in self._met or not middleware.applies(self, path):
            return False
        self.note_meeting(middleware, path)
        return True

    def note_meeting(self, middleware: _Meets, path: str) -> None:
        """Note that a middleware is called for a path."""
        self.has_met_any = True
        self._met.append((middleware, path))

    def has_met(self, middleware: _Meets) -> bool:
        """Return whether a middleware was called for any path."""
        return any(met is middleware for met, _ in self._met)

    # What middleware changes ------------------------------------------------

    def enter_route(self, route: RouteInfo, params: Params) -> None:
        limit = route.request_class.max_content_length
        if self._request is not None and limit != self.route.request_class.max_content_length:
            self._request.max_content_length = limit
            # What middleware has read is read again, within this limit.
            Request._forget(self._request, *OF_THE_BODY, "_cached_data")
        self.route, self.params, self._matched = route, params, None
        # Middleware is given the params themselves, and may change them for an uncached handler.
        if route.is_cached and params:
            self._matched = {
                name: value if type(value) in _UNCHANGING else deepcopy(value) for name, value in params.items()
            }

    @property
    def matched(self) -> Params:
        return self.params if self._matched is None else self._matched

    def rewrite(self, query: Sequence[tuple[str, str]]) -> None:
        """Go on with another path.

        :param query: That of the destination. ``request.args`` shows it before the client's, whose names it replaces.
        :raise RuntimeError: If this happens too often.
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
            Request._forget(self._request, "args", "values")

    def renew_url(self) -> None:
        """Discard edits to ``next_url`` between middlewares."""
        if self._request is not None:
            own = object.__getattribute__(self._request, "__dict__")
            own.pop("next_url", None)
            own.get("_same", own).pop("next_url", None)

    def unwatch(self) -> None:
        """Stop watching: the route is not cached, and no other may be reached any more."""
        if self._is_watched:
            self._is_watched = False
            if isinstance(self._request, WatchedRequest):
                type(self._request)._unwatch(self._request)

    def apply(self, continuation: Continuation) -> Pairs:
        """Change the request as ``Response.next()`` says, and return the headers that it adds to the response."""
        headers = list(continuation.headers)
        if headers:
            self.overlays = (*self.overlays, headers)
        if [name for name, _ in headers if name.lower() == "set-cookie"]:
            set_here = ResponseCookies(continuation.headers).get_all()
            self.environ["routehandlers.cookies"] = {**self.environ.get("routehandlers.cookies", {}), **set_here}
            self.jar._show(set_here)
        changes = continuation.request_headers
        if changes:
            self._change_request(changes)
        return headers

    def _change_request(self, changes: Mapping[str, str | None]) -> None:
        for name, value in changes.items():
            if value is None:
                self.environ.pop(variable_of(name), None)
            else:
                self.environ[variable_of(name)] = value
        if self._request is not None:
            Request._forget_headers(self._request)
        if "cookie" in changes:
            self.opened_jar = None
