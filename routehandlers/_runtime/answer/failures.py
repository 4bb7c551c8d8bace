"""Responses to exceptions: from the nearest error file of the user, or else the default.

When an error file fails itself, the file of the next outer folder is called. The
default never fails, so there is always a response and never a loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from werkzeug.exceptions import HTTPException, MethodNotAllowed, default_exceptions

from ..._http.response.changes import own_copy, underlay
from ..._http.response.errors import (
    description_of,
    error_response,
    errors_of,
    has_default_body,
    http_exception_response,
    interrupt_response,
)
from ..._http.response.interrupts import Interrupt, Redirect
from ..._http.response.response import STATUS_LINES, Response
from .bodies import begin
from .headers import check_headers
from .reporting import report
from .results import make_response, status_in

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.error_files import ErrorFile
    from ..scope.scope import Scope

Tried = tuple[int, ...]

# Werkzeug's DebuggedApplication sets it, and shows an exception better than a log does.
_DEBUGGER = "werkzeug.debug.preserve_context"

# ``routehandlers dev`` sets it to a function that returns the response to a path without a route.
UNKNOWN_PATH = "routehandlers.unknown_path"


def interrupted(scope: Scope, interrupt: Interrupt, tried: Tried = ()) -> WerkzeugResponse:
    """Return the response to an exception of ``redirect()``, ``not_found()`` and similar functions.

    :param tried: The statuses whose error file led here.
    """
    if isinstance(interrupt, Redirect):
        return interrupt_response(scope.environ, interrupt)
    return fallback(scope, interrupt.status, tried=tried)


def excepted(scope: Scope, error: HTTPException, tried: Tried = ()) -> WerkzeugResponse:
    """Return the response to an ``HTTPException`` of Werkzeug, for example from ``abort()``.

    :param tried: The statuses whose error file led here.
    """
    if error.code is not None and error.code in scope.route.error_files.by_status and has_default_body(error):
        headers = [pair for pair in error.get_headers(scope.environ) if pair[0].lower() != "content-type"]
        return fallback(scope, error.code, description_of(error), headers, tried, error)
    try:
        response = begin(scope, http_exception_response(scope.environ, error))
    except Interrupt as interrupt:  # from a stream that was passed to abort()
        return interrupted(scope, interrupt, tried)
    if has_default_body(error) and isinstance(response, Response):
        response._default_for = error
    return response


def fallback(
    scope: Scope, status: int, detail: str = "", headers: Sequence[tuple[str, str]] = (), tried: Tried = (),
    error: HTTPException | None = None,
) -> WerkzeugResponse:  # fmt: skip
    """Return the response of ``not_found.py``, ``forbidden.py`` or a similar file, or the default.

    The file may itself redirect, or end in another status.

    :param detail: Extra sentence in the default response.
    :param headers: Added to the response if it has no header of the same name.
    :param tried: The statuses whose error file led here. Their files are not called again.
    :param error: The exception that led here, which ``unprocessable.py`` gets.
    """
    if error is None:
        error = default_exceptions[status](detail or None)
    files = scope.route.error_files.by_status.get(status, ()) if status not in tried else ()
    for file in files:
        try:
            return underlay(_response_of(scope, file.call(scope.request, error), status), headers)
        except Interrupt as interrupt:
            if interrupt.status != status:
                return underlay(interrupted(scope, interrupt, (*tried, status)), headers)
            _failed_itself(scope, file, interrupt)
        except HTTPException as another:
            if another.code != status:
                return underlay(excepted(scope, another, (*tried, status)), headers)
            _failed_itself(scope, file, another)
        except Exception as another:
            _failed_itself(scope, file, another)
    default = error_response(scope.environ, status, detail, errors_of(error) if status == 422 else ())
    if headers:
        default = underlay(default, headers)
    default._default_for = error
    return default


def unknown_path(scope: Scope) -> WerkzeugResponse:
    """Return a 404 for a path without a route. ``dev`` lists routes in place of the default."""
    response = fallback(scope, 404)
    default_for = getattr(response, "_default_for", None)
    show = scope.environ.get(UNKNOWN_PATH)
    if show is None or default_for is None or response.status_code != 404:
        return response
    listing: Response = show(scope.environ)
    listing._default_for = default_for
    return listing


def method_not_allowed(scope: Scope, methods: Iterable[str]) -> Response:
    """Return a 405 that lists the allowed methods."""
    response = error_response(scope.environ, 405)
    response.headers["Allow"] = ", ".join(methods)
    response._default_for = MethodNotAllowed(tuple(methods))
    return response


def failed(
    scope: Scope, error: Exception, where: str, *, route_type: Literal["route", "middleware"] = "route"
) -> WerkzeugResponse:
    """Return the response to an unexpected exception. The details go to the log and not to the client.

    :param where: The request, and the function and file that answer it.
    :param route_type: The kind of code that raised the exception.
    """
    if _DEBUGGER in scope.environ:
        raise error
    if not scope.is_reported:
        # A framework logs the exceptions that are handed to it.
        is_logged = scope.route.framework is None or bool(scope.route.error_files.error)
        report(scope, error, "%s failed", where, route_type=route_type, is_logged=is_logged)
    scope.forget_cookies()
    for file in scope.route.error_files.error:
        try:
            return _response_of(scope, file.call(scope.request, error), 500)
        except Interrupt as interrupt:
            return interrupted(scope, interrupt)
        except HTTPException as answer:
            return excepted(scope, answer)
        except Exception as another:
            _failed_itself(scope, file, another)
    detail = f"{type(error).__name__}: {error}" if scope.route.debug else ""
    response = error_response(scope.environ, 500, detail)
    response._default_for = error
    return response


def as_exception(error: BaseException) -> Exception:
    """Return an exception that was raised where no response can be sent. There, an interrupt is a mistake."""
    return (
        error
        if isinstance(error, Exception)
        else RuntimeError(f"No response can be sent here, so this is a mistake: {error}.")
    )


def _response_of(scope: Scope, result: Any, status: int) -> WerkzeugResponse:
    """Return the result of an error file as a response.

    The file can change the status: with a tuple, or with a response whose status is not 200.
    """
    framework = scope.route.framework
    response = make_response(result) if framework is None else framework.make_response(result)
    if response.status_code == 200 and status_in(result) is None:
        response = own_copy(response)
        response.status = STATUS_LINES[status]
    check_headers(response.headers, response.status_code, "")
    return begin(scope, response)


def _failed_itself(scope: Scope, file: ErrorFile, error: BaseException) -> None:
    report(scope, error, "%s failed; trying the error file of the next outer folder", file.file)
