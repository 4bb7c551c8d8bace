"""From a matched route to an answer: method, handler, return value, response."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.context import RouteContext
from .._http.errors import error_response, http_exception_response, interrupt_response
from .._http.fetch_response import FetchResponse
from .._http.interrupts import Interrupt
from .._http.response import Response
from .._modules.loader import RouteModule, argument_count
from ..exceptions import InvalidReturnError
from .scope import RouteInfo, Scope
from .sending import Answer, prepare

if TYPE_CHECKING:
    from ..typing import Handler

logger = logging.getLogger("routehandlers")

# Set by Werkzeug's DebuggedApplication, which shows an exception better than a log does.
_DEBUGGER = "werkzeug.debug.preserve_context"


class Endpoint:
    """One route, ready to be called: everything that can be decided at start is decided here.

    :param info: What functions that the handler calls may ask.
    """

    def __init__(self, route: RouteModule, info: RouteInfo) -> None:
        self.info = info
        self._file = route.route.file
        self._handlers = dict(route.handlers)
        if "GET" in self._handlers:
            self._handlers.setdefault("HEAD", self._handlers["GET"])
        self.methods = tuple(sorted({*self._handlers, "OPTIONS"}))
        self._calls = {method: _plan(handler) for method, handler in self._handlers.items()}

    def answer(self, scope: Scope) -> Answer:
        """Call the handler and make its result an answer, whatever it does."""
        try:
            return self._planned(scope)
        except Interrupt as interrupt:  # also from a stream that was raised with abort()
            return prepare(scope, interrupt_response(scope.environ, interrupt))
        except Exception as error:
            return self.failed(scope, error)

    def _planned(self, scope: Scope) -> Answer:
        """The answer that was returned or raised on purpose."""
        call = self._calls.get(scope.environ["REQUEST_METHOD"])
        if call is None:
            return prepare(scope, self._without_handler(scope))
        try:
            result = call(scope)
            if type(result) is Response:
                return prepare(scope, result)
            return prepare(scope, self._make_response(scope, result))
        except HTTPException as error:
            return prepare(scope, http_exception_response(scope.environ, error))

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """What ``GET`` returned, as a response; what it raised leaves."""
        return self._make_response(scope, self._calls["GET"](scope))

    def _without_handler(self, scope: Scope) -> Response:
        allow = ", ".join(self.methods)
        if scope.environ["REQUEST_METHOD"] == "OPTIONS":
            return Response(None, 204, {"Allow": allow})
        response = error_response(scope.environ, 405)
        response.headers["Allow"] = allow
        return response

    def failed(self, scope: Scope, error: Exception) -> Answer:
        """An exception that nobody planned: the log gets everything, the client nothing."""
        if _DEBUGGER in scope.environ:
            raise error
        logger.error("%s failed", self.describe(scope), exc_info=error)
        scope.forget_cookies()
        detail = f"{type(error).__name__}: {error}" if self.info.debug else ""
        return prepare(scope, error_response(scope.environ, 500, detail))

    def describe(self, scope: Scope) -> str:
        """What was asked, and which function of which file answers it."""
        method = scope.environ["REQUEST_METHOD"]
        handler = self._handlers.get(method)
        return f"{method} {self.info.pattern} ({_where(handler, self._file)})"

    def _make_response(self, scope: Scope, result: Any) -> WerkzeugResponse:
        try:
            return make_response(result)
        except InvalidReturnError as error:
            raise InvalidReturnError(f"{self.describe(scope)} {error}") from None


def _plan(handler: Handler) -> Callable[[Scope], Any]:
    """How a handler is called: with nothing, with the request, or with the context too."""
    count = argument_count(handler)
    if count == 0:
        return lambda _: handler()
    if count == 1:
        return lambda scope: handler(scope.request)
    return lambda scope: handler(scope.request, RouteContext(scope.params))


def _where(handler: object, file: Path) -> str:
    function = unwrap(handler) if callable(handler) else None
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else str(file)


def make_response(result: Any) -> WerkzeugResponse:
    """What a handler returned, as a response.

    :raise InvalidReturnError: With the end of a sentence that says what came.
    """
    if isinstance(result, (dict, list)):
        return Response.json(result)
    if isinstance(result, WerkzeugResponse):
        return result
    if isinstance(result, str):
        return Response(result)
    if isinstance(result, (bytes, bytearray)):
        return Response(bytes(result), 200, {"Content-Type": "application/octet-stream"})
    if isinstance(result, tuple):
        return _from_tuple(result)
    if isinstance(result, HTTPException):
        raise result
    if isinstance(result, FetchResponse):
        return result.to_response()
    if isinstance(result, Iterator):
        return Response(result)
    hint = "" if result is not None else " Does every branch end in a 'return'?"
    raise InvalidReturnError(
        f"returned {_shorten(result)}. Return a Response, a dict or list (JSON), a str, bytes, an iterator of either,"
        f" or a tuple (body, status) or (body, status, headers).{hint}"
    )


def _from_tuple(result: tuple[Any, ...]) -> WerkzeugResponse:
    if len(result) not in {2, 3} or not isinstance(result[1], int) or isinstance(result[0], tuple):
        raise InvalidReturnError(
            f"returned the tuple {_shorten(result)}. A tuple is (body, status) or (body, status, headers)."
        )
    body, status, *headers = result
    if body is None or body in ("", b""):
        response: WerkzeugResponse = Response(None, status)
    elif isinstance(body, (list, dict)):
        response = Response.json(body, status)
    elif isinstance(body, str):
        response = Response(body, status)
    else:
        # A copy: what a handler returns may be meant for other requests too.
        response = copy(make_response(body))
        response.headers = Headers(list(response.headers))
        response.status_code = status
    for fields in headers:
        _add_headers(response, fields)
    return response


def _add_headers(response: WerkzeugResponse, fields: Any) -> None:
    """Headers of a tuple replace those of the body by name; pairs may repeat a name."""
    pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
    for name, _ in pairs:
        response.headers.pop(name, None)
    for name, value in pairs:
        for one in [value] if isinstance(value, str) else value:
            response.headers.add(name, one)


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
