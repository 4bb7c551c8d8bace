"""Scope of requests in applications with middleware or transforms."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode
from uuid import UUID

from werkzeug.datastructures import EnvironHeaders

from ..._http.request.path import sent_path
from ..._http.request.request import LIMITS, OF_THE_BODY, Request, parse_query
from ..._http.request.vary import NO_VARY, variable_of
from ..._http.request.watched import WatchedRequest
from ..._http.response.additions import Addition
from ..._http.response.cookies import Cookies, ResponseCookies
from .budget import RequestBudget
from .scope import RouteInfo, RunsIn, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._http.response.response import Continuation
    from ..._patterns.regex import Budget
    from ...typing import Params, WSGIEnvironment

# Immutable types of params, which need no copy.
_UNCHANGING = frozenset({str, int, float, UUID})

# Bound of rewrites per request, to end endless loops of middleware.
_MOST_REWRITES = 8


class _Meets(Protocol):
    """A middleware that applies to some requests."""

    def applies(self, scope: WrappedScope, path: str) -> bool:
        """Return whether it runs for a request to this path."""
        ...


class WrappedScope(Scope):
    """A scope that is made before the route is known, and notes whether middleware reads something of the client.

    :param is_watched: Whether to note reads: some route of the application is cached.
    """

    is_wrapped = True
    _client_request: Request | None = None
    _matched: Params | None = None
    _rewrites = 0
    _budget: Budget | None = None

    def __init__(self, environ: WSGIEnvironment, route: RouteInfo, context: RunsIn, *, is_watched: bool) -> None:
        # super().__init__() would cost another call in every request.
        self.environ, self.route, self.params, self.path, self.context = environ, route, {}, "", context
        self.is_watched = is_watched

    @property
    def budget(self) -> Budget:
        """The work that the patterns of an application may take for this request, after its plan."""
        if self._budget is None:
            self._budget = RequestBudget()
        return self._budget

    # Reads by middleware --------------------------------------------------

    # Middleware sees the client's request, and no cache key covers any part of it.
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
            if self.is_watched:
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
        """The prefix of the application. Each key has one prefix, so no read is noted."""
        return sent_path(self.environ)[0]

    @property
    def origin(self) -> str:
        """Scheme and host of the request, in lower case."""
        plain = self.route.request_class(self.environ, populate_request=False)
        return plain.host_url.rstrip("/").lower()

    # Middleware that was called ----------------------------------------------------------

    def meets(self, middleware: _Meets, path: str) -> bool:
        """Return whether to call a middleware now. Each middleware is called once per path."""
        if (middleware, path) in self.met or not middleware.applies(self, path):
            return False
        self.note_meeting(middleware, path)
        return True

    def note_meeting(self, middleware: _Meets, path: str) -> None:
        """Note that a middleware is called for a path."""
        self.met = (*self.met, (middleware, path))

    def has_met(self, middleware: _Meets) -> bool:
        """Return whether a middleware was called for any path."""
        return middleware in [met for met, _ in self.met]

    # Changes by middleware ------------------------------------------------

    def enter_route(self, route: RouteInfo, params: Params) -> None:
        if self._request is not None and route.request_class is not self.route.request_class:
            self._limit_body(self._request, route.request_class)
        self.route, self.params, self._matched = route, params, None

    def _limit_body(self, request: Request, new: type[Request]) -> None:
        old = self.route.request_class
        changed = [name for name in LIMITS if getattr(new, name) != getattr(old, name)]
        for name in changed:
            setattr(request, name, getattr(new, name))
        if changed:
            # If middleware has read the body, read it again within these limits.
            Request._forget(request, *OF_THE_BODY, "_cached_data")

    def keep_params(self) -> None:
        """Copy the params for the cache key, because middleware gets them and may change them."""
        if self.route.is_cached and self.params and self._matched is None:
            self._matched = dict(self.params)
            for name, value in self.params.items():
                if type(value) not in _UNCHANGING:
                    self._matched[name] = deepcopy(value)

    @property
    def matched(self) -> Params:
        return self.params if self._matched is None else self._matched

    def rewrite(self, query: Sequence[tuple[str, str]]) -> None:
        """Prepare the request for another path.

        :param query: Query of the destination. In ``request.args`` it replaces the client's values of the same name.
        :raise RuntimeError: If this happens too often.
        """
        self._rewrites += 1
        if self._rewrites > _MOST_REWRITES:
            raise RuntimeError(
                f"The request was rewritten more than {_MOST_REWRITES} times. A middleware.py sends it back to a path"
                " that is rewritten again: do not rewrite when the destination is reached."
            )
        if not self.is_rewritten:
            self.is_rewritten, self.requested_path = True, self.path
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
            if "next_url" in own:
                del own["next_url"]
            if same := own.get("_same"):
                same.pop("next_url", None)

    def unwatch(self) -> None:
        """Stop noting reads of the client, because the final route is not cached."""
        self.is_watched = False
        if isinstance(self._request, WatchedRequest):
            WatchedRequest._unwatch(self._request)

    def apply(self, continuation: Continuation) -> Addition:
        """Apply the changes of ``Response.next()`` to the request, and return the headers for the response."""
        addition = continuation.addition
        if addition.pairs:
            self.overlays = (*self.overlays, addition)
        if addition.sets_cookie:
            set_here = ResponseCookies(continuation.headers).get_all()
            self.environ["routehandlers.cookies"] = {**self.environ.get("routehandlers.cookies", {}), **set_here}
            self.jar._show(set_here)
        changes = continuation.request_headers
        if changes:
            self._change_request(changes)
        return addition

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
