"""What lives as long as one request.

The scope lies in one context variable. A request runs in a copy of the
context, so that nothing has to be put back and nothing can be left behind:
not by threads, greenlets, nested applications or streams that end late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from .._http.body import drain, is_unread
from .._http.cookies import Cookies, parse_cookies
from .._http.request import Request
from ..exceptions import OutsideRequestError

if TYPE_CHECKING:
    from werkzeug.datastructures import EnvironHeaders

    from ..typing import Params, WSGIEnvironment


class Scope:
    """One request's state. What is expensive is made when somebody asks for it.

    :param request_class: The route's own, with its limits.
    :param pattern: The route's, or nothing where none matched.
    :param context: In which everything of this request runs.
    """

    _request: Request | None = None
    _cookies: Cookies | None = None
    _sealed = False

    # What after() was given, in order; made with the first.
    after: deque[Callable[[], Any]] | None = None

    def __init__(
        self, environ: WSGIEnvironment, request_class: type[Request], pattern: str, params: Params, context: Context
    ) -> None:
        self.environ = environ
        self.request_class = request_class
        self.pattern = pattern
        self.params = params
        self.context = context

    @property
    def description(self) -> str:
        """The request in a few words for the log: nothing of it that a client could forge a line with."""
        return f"{self.environ['REQUEST_METHOD']} {self.pattern or '(no route)'}"

    @property
    def request(self) -> Request:
        if self._request is None:
            self._request = self.request_class(self.environ)
        return self._request

    @property
    def headers(self) -> EnvironHeaders:
        headers: EnvironHeaders = self.request.headers  # type: ignore[assignment]  # a Request of WSGI has these
        return headers

    @property
    def cookies(self) -> Cookies:
        if self._cookies is None:
            self._cookies = Cookies(parse_cookies(self.environ.get("HTTP_COOKIE") or ""))
            if self._sealed:
                self._cookies.seal()
        return self._cookies

    def cookie_lines(self) -> list[str]:
        """The ``Set-Cookie`` lines so far."""
        return self._cookies.lines if self._cookies is not None else []

    @property
    def has_leftovers(self) -> bool:
        """Whether something is left to do when the answer has been sent."""
        return self.after is not None or self._holds_files or is_unread(self.environ)

    @property
    def _holds_files(self) -> bool:
        """Uploads, or a body kept on the disk."""
        return "routehandlers.body" in self.environ and (
            isinstance(self.environ["routehandlers.body"], SpooledTemporaryFile)
            or (self._request is not None and "files" in self._request.__dict__)
        )

    def close(self) -> None:
        """Give back what the request took."""
        if is_unread(self.environ):
            drain(self.environ)
        if self._request is not None:
            self._request.close()
        if self._holds_files:
            self.environ["routehandlers.body"].close()

    def forget_cookies(self) -> None:
        """Drop what was set: the answer is not the handler's."""
        self._cookies = None

    def seal(self) -> None:
        """The headers leave; cookies that come now are a mistake."""
        self._sealed = True
        if self._cookies is not None:
            self._cookies.seal()


_scope: ContextVar[Scope] = ContextVar("routehandlers.scope")

enter_scope = _scope.set


def current_scope(function: str) -> Scope:
    """The scope of the request being answered.

    :param function: Who asks, for the message.
    :raise OutsideRequestError: If no request is being answered.
    """
    try:
        return _scope.get()
    except LookupError:
        raise OutsideRequestError(function) from None
