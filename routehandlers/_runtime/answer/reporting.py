"""Report unexpected exceptions to the log and to the application's ``on_request_error()``."""

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
    """Report an exception that the response does not show.

    :param message: Log message with placeholders for ``values``.
    :param revalidate_reason: Reason why the handler ran, if it did not run for a request.
    :param is_logged: Whether to log the exception. A framework logs its exceptions itself.
    """
    if is_logged:
        logger.error(message, *values, exc_info=error)
    hook = scope.route.on_request_error
    if hook is None:
        return
    # The request of a render that may be stored reports each read, so the hook gets a plain one.
    request = scope.route.request_class(scope.environ, populate_request=False) if scope.render else scope.request
    context = ErrorContext(scope.route.pattern, route_type, revalidate_reason)
    try:
        hook(error, request, context)
    except (Exception, Interrupt) as another:
        logger.error("on_request_error() of instrumentation.py failed", exc_info=another)
