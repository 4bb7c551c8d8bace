"""From a matched route to an answer: method, handler, return value, response."""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._http.response.errors import error_response
from ..._http.response.interrupts import Interrupt
from ..._http.response.response import Response
from ..._http.values.context import RouteContext
from ..._start.loader import RouteModule, argument_count
from ...exceptions import InvalidReturnError
from ..answer.failures import excepted, failed, interrupted
from ..answer.results import make_response
from ..answer.sending import Answer, prepare
from ..scope.scope import RouteInfo, Scope

if TYPE_CHECKING:
    from ...typing import Handler


class Endpoint:
    """One route, ready to be called: everything that can be decided at start is decided here.

    :param info: What functions that the handler calls may ask.
    """

    def __init__(self, route: RouteModule, info: RouteInfo) -> None:
        self.info = info
        self._file = route.route.file
        self._make = make_response if info.host is None else info.host.make_response
        self._handlers = dict(route.handlers)
        if "GET" in self._handlers:
            self._handlers.setdefault("HEAD", self._handlers["GET"])
        self.methods = tuple(sorted({*self._handlers, "OPTIONS"}))
        self._calls = {method: _plan(handler) for method, handler in self._handlers.items()}

    def answer(self, scope: Scope) -> Answer:
        """Call the handler and make its result an answer, whatever it does."""
        try:
            return self.attempt(scope)
        except Exception as error:
            return self.failed(scope, error)

    def attempt(self, scope: Scope) -> Answer:
        """The answer that was returned or raised on purpose.

        :raise Exception: What nobody planned.
        """
        call = self._calls.get(scope.environ["REQUEST_METHOD"])
        if call is None:
            return prepare(scope, self._without_handler(scope))
        try:
            result = call(scope)
            if type(result) is Response:
                return prepare(scope, result)
            return prepare(scope, self._make_response(scope, result))
        except HTTPException as error:
            return excepted(scope, error)
        except Interrupt as interrupt:
            return interrupted(scope, interrupt)

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """What ``GET`` returned, as a response; what it raised leaves."""
        return self._make_response(scope, self._calls["GET"](scope))

    def _without_handler(self, scope: Scope) -> Response:
        allow = ", ".join(self.methods)
        if scope.environ["REQUEST_METHOD"] == "OPTIONS":
            return Response(None, 204, {"Allow": allow})
        scope.unanswered = MethodNotAllowed(self.methods)
        response = error_response(scope.environ, 405)
        response.headers["Allow"] = allow
        return response

    def failed(self, scope: Scope, error: Exception) -> Answer:
        """The answer to an exception that nobody planned."""
        return failed(scope, error, self.describe(scope))

    def describe(self, scope: Scope) -> str:
        """What was asked, and which function of which file answers it."""
        method = scope.environ["REQUEST_METHOD"]
        handler = self._handlers.get(method)
        return f"{method} {self.info.pattern} ({_where(handler, self._file)})"

    def _make_response(self, scope: Scope, result: Any) -> WerkzeugResponse:
        try:
            return self._make(result)
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
