"""Middleware: the user's functions that stand around what lies below their folder.

https://nextjs.org/docs/app/api-reference/file-conventions/middleware
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from inspect import isgenerator
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._http.response.interrupts import Interrupt
from ..._http.response.response import Continuation
from ..._http.values.context import RouteContext
from ...exceptions import InvalidReturnError, InvalidRouteModuleError, RouteHandlersError
from ..answer.failures import excepted, interrupted
from ..answer.sending import reopen
from ..scope.wrapped import WrappedScope, overlay, own_copy
from .matcher import Matcher, make_matcher

if TYPE_CHECKING:
    from pathlib import Path

    from ..._start.folder_files import FolderFunction

# What lies below, or lies elsewhere after a rewrite. An exception that nobody planned leaves it.
GoOn = Callable[[], WerkzeugResponse]
GoElsewhere = Callable[[str], WerkzeugResponse]

_Steps = Generator[Any, Any, Any]


class Middleware:
    """One ``middleware.py``, ready to be called.

    :param matcher: For which requests; ``None`` for all that reach its folder.
    """

    def __init__(self, function: FolderFunction, matcher: Matcher | None) -> None:
        self.file: Path = function.folder_file.file
        self.folders = function.folder_file.folders
        self._function = function.function
        self._argument_count = function.argument_count
        self._matcher = matcher

    def applies(self, scope: WrappedScope, path: str) -> bool:
        """Whether a request that goes to a path meets it.

        :param path: Matching text.
        """
        if self._matcher is None:
            return True
        is_met, depends_on_client = self._matcher.match(scope.environ, path)
        if depends_on_client:
            scope.read(f"the matcher of {self.file}")
        return is_met

    def around(self, scope: WrappedScope, go_on: GoOn, go_elsewhere: GoElsewhere) -> WerkzeugResponse:
        """Call it, and what it stands around, unless it answers by itself.

        :raise Exception: What nobody planned, in it or below.
        """
        try:
            return self._around(scope, go_on, go_elsewhere)
        except Interrupt as interrupt:  # its own; what lies below has made answers of its own
            return reopen(scope, interrupted(scope, interrupt))
        except HTTPException as error:
            return reopen(scope, excepted(scope, error))

    def _around(self, scope: WrappedScope, go_on: GoOn, go_elsewhere: GoElsewhere) -> WerkzeugResponse:
        arguments = (scope.request, RouteContext(scope.params))
        verdict: Any = self._function(*arguments[: self._argument_count])
        steps: _Steps | None = verdict if isgenerator(verdict) else None
        if steps is not None:
            try:
                verdict = next(steps)
            except StopIteration as stop:
                steps, verdict = None, stop.value
        if isinstance(verdict, WerkzeugResponse) and not isinstance(verdict, Continuation):
            return self._direct(scope, steps, verdict)
        if verdict is not None and not isinstance(verdict, Continuation):
            raise self._mistake(steps, f"returned {verdict!r}. {_HOW_TO_ANSWER}")
        scope.renew_url()
        if verdict is None:
            return self._below(scope, steps, go_on)
        headers = scope.apply(verdict)
        destination = verdict.destination
        below = go_on if destination is None else lambda: go_elsewhere(destination)
        return self._below(scope, steps, lambda: overlay(below(), headers))

    def _direct(self, scope: WrappedScope, steps: _Steps | None, response: WerkzeugResponse) -> WerkzeugResponse:
        if steps is not None:
            raise self._mistake(steps, "yields a response. To answer by itself it returns it: 'return response'.")
        return _redirected(scope, own_copy(response))

    def _below(self, scope: WrappedScope, steps: _Steps | None, go_on: GoOn) -> WerkzeugResponse:
        """What lies below, and the rest of a generator after it."""
        if steps is None:
            return go_on()
        below: WerkzeugResponse | None = None
        try:
            try:
                below = go_on()
            except BaseException as error:
                steps.throw(error)
            else:
                steps.send(below)
        except StopIteration as stop:
            return self._replaced(scope, below, stop.value)
        except BaseException:
            if below is not None:
                below.close()
            raise
        if below is not None:
            below.close()
        raise self._mistake(steps, "yields twice. What lies below is reached once, so it yields once.")

    def _replaced(self, scope: WrappedScope, below: WerkzeugResponse | None, returned: Any) -> WerkzeugResponse:
        """What a generator makes of the answer below, or of the exception in its place."""
        if returned is None:
            if below is None:
                raise InvalidReturnError(
                    f"{self.file} caught an exception and returned nothing. Return a response there, or raise again."
                )
            return below
        if not isinstance(returned, WerkzeugResponse) or isinstance(returned, Continuation):
            raise InvalidReturnError(
                f"{self.file} returned {returned!r} after its yield. Return a response, or nothing to keep what came."
            )
        if below is not None and returned is below:
            return below
        if below is not None:
            below.close()
        scope.is_transformed = scope.is_unstored = False
        return own_copy(returned)

    def _mistake(self, steps: _Steps | None, what: str) -> InvalidReturnError:
        if steps is not None:
            steps.close()
        return InvalidReturnError(f"{self.file} {what}")


def _redirected(scope: WrappedScope, response: WerkzeugResponse) -> WerkzeugResponse:
    """A redirect as Next sends it: within the site it is relative, and old clients find the target in the body too."""
    location = response.headers.get("Location")
    if location is None or response.status_code not in _REDIRECTS:
        return response
    if location.lower().startswith(f"{scope.origin}/"):
        location = response.headers["Location"] = location[len(scope.origin) :]
    if not response.response:
        response.set_data(location)
        response.headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    if response.status_code == 308:
        response.headers.setdefault("Refresh", f"0;url={location}")
    return response


_REDIRECTS = (301, 302, 303, 307, 308)

_HOW_TO_ANSWER = (
    "Return nothing or Response.next() to go on, a Response to answer, Response.rewrite() or Response.redirect() to go"
    " elsewhere."
)


def through(
    stack: Sequence[Middleware], scope: WrappedScope, path: str, go_on: GoOn, go_elsewhere: GoElsewhere
) -> WerkzeugResponse:
    """What comes of a request behind some middleware, the first of them outermost.

    :param path: Matching text. Whether it meets one is asked when those before it have been called.
    """
    for place, middleware in enumerate(stack):
        if scope.meets(middleware, path):
            below = partial(through, stack[place + 1 :], scope, path, go_on, go_elsewhere)
            return middleware.around(scope, below, go_elsewhere)
    return go_on()


def make_middleware(
    functions: Iterable[FolderFunction],
) -> tuple[list[Middleware], list[RouteHandlersError]]:
    """The middleware among the functions of an application's files, and what is wrong with their matchers."""
    made: list[Middleware] = []
    problems: list[RouteHandlersError] = []
    for function in functions:
        if function.name != "middleware":
            continue
        try:
            made.append(Middleware(function, make_matcher(function)))
        except InvalidRouteModuleError as problem:
            problems.append(problem)
    return made, problems
