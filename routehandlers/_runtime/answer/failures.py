"""Answers to what was raised: from the user's file that is nearest, or else our own.

A file that fails itself is passed over for the next one out, and ours never
fails, so that there is always an answer and never a loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, default_exceptions

from ..._http.response.errors import (
    description_of,
    error_response,
    has_default_body,
    http_exception_response,
    interrupt_response,
)
from ..._http.response.interrupts import Interrupt, Redirect
from ..._http.response.response import STATUS_LINES
from ..._http.values.encoding import ACCUMULATED
from .reporting import report
from .results import make_response
from .sending import Answer, prepare

if TYPE_CHECKING:
    from ..scope.error_files import ErrorFile
    from ..scope.scope import Scope

# Set by Werkzeug's DebuggedApplication, which shows an exception better than a log does.
_DEBUGGER = "werkzeug.debug.preserve_context"


def interrupted(scope: Scope, interrupt: Interrupt) -> Answer:
    """The answer that ``redirect()`` or ``not_found()`` raised."""
    if isinstance(interrupt, Redirect):
        return prepare(scope, interrupt_response(scope.environ, interrupt))
    return fallback(scope, interrupt.status)


def excepted(scope: Scope, error: HTTPException) -> Answer:
    """The answer to an exception of Werkzeug's, such as ``abort()`` raises."""
    if error.code is not None and error.code in scope.route.error_files.by_status and has_default_body(error):
        headers = [pair for pair in error.get_headers(scope.environ) if pair[0].lower() != "content-type"]
        return fallback(scope, error.code, description_of(error), headers)
    try:
        answer = prepare(scope, http_exception_response(scope.environ, error))
        if has_default_body(error):
            scope.unanswered = error
        return answer
    except Interrupt as interrupt:  # from a stream that was raised with abort()
        return interrupted(scope, interrupt)


def fallback(scope: Scope, status: int, detail: str = "", headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """The answer of ``not_found.py`` and its like, or our own.

    :param detail: What ours says more.
    :param headers: Added to either, where it has no other of their name.
    """
    for file in scope.route.error_files.by_status.get(status, ()):
        try:
            answer = _answer_of(scope, file.call(scope.request), status)
        except (Exception, Interrupt) as error:
            _failed_itself(scope, file, error)
        else:
            return _with_headers(answer, headers)
    scope.unanswered = default_exceptions[status](detail or None)
    return _with_headers(prepare(scope, error_response(scope.environ, status, detail)), headers)


def failed(
    scope: Scope, error: Exception, where: str, *, route_type: Literal["route", "middleware"] = "route"
) -> Answer:
    """The answer to an exception that nobody planned: the log gets everything, the client nothing.

    :param where: What was asked, and which function of which file answers it.
    :param route_type: What raised it.
    """
    if _DEBUGGER in scope.environ:
        raise error
    if not scope.is_reported:
        # A host logs what it is given to answer.
        is_logged = scope.route.host is None or bool(scope.route.error_files.error)
        report(scope, error, "%s failed", where, route_type=route_type, is_logged=is_logged)
    scope.forget_cookies()
    for file in scope.route.error_files.error:
        try:
            return _answer_of(scope, file.call(scope.request, error), 500)
        except Interrupt as interrupt:
            return interrupted(scope, interrupt)
        except HTTPException as answer:
            return excepted(scope, answer)
        except Exception as another:
            _failed_itself(scope, file, another)
    scope.unanswered = error
    detail = f"{type(error).__name__}: {error}" if scope.route.debug else ""
    return prepare(scope, error_response(scope.environ, 500, detail))


def as_exception(error: BaseException) -> Exception:
    """What was raised where an answer cannot be: an interrupt is a mistake there."""
    return error if isinstance(error, Exception) else RuntimeError(f"There came {error}.")


def _answer_of(scope: Scope, result: Any, status: int) -> Answer:
    """What a file returned. It says the status by a tuple, or by a response with another than 200."""
    response = make_response(result)
    if response.status_code == 200 and not isinstance(result, tuple):
        response = copy(response)  # it may be meant for other requests too
        response.headers = Headers(list(response.headers))
        response.status = STATUS_LINES[status]
    return prepare(scope, response)


def _failed_itself(scope: Scope, file: ErrorFile, error: BaseException) -> None:
    report(scope, error, "%s failed, and the next file out answers for it", file.file)


def _with_headers(answer: Answer, headers: Iterable[tuple[str, str]]) -> Answer:
    own = {name.lower() for name, _ in answer.headers} - ACCUMULATED
    return answer._replace(headers=[*answer.headers, *(pair for pair in headers if pair[0].lower() not in own)])
