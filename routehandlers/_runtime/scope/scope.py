"""What lives as long as one request.

The scope lies in one context variable. A request runs in a copy of the
context, so that nothing has to be put back and nothing can be left behind:
not by threads, greenlets, nested applications or streams that end late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from werkzeug.datastructures import EnvironHeaders

from ..._cache.cache import Cache
from ..._cache.render import Render
from ..._http.request.body import drain, is_unread
from ..._http.request.request import Request
from ..._http.request.watched import WatchedRequest
from ..._http.response.cookies import Cookies, name_of, parse_cookies
from ..._http.response.draft import COOKIE, DraftKey
from ...exceptions import OutsideRequestError
from .error_files import NO_ERROR_FILES, ErrorFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Response as WerkzeugResponse

    from ...typing import ErrorContext, Params, WSGIEnvironment
    from ..path.plans import Plan
    from .framework import Framework

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True)
class RouteInfo:
    """What functions that a handler calls may want to know of its route.

    :param pattern: Nothing where no route matched.
    :param request_class: The route's own, with its limits.
    :param watched_class: The same for renders that may be stored.
    :param folders: The folders that its file lies in, from the application's down.
    :param is_cached: Whether answers of its ``GET`` are stored.
    :param is_public: Whether caches on the way may keep them too, also where a client was known.
    :param fetch_cache: Its constant.
    :param cache: The application's.
    :param draft_key: For draft mode, where the application has a secret.
    :param error_files: Who answers for its failures.
    :param on_request_error: The application's, if it wants to hear of exceptions.
    :param framework: That of the application that the routes live in, such as Flask; ``None`` where they are one by
        themselves.
    """

    pattern: str
    request_class: type[Request]
    watched_class: type[WatchedRequest]
    cache: Cache
    folders: tuple[str, ...] = ()
    is_cached: bool = False
    is_public: bool = False
    fetch_cache: str = "auto"
    draft_key: DraftKey | None = None
    debug: bool = False
    error_files: ErrorFiles = NO_ERROR_FILES
    on_request_error: Callable[[BaseException, Request, ErrorContext], object] | None = None
    framework: Framework | None = None


class RunsIn(Protocol):
    """Where everything of a request runs: a ``contextvars.Context``, or what stands for one."""

    def run(self, callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function there."""
        ...


class Scope:
    """The state of one request. What is expensive is made on first use.

    :param context: In which everything of this request runs.
    :ivar path: The path that is matched, as ``routehandlers._routing.spelling`` writes it.
    """

    _request: Request | None = None
    # The cookies, as soon as code looked at them.
    opened_jar: Cookies | None = None
    _sealed = False

    # The Set-Cookie lines that a response of this request has already.
    _sent_lines: tuple[str, ...] = ()

    # What the path decides, and the endpoint that answers; both are known when their stages have run.
    plan: Plan | None = None
    endpoint: Any = None

    # Whether middleware or a transform may stand around the route.
    is_wrapped = False

    # Whether a path is matched that the client did not send.
    is_rewritten = False

    # The target as it was sent, while the path counts as another application reads it.
    target: Mapping[str, str] = MappingProxyType({})

    # The headers that the configuration adds, and whether the response has them, or gets them where it leaves.
    config_headers: Sequence[tuple[str, str]] = ()
    is_transformed = is_transformed_late = False

    # A response whose headers were checked when it was stored.
    checked: WerkzeugResponse | None = None

    # Whether any middleware was called.
    has_met_any = False

    # The headers that middleware adds to any response, the outermost middleware's first.
    overlays: Sequence[Sequence[tuple[str, str]]] = ()

    # What the endpoint returned, or the exception that it raised unexpectedly.
    responded: WerkzeugResponse | Exception | None = None

    # What was read of the client before the route was reached.
    client_read = ""

    # Whether the response of a cached route is a stored one, or else for one client alone.
    is_stored = is_unstored = False

    # The functions given to after(), in order; made with the first.
    after: deque[Callable[[], Any]] | None = None

    # Whether the exception that ends the request was reported by the request that it waited for.
    is_reported = False

    # The record of a render that may be stored, and of a function of cached().
    render: Render | None = None

    # Whether draft mode was switched; until then the client's cookie decides.
    draft: bool | None = None

    def __init__(self, environ: WSGIEnvironment, route: RouteInfo, params: Params, path: str, context: RunsIn) -> None:
        self.environ = environ
        self.route = route
        self.params = params
        self.path = path
        self.context = context

    @property
    def matched(self) -> Params:
        """The params as they were matched, which a key covers."""
        return self.params

    @property
    def description(self) -> str:
        """The request in a few words for the log: nothing of it that a client could forge a line with."""
        return f"{self.environ['REQUEST_METHOD']} {self.route.pattern or '(no route)'}"

    @property
    def request(self) -> Request:
        if self._request is None:
            self._request = self.route.request_class(self.environ)
        return self._request

    @property
    def headers(self) -> EnvironHeaders:
        headers: EnvironHeaders = self.request.headers  # type: ignore[assignment]  # a Request of WSGI has these
        return headers

    @property
    def cookies(self) -> Cookies:
        return self.jar

    @property
    def jar(self) -> Cookies:
        """The cookies, whoever asks."""
        if self.opened_jar is None:
            self.opened_jar = Cookies(cookies_of(self.environ))
            if self._sealed:
                self.opened_jar.seal()
        return self.opened_jar

    @property
    def is_draft(self) -> bool:
        """Whether draft mode is on: as it was switched here, or as the client's cookie says."""
        if self.draft is not None:
            return self.draft
        key = self.route.draft_key
        header = self.environ.get("HTTP_COOKIE") or ""
        return key is not None and COOKIE in header and key.is_valid(parse_cookies(header))

    def call_after(self, function: Callable[[], Any]) -> None:
        """Have something called when the answer has been sent."""
        if self.after is None:
            self.after = deque()
        self.after.append(function)

    def cookie_lines(self) -> list[str]:
        """The ``Set-Cookie`` lines so far."""
        return self.opened_jar.lines if self.opened_jar is not None else []

    def share_cookies(self) -> None:
        """Show the cookies that were set so far to a scope that is made from the same environment."""
        if self.opened_jar is not None and (values := self.opened_jar.set_here):
            self.environ["routehandlers.cookies"] = {**self.environ.get("routehandlers.cookies", {}), **values}

    def take_cookie_lines(self, own: set[str]) -> list[str]:
        """The lines that the answer does not have yet.

        :param own: The names of cookies that the response sets itself.
        """
        lines, sent = self.cookie_lines(), self._sent_lines
        self._sent_lines = tuple(lines)
        if sent:  # what middleware sets behind the handler comes last, and so counts
            return [line for line in lines if line not in sent]
        return [line for line in lines if name_of(line) not in own]

    @property
    def has_leftovers(self) -> bool:
        """Whether something is left to do when the response has been sent."""
        environ = self.environ
        return (
            self.after is not None
            or ("routehandlers.body" in environ and self._holds_files)
            or ((bool(environ.get("CONTENT_LENGTH")) or "HTTP_TRANSFER_ENCODING" in environ) and is_unread(environ))
        )

    @property
    def _holds_files(self) -> bool:
        """Uploads, or a body kept on the disk."""
        return isinstance(self.environ["routehandlers.body"], SpooledTemporaryFile) or (
            self._request is not None and "files" in self._request.__dict__
        )

    def close(self) -> None:
        """Give back what the request took."""
        if is_unread(self.environ):
            drain(self.environ)
        if self._request is not None:
            self._request.close()
        if "routehandlers.body" in self.environ and self._holds_files:
            self.environ["routehandlers.body"].close()

    def forget_cookies(self) -> None:
        """Drop what was set: the response is not the handler's."""
        self.opened_jar = None
        self._sent_lines = ()

    def enter_route(self, route: RouteInfo, params: Params) -> None:
        """Take the route that was matched."""
        self.route, self.params = route, params

    def read_as_others(self) -> None:
        """Read the path as another application does, which does not know the target as it was sent."""
        self.target = {name: self.environ.pop(name) for name in ("RAW_URI", "REQUEST_URI") if name in self.environ}
        self.plan = self._request = None

    def unwatch(self) -> None:
        """Stop watching what is read of the client, where something did."""

    def seal(self) -> None:
        """The headers leave; cookies that come now are a mistake."""
        self._sealed = True
        if self.opened_jar is not None:
            self.opened_jar.seal()


def cookies_of(environ: WSGIEnvironment) -> dict[str, str]:
    """What the client sent, and what middleware has set since."""
    received = parse_cookies(environ.get("HTTP_COOKIE") or "")
    return {**received, **environ.get("routehandlers.cookies", {})}


_scope: ContextVar[Scope | None] = ContextVar("routehandlers.scope")

enter_scope, leave_scope = _scope.set, _scope.reset


class ScopeContext:
    """A context of one variable, the scope: the others are those of whoever runs something in it.

    For a host whose own variables must be the same inside and outside.
    """

    def __init__(self) -> None:
        self._scope: Scope | None = None

    def run(self, callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function with the scope that the last one left."""
        token = _scope.set(self._scope)
        try:
            return callable(*args, **kwargs)
        finally:
            self._scope = _scope.get()
            _scope.reset(token)


def current_scope(function: str) -> Scope:
    """The scope of the request being answered.

    :param function: Who asks, for the message.
    :raise OutsideRequestError: If no request is being answered.
    """
    scope = _scope.get(None)
    if scope is None:
        raise OutsideRequestError(function)
    return scope


def mount_prefix() -> str:
    """The prefix that the application is mounted under, as the request being answered found it; nothing without one."""
    scope = _scope.get(None)
    return scope.request.mount_prefix.rstrip("/") if scope is not None else ""
