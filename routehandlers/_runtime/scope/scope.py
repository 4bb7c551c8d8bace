"""State of one request.

The scope is stored in a context variable. A request runs in a copy of the
context, so the variable need not be reset, and threads, greenlets, nested
applications and streams that end late cannot leave a scope behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from werkzeug.datastructures import EnvironHeaders

from ..._cache.cache import Cache
from ..._cache.render import Render
from ..._cache.unit import PurgesOfUnit
from ..._http.request.draining import drain, is_unread
from ..._http.request.request import Request
from ..._http.request.watched import WatchedRequest
from ..._http.response.cookies import Cookies, name_of, parse_cookies
from ..._http.response.draft import COOKIE, DraftKey
from ..._http.values.current import SCOPE
from ...exceptions import OutsideRequestError
from .error_files import NO_ERROR_FILES, ErrorFiles
from .implicit_tags import ImplicitTags
from .unit import Unit, entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._http.response.additions import Addition
    from ...typing import ErrorContext, Params, WSGIEnvironment
    from ..path.plans import Plan
    from .framework import Framework

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True)
class RouteInfo:
    """Facts about a route for the functions that its handler calls.

    :param pattern: The pattern; empty if no route matched.
    :param request_class: Request class with the limits of the route.
    :param watched_class: Request class for renders that may be stored. It reports reads.
    :param folders: The folders that the file lies in, outermost first.
    :param is_cached: Whether responses of its ``GET`` are stored.
    :param is_public: Whether shared caches may store them even if they depended on the client.
    :param is_file: Whether it stands for the public files, which shared caches may store.
    :param fetch_cache: The constant ``fetch_cache`` of the module.
    :param cache: The cache of the application.
    :param draft_key: Key for draft mode; ``None`` if the application has no secret.
    :param error_files: The error files that apply to the route.
    :param on_request_error: The hook of the application, if it has one.
    :param framework: The framework whose application contains the routes, such as Flask; ``None`` without one.
    :param json_default: The function of the application for values that JSON lacks.
    """

    pattern: str
    request_class: type[Request]
    watched_class: type[WatchedRequest]
    cache: Cache
    folders: tuple[str, ...] = ()
    is_cached: bool = False
    is_public: bool = False
    is_file: bool = False
    fetch_cache: str = "auto"
    draft_key: DraftKey | None = None
    debug: bool = False
    error_files: ErrorFiles = NO_ERROR_FILES
    on_request_error: Callable[[BaseException, Request, ErrorContext], object] | None = None
    framework: Framework | None = None
    json_default: Callable[[Any], Any] | None = None


class RunsIn(Protocol):
    """A ``contextvars.Context``, or an object with the same ``run()``, in which a request runs."""

    def run(self, callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function in the context."""
        ...


class Scope:
    """The state of one request. Expensive parts are made on first use.

    :param context: The context that the request runs in.
    :ivar path: The path to match, as matching text (see ``routehandlers._routing.spelling``).
    """

    _request: Request | None = None
    # The cookies; None until code uses them.
    opened_jar: Cookies | None = None
    _sealed = False

    # The Set-Cookie lines that are in the response already.
    _sent_lines: tuple[str, ...] = ()

    # The plan of the path, and the endpoint. Their stages set them.
    plan: Plan | None = None
    endpoint: Any = None

    # Whether middleware or transforms may run around the route, and whether reads of the client are noted.
    is_wrapped = is_watched = False

    # Whether the path is the destination of a rewrite, and the path before the first rewrite, as matching text.
    is_rewritten = False
    requested_path = ""

    # The implicit tags, and those that a function of cached() has from the render that called it.
    _implicit_tags: ImplicitTags | None = None
    inherited_tags: ImplicitTags | None = None

    # Variables with the raw request target, removed while the path is read as another application reads it.
    target: Mapping[str, str] = MappingProxyType({})

    # The headers that the configuration adds, and whether the response, or late_headers, has them.
    config_headers: Sequence[tuple[str, str]] = ()
    is_transformed = False

    # Whether a generator of the user waits for the response.
    has_generator = False

    # Headers that finish() adds to the response, because no generator sees it before. The last are added first.
    late_headers: tuple[Addition, ...] = ()

    # A response whose headers were checked when it was stored.
    checked: WerkzeugResponse | None = None

    # The middleware that was called, each with the path that it was called for.
    met: tuple[tuple[Any, str], ...] = ()

    # The headers that middleware adds to any response, outermost middleware first.
    overlays: tuple[Addition, ...] = ()

    # The result of the endpoint: a response or an unexpected exception.
    responded: WerkzeugResponse | Exception | None = None

    # The first thing of the client that was read before the route was reached.
    client_read = ""

    # Whether the response of a cached route comes from the cache, or is private to the client.
    is_stored = is_unstored = False

    # Whether the headers of a stored response were made private already.
    is_private = False

    # The functions passed to after(), in order; None if there are none.
    after: deque[Callable[[], Any]] | None = None

    # The unit of work with the resources that were opened, and the purges to repeat when they have ended.
    unit: Unit | None = None
    _purges: PurgesOfUnit | None = None

    # Whether the exception of this request was reported already, by another request whose render it waited for.
    is_reported = False

    # The record of a render that may be stored, or of a function with cached().
    render: Render | None = None

    # Whether draft mode was switched on or off; None if the client's cookie decides.
    draft: bool | None = None

    def __init__(self, environ: WSGIEnvironment, route: RouteInfo, params: Params, path: str, context: RunsIn) -> None:
        self.environ = environ
        self.route = route
        self.params = params
        self.path = path
        self.context = context

    @property
    def matched(self) -> Params:
        """The params as they were matched, for the cache key."""
        return self.params

    @property
    def implicit_tags(self) -> ImplicitTags:
        """The tags by which ``revalidate_path()`` purges what this request reads from the cache."""
        if self.inherited_tags is not None:
            return self.inherited_tags
        known = self._implicit_tags
        # Middleware may read values, too, before the route is known or the path is rewritten.
        if known is None or known.pattern != self.route.pattern or known.path != self.path:
            known = ImplicitTags(self.route.pattern, self.route.folders, self.path, self.requested_path)
            self._implicit_tags = known
        return known

    @property
    def purged_by(self) -> Iterable[str]:
        """The implicit tags that a stored response does not have. A response is stored for all sources of a rewrite."""
        return self.implicit_tags if self.is_rewritten else ()

    @property
    def description(self) -> str:
        """Method and pattern for the log. Nothing in it can forge a log line."""
        return f"{self.environ['REQUEST_METHOD']} {self.route.pattern or '(no route)'}"

    @property
    def request(self) -> Request:
        if self._request is None:
            self._request = self.route.request_class(self.environ)
        return self._request

    @property
    def headers(self) -> EnvironHeaders:
        headers: EnvironHeaders = self.request.headers  # type: ignore[assignment]  # a WSGI Request has EnvironHeaders
        return headers

    @property
    def cookies(self) -> Cookies:
        return self.jar

    @property
    def jar(self) -> Cookies:
        """The cookies. This does not count as a read of the client."""
        if self.opened_jar is None:
            self.opened_jar = Cookies(cookies_of(self.environ))
            if self._sealed:
                self.opened_jar.seal()
        return self.opened_jar

    @property
    def is_draft(self) -> bool:
        """Whether draft mode is on: as switched in this request, or else by the client's cookie."""
        if self.draft is not None:
            return self.draft
        key = self.route.draft_key
        if key is None:
            return False
        header = self.environ.get("HTTP_COOKIE") or ""
        return COOKIE in header and key.is_valid(parse_cookies(header))

    @property
    def json_default(self) -> Callable[[Any], Any] | None:
        """The function for values that JSON lacks: that of the application, or else that of the framework around it."""
        route = self.route
        if route.json_default is None and route.framework is not None:
            return route.framework.json_default()
        return route.json_default

    def call_after(self, function: Callable[[], Any]) -> None:
        """Register a function to call when the response has been sent."""
        if self.after is None:
            self.after = deque()
        self.after.append(function)

    @property
    def purges(self) -> PurgesOfUnit:
        """The purges that were made so far, also before the first resource was opened."""
        if self._purges is None:
            self._purges = PurgesOfUnit()
        return self._purges

    def move_unit(self) -> AbstractContextManager[None]:
        """Return a context manager that makes this unit of work that of another thread, and ends it there."""
        unit, purges = self.__dict__.pop("unit", None), self._purges
        self._purges = None
        return entered(Unit(self) if unit is None else unit, purges)

    def cookie_lines(self) -> list[str]:
        """Return the ``Set-Cookie`` lines so far."""
        return self.opened_jar.lines if self.opened_jar is not None else []

    def share_cookies(self) -> None:
        """Store the cookies set so far in the environment, for another scope that is made from it."""
        if self.opened_jar is not None and (values := self.opened_jar.set_here):
            self.environ["routehandlers.cookies"] = {**self.environ.get("routehandlers.cookies", {}), **values}

    def take_cookie_lines(self, own: set[str]) -> list[str]:
        """Return the ``Set-Cookie`` lines that the response does not have yet.

        :param own: Names of the cookies that the response sets itself.
        """
        lines, sent = self.cookie_lines(), self._sent_lines
        self._sent_lines = tuple(lines)
        if sent:  # middleware after the handler sets these: they come last and win
            return [line for line in lines if line not in sent]
        return [line for line in lines if name_of(line) not in own]

    @property
    def has_leftovers(self) -> bool:
        """Whether there is work to do after the response has been sent."""
        environ = self.environ
        if self.after is not None:
            return True
        if "routehandlers.body" in environ:  # a body that was read is not unread
            return self._holds_files
        return (bool(environ.get("CONTENT_LENGTH")) or "HTTP_TRANSFER_ENCODING" in environ) and is_unread(environ)

    @property
    def _holds_files(self) -> bool:
        """Whether the request has uploads or a body stored on disk."""
        # isinstance() would ask the abstract classes of files, which takes longer than the rest.
        return type(self.environ["routehandlers.body"]) is SpooledTemporaryFile or (
            self._request is not None and "files" in self._request.__dict__
        )

    def close(self) -> None:
        """Drain the body, and close the request and its files."""
        if is_unread(self.environ):
            drain(self.environ)
        if self._request is not None:
            self._request.close()
        if "routehandlers.body" in self.environ and self._holds_files:
            self.environ["routehandlers.body"].close()

    def forget_cookies(self) -> None:
        """Drop the cookies that were set, because the response is not from the handler."""
        self.opened_jar = None
        self._sent_lines = ()

    def resend_cookies(self) -> None:
        """Give all cookies that were set to the next response, because another one takes the place of the last."""
        self._sent_lines = ()

    def enter_route(self, route: RouteInfo, params: Params) -> None:
        """Set the route that was matched, and its params."""
        self.route, self.params = route, params

    def read_as_other_application(self) -> None:
        """Read the path as another application does, without the raw request target."""
        self.target = {name: self.environ.pop(name) for name in ("RAW_URI", "REQUEST_URI") if name in self.environ}
        self.plan = self._request = None

    def unwatch(self) -> None:
        """Stop noting reads of the client. A plain scope notes none."""

    def seal(self) -> None:
        """Mark the headers as sent. Setting a cookie after this is a mistake."""
        self._sealed = True
        if self.opened_jar is not None:
            self.opened_jar.seal()


def cookies_of(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the cookies that the client sent, with those that middleware has set since."""
    received = parse_cookies(environ.get("HTTP_COOKIE") or "")
    return {**received, **environ.get("routehandlers.cookies", {})}


_scope: ContextVar[Scope | None] = SCOPE

enter_scope, leave_scope = _scope.set, _scope.reset


class ScopeContext:
    """A context with only one variable of its own, the scope. All others are those of the caller.

    It is for a framework whose variables must be the same inside and outside.
    """

    def __init__(self) -> None:
        self._scope: Scope | None = None

    def run(self, callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function with the scope that the previous call has left."""
        token = _scope.set(self._scope)
        try:
            return callable(*args, **kwargs)
        finally:
            self._scope = _scope.get()
            _scope.reset(token)


def current_scope(function: str) -> Scope:
    """Return the scope of the current request.

    :param function: Name of the calling function, for the message.
    :raise OutsideRequestError: If no request is being answered.
    """
    scope = _scope.get(None)
    if scope is None:
        raise OutsideRequestError(function)
    return scope


def mount_prefix() -> str:
    """Return the prefix that the application is mounted under in the current request; empty without a request."""
    scope = _scope.get(None)
    return scope.request.mount_prefix.rstrip("/") if scope is not None else ""
