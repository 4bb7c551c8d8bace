"""Middleware: functions of the user that run around the routes below their folder.

https://nextjs.org/docs/app/api-reference/file-conventions/middleware
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._http.response.changes import overlay, own_copy, pairs_of
from ..._http.response.interrupts import Interrupt
from ..._http.response.response import JSON_HEADERS, REDIRECTS, Continuation, Response
from ..._http.values.context import RouteContext
from ...exceptions import InvalidReturnError, InvalidRouteModuleError, RouteHandlersError
from ..answer.bodies import Stream, begin, default_type
from ..answer.failures import excepted, interrupted
from ..answer.headers import WITHOUT_TYPE, take_cookies
from ..scope.unit import fail_unit
from ..scope.wrapped import WrappedScope
from .matcher import Matcher, make_matcher

if TYPE_CHECKING:
    from pathlib import Path

    from ..._start.folder_files import FolderFunction

# GoOn runs the next stages for a scope, with the arguments that ``run`` was given for it. GoElsewhere runs the stages
# for another path after a rewrite. Unexpected exceptions pass through both.
GoOn = Callable[..., WerkzeugResponse]
GoElsewhere = Callable[[WrappedScope, str], WerkzeugResponse]

_Steps = Generator[Any, Any, Any]


class Middleware:
    """One ``middleware.py`` or ``proxy.py``, ready to be called.

    :param matcher: Selects requests; ``None`` for all requests that reach its folder.
    """

    def __init__(self, function: FolderFunction, matcher: Matcher | None) -> None:
        self.file: Path = function.folder_file.file
        self.folders = function.folder_file.folders
        self.matcher = matcher
        self._function = function.function
        self._argument_count = function.argument_count

    def applies(self, scope: WrappedScope, path: str) -> bool:
        """Return whether it runs for a request to a path.

        :param path: Matching text.
        """
        if self.matcher is None:
            return True
        is_met, depends_on_client = self.matcher.match(scope.environ, path, scope.budget)
        if depends_on_client:
            scope.read(f"the matcher of {self.file}")
        return is_met

    def run(
        self, scope: WrappedScope, go_elsewhere: GoElsewhere, go_on: GoOn, *arguments: Any
    ) -> WerkzeugResponse | None:
        """Call the function. Return its own response or that of the next stages, or ``None`` to continue without it.

        :param arguments: What ``go_on`` takes beside the scope.
        :raise Exception: If the function or the next stages raise an unexpected exception.
        """
        try:
            if self._argument_count == 1:
                verdict: Any = self._function(scope.request)
            else:
                taken = (scope.request, RouteContext(scope.params)) if self._argument_count else ()
                verdict = self._function(*taken)
            if verdict is None:
                scope.renew_url()
                return None
            if isinstance(verdict, Continuation):
                return self._continue(scope, None, verdict, go_elsewhere, go_on, *arguments)
            return self._judge(scope, verdict, go_elsewhere, go_on, *arguments)
        except Interrupt as interrupt:  # from this function: the next stages handle their own interrupts
            if scope.unit is not None:
                fail_unit(scope, interrupt)
            return interrupted(scope, interrupt)
        except HTTPException as error:
            if scope.unit is not None:
                fail_unit(scope, error)
            return excepted(scope, error)

    def _judge(
        self, scope: WrappedScope, verdict: Any, go_elsewhere: GoElsewhere, go_on: GoOn, *arguments: Any
    ) -> WerkzeugResponse | None:
        """Handle a response, or the yielded value of a generator."""
        steps: _Steps | None = None
        if isinstance(verdict, GeneratorType):
            steps = verdict
            try:
                verdict = next(steps)
            except StopIteration as stop:
                steps, verdict = None, stop.value
            else:
                scope.has_generator = True
        if isinstance(verdict, Continuation):
            return self._continue(scope, steps, verdict, go_elsewhere, go_on, *arguments)
        if verdict is not None:
            return self._direct(scope, steps, verdict)
        scope.renew_url()
        return None if steps is None else self._below(scope, steps, partial(go_on, scope, *arguments))

    def _continue(
        self, scope: WrappedScope, steps: _Steps | None, verdict: Continuation, go_elsewhere: GoElsewhere, go_on: GoOn,
        *arguments: Any,
    ) -> WerkzeugResponse | None:  # fmt: skip
        """Apply ``Response.next()`` or ``Response.rewrite()``."""
        scope.renew_url()
        addition, destination = scope.apply(verdict), verdict.destination
        if not scope.has_generator:
            if addition.pairs:  # finish() adds them
                scope.late_headers = (*scope.late_headers, addition)
            return None if destination is None else go_elsewhere(scope, destination)
        if destination is not None:
            return self._below(scope, steps, lambda: overlay(go_elsewhere(scope, destination), addition))
        if steps is None and not addition.pairs:
            return None
        return self._below(scope, steps, lambda: overlay(go_on(scope, *arguments), addition))

    def _direct(self, scope: WrappedScope, steps: _Steps | None, verdict: Any) -> WerkzeugResponse:
        if not isinstance(verdict, WerkzeugResponse):
            raise self._mistake(steps, f"returned {verdict!r}. {_HOW_TO_ANSWER}")
        if steps is not None:
            raise self._mistake(steps, "yields a response. To answer the request itself, write 'return response'.")
        return begin(scope, _redirected(scope, own_copy(verdict)))

    def _below(
        self, scope: WrappedScope, steps: _Steps | None, go_on: Callable[[], WerkzeugResponse]
    ) -> WerkzeugResponse:
        """Run the next stages, and then the rest of a generator."""
        if steps is None:
            return go_on()
        below: _Below | None = None
        try:
            try:
                below = _Below(scope, go_on())
            except BaseException as error:
                steps.throw(error)
            else:
                steps.send(below.response)
        except StopIteration as stop:
            return self._replaced(scope, below, stop.value)
        except BaseException:
            if below is not None:
                below.response.close()
            raise
        if below is not None:
            below.response.close()
        raise self._mistake(steps, "yields twice. A generator may yield once, because the route runs once.")

    def _replaced(self, scope: WrappedScope, below: _Below | None, returned: Any) -> WerkzeugResponse:
        """Return the response of a generator, which may change or replace the response of the route."""
        if returned is None:
            if below is None:
                raise InvalidReturnError(
                    f"{self.file} caught an exception and returned nothing. Return a response there, or raise it again."
                )
            return begin(scope, below.changed())
        if not isinstance(returned, WerkzeugResponse) or isinstance(returned, Continuation):
            if below is not None:
                below.response.close()
            raise InvalidReturnError(
                f"{self.file} returned {returned!r} after its yield. Return a response, or nothing to keep the one"
                " from the route."
            )
        if below is not None and returned is below.response:
            return begin(scope, below.changed())
        scope.is_transformed = scope.is_unstored = False
        replacing = own_copy(returned)
        if below is not None:
            # With the new response, which may read the old one while it is sent.
            replacing.call_on_close(below.response.close)
        return begin(scope, replacing)

    def _mistake(self, steps: _Steps | None, what: str) -> InvalidReturnError:
        if steps is not None:
            steps.close()
        return InvalidReturnError(f"{self.file} {what}")


class _Below:
    """A response of the next stages that a generator may change in place.

    :ivar response: A copy for this request, with the cookies set so far.
    """

    def __init__(self, scope: WrappedScope, response: WerkzeugResponse) -> None:
        if not isinstance(response, Response):
            response = _as_ours(scope, response)
        headers = [*pairs_of(response.headers)]
        if scope.opened_jar is not None:
            headers += take_cookies(scope, headers)
        body: Any = response.response
        self._chunks: tuple[Any, ...] = tuple(body) if isinstance(body, (list, tuple)) else ()
        has_type = headers == JSON_HEADERS or "content-type" in [name.lower() for name, _ in headers]
        if not has_type and response.status_code not in WITHOUT_TYPE:
            # What the body was before middleware changed it.
            headers.append(("Content-Type", default_type(response)))
        self._headers = headers
        self.response = own_copy(response, list(headers))
        self._body = body
        if isinstance(body, (list, tuple)):
            self._body = self.response.response = list(body)
        self._is_head = scope.environ["REQUEST_METHOD"] == "HEAD"

    def changed(self) -> WerkzeugResponse:
        """Return the response. If its body has changed, drop the headers that describe the old body."""
        response, body = self.response, self.response.response
        if body is self._body and (not isinstance(body, list) or tuple(body) == self._chunks):
            return response
        if isinstance(self._body, Stream):
            response.call_on_close(self._body.close)
        for name, value in self._headers:
            if name.lower() in _OF_ONE_BODY and response.headers.get(name) == value:
                response.headers.pop(name)
        if self._is_head and isinstance(self._body, list) and not any(self._chunks):
            # The body of the GET is unknown here, and so is its length.
            response.response = Stream(())
        return response


def _as_ours(scope: WrappedScope, response: WerkzeugResponse) -> Response:
    """Return a response of Werkzeug or Flask as one with Next's methods, which middleware may use."""
    ours = Response(None, response.status, response.get_wsgi_headers(scope.environ))
    body: Any = response.response
    ours.response = body if isinstance(body, Stream) else list(response.iter_encoded())
    ours.call_on_close(response.close)
    if not isinstance(body, Stream) and ours.response:
        ours.headers.pop("Content-Length", None)  # counted again where it leaves
    return ours


_OF_ONE_BODY = frozenset({"etag", "last-modified", "content-length"})


def _redirected(scope: WrappedScope, response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a redirect as Next sends it: relative within the site, and with the target in the body for old clients."""
    location = response.headers.get("Location")
    if location is None or response.status_code not in REDIRECTS:
        return response
    path = location[len(scope.origin) :] if location.lower().startswith(f"{scope.origin}/") else ""
    if path and path[1:2] not in {"/", "\\"}:  # a path with two slashes at its start would name another host
        location = response.headers["Location"] = path
    if not response.response:
        response.set_data(location)
        response.headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    if response.status_code == 308:
        response.headers.setdefault("Refresh", f"0;url={location}")
    return response


_HOW_TO_ANSWER = (
    "Return nothing or Response.next() to go on, a Response to answer, Response.rewrite() or Response.redirect() to go"
    " elsewhere."
)


def make_middleware(
    functions: Iterable[FolderFunction],
) -> tuple[list[Middleware], list[RouteHandlersError]]:
    """Return the middleware among the functions of an application's files, and the errors in their matchers."""
    made: list[Middleware] = []
    problems: list[RouteHandlersError] = []
    for function in functions:
        if function.name not in {"middleware", "proxy"}:
            continue
        try:
            made.append(Middleware(function, make_matcher(function)))
        except InvalidRouteModuleError as problem:
            problems.append(problem)
    return made, problems
