"""Call the handler of a matched route: method, handler, return value, response."""

from __future__ import annotations

from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._http.request.body import Input, check_framing
from ..._http.request.draining import check_unread
from ..._http.response.interrupts import Interrupt
from ..._http.response.response import Response
from ..._http.values.context import RouteContext
from ..._inputs.prepared import where_of
from ..._start.arguments import argument_count
from ..._start.loader import RouteModule
from ...exceptions import InvalidReturnError
from ..answer.bodies import begin, close_quietly
from ..answer.failures import excepted, failed, interrupted, method_not_allowed
from ..answer.results import make_response
from ..scope.scope import RouteInfo, Scope
from ..scope.unit import fail_unit

# Stands for the number of arguments of a prepared handler, which takes the scope.
_PREPARED = 3


class Endpoint:
    """A route whose handlers were prepared at start.

    :param info: Facts about the route for functions that the handler calls.
    """

    def __init__(self, route: RouteModule, info: RouteInfo) -> None:
        self.info = info
        self._file = route.route.file
        self._make = make_response if info.framework is None else info.framework.make_response
        self._handlers = dict(route.handlers)
        if "GET" in self._handlers:
            self._handlers.setdefault("HEAD", self._handlers["GET"])
        self.methods = tuple(sorted({*self._handlers, "OPTIONS"}))
        self._calls: dict[str, tuple[Any, int | None]] = {
            method: (handler, argument_count(handler)) for method, handler in route.handlers.items()
        }
        self._calls.update({method: (prepared.call, _PREPARED) for method, prepared in route.prepared.items()})
        if "GET" in self._calls:
            self._calls.setdefault("HEAD", self._calls["GET"])

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Call the handler, and return its result as a response, or the response to an ``HTTPException`` or interrupt.

        :raise Exception: Any other exception of the handler.
        """
        call = self._calls.get(scope.environ["REQUEST_METHOD"])
        if call is None:
            return self._without_handler(scope)
        handler, count = call
        try:
            is_chunked = "HTTP_TRANSFER_ENCODING" in scope.environ
            if is_chunked:
                check_framing(scope.environ)
                Input(scope.environ)
            result: Any
            if count == 0:
                result = handler()
            elif count == 1:
                result = handler(scope.request)
            elif count == 2:
                result = handler(scope.request, RouteContext(scope.params))
            else:
                result = handler(scope)
            if type(result) is not Response:
                result = self._make_response(scope, result)
            response = result if type(result.response) is list else begin(scope, result)
            if is_chunked:
                self._check_body(scope, response)
            return response
        except HTTPException as error:
            if scope.unit is not None:
                fail_unit(scope, error)
            return excepted(scope, error)
        except Interrupt as interrupt:
            if scope.unit is not None:
                fail_unit(scope, interrupt)
            return interrupted(scope, interrupt)

    def call(self, scope: Scope) -> WerkzeugResponse:
        """Call ``GET`` and return its result as a response. Let all exceptions pass."""
        handler, count = self._calls["GET"]
        if count == _PREPARED:
            return self._make_response(scope, handler(scope))
        arguments = (scope.request, RouteContext(scope.params)) if count else ()
        return self._make_response(scope, handler(*arguments[:count]))

    def _without_handler(self, scope: Scope) -> Response:
        if scope.environ["REQUEST_METHOD"] == "OPTIONS":
            return Response(None, 204, {"Allow": ", ".join(self.methods)})
        return method_not_allowed(scope, self.methods)

    def failed(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        """Return the response to an unexpected exception."""
        return failed(scope, error, self.describe(scope))

    def describe(self, scope: Scope) -> str:
        """Return the method, the pattern, and the file and line of the handler, for messages."""
        method = scope.environ["REQUEST_METHOD"]
        return where_of(method, self.info.pattern, self._handlers.get(method), self._file)

    def _check_body(self, scope: Scope, response: WerkzeugResponse) -> None:
        try:
            check_unread(scope.environ)
        except HTTPException:
            close_quietly(scope, response)
            raise

    def _make_response(self, scope: Scope, result: Any) -> WerkzeugResponse:
        try:
            return self._make(result)
        except InvalidReturnError as error:
            raise InvalidReturnError(f"{self.describe(scope)} {error}") from None
