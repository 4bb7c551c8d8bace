"""Exceptions that nobody planned: the log hears of them, and so does the application's ``on_request_error()``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..._http.response.interrupts import Interrupt
from ...typing import ErrorContext

if TYPE_CHECKING:
    from typing import Literal

    from ..scope.scope import Scope

logger = logging.getLogger("routehandlers")


def report(
    scope: Scope, error: BaseException, message: str, *values: object,
    route_type: Literal["route", "middleware"] = "route", revalidate_reason: Literal["stale"] | None = None,
    is_logged: bool = True,
) -> None:  # fmt: skip
    """Tell of an exception that no answer shows.

    :param message: For the log, with places for ``values``.
    :param revalidate_reason: Why the handler ran, if that was no request.
    :param is_logged: Whether nobody else will.
    """
    if is_logged:
        logger.error(message, *values, exc_info=error)
    tell = scope.route.on_request_error
    if tell is None:
        return
    # A render that may be stored has a request that reports what is read of it.
    request = scope.route.request_class(scope.environ, populate_request=False) if scope.render else scope.request
    context = ErrorContext(scope.route.pattern, route_type, revalidate_reason)
    try:
        tell(error, request, context)
    except (Exception, Interrupt) as another:
        logger.error("on_request_error() of instrumentation.py failed", exc_info=another)
