"""Next's ``next/server``: requests, responses and functions around them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ._http.request.request import Request
from ._http.response.response import Response
from ._http.values.url import URL
from ._http.values.user_agent import UserAgent, parse_user_agent
from ._runtime.scope.scope import current_scope

__all__ = [
    "URL",
    "Request",
    "Response",
    "UserAgent",
    "after",
    "connection",
    "early_hints",
    "user_agent",
    "user_agent_from_string",
]

logger = logging.getLogger("routehandlers")


def after(function: Callable[..., Any], *args: Any) -> None:
    """Call a function after the response has been sent, including its stream.

    The functions run in the order of the calls, in the thread of the request,
    also after an exception, a ``redirect()`` or a ``not_found()``. An exception
    is logged and does not stop the other functions. The functions may read
    ``cookies()`` and ``headers()``, and call ``after()``.

    https://nextjs.org/docs/app/api-reference/functions/after

    :param args: Arguments of the function.
    :raise TypeError: If ``function`` cannot be called.
    :raise OutsideRequestError: Outside of a request.
    """
    if not callable(function):
        raise TypeError(
            f"after() takes a function and its arguments, not {function!r}. Write after(function, argument), without"
            " calling the function."
        )
    current_scope("after").call_after(partial(function, *args))


def connection() -> None:
    """Declare that the response depends on the time of the request, so that it is not cached.

    https://nextjs.org/docs/app/api-reference/functions/connection

    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("connection")
    if scope.render is not None:
        scope.render.read("connection()")


def early_hints(links: str | Iterable[str]) -> None:
    """Send ``103 Early Hints``, so that a browser loads resources while the response is being made (RFC 8297).

    The server must offer ``wsgi.early_hints``, as newer versions of gunicorn do. With other servers, the function does
    nothing. It also does nothing in a render that may be stored, because that render has no client of its own. Add the
    ``Link`` headers to the response, too.

    :param links: Values of ``Link`` headers: ``"</style.css>; rel=preload; as=style"``.
    :raise ValueError: If a value is not a link.
    :raise OutsideRequestError: Outside of a request.
    """
    values = [links] if isinstance(links, str) else list(links)
    for value in values:
        if not value.startswith("<") or not value.isascii() or not value.isprintable():
            raise ValueError(
                f"early_hints() got {value!r}, which is not a link. Write '</style.css>; rel=preload; as=style'."
            )
    send = current_scope("early_hints").environ.get("wsgi.early_hints")
    if send is None or not values:
        return
    try:
        send([("Link", value) for value in values])
    except OSError as error:  # the client has disconnected; sending the response will fail too
        logger.debug("Early hints were not sent: %r", error)


def user_agent(request: Request) -> UserAgent:
    """Parse the ``User-Agent`` header of a request (extra ``user-agent``).

    https://nextjs.org/docs/app/api-reference/functions/userAgent
    """
    return parse_user_agent(request.headers.get("User-Agent", ""))


def user_agent_from_string(header: str | None) -> UserAgent:
    """Parse the text of a ``User-Agent`` header, for example one from a log. It needs the extra ``user-agent``.

    https://nextjs.org/docs/app/api-reference/functions/userAgent

    :param header: ``None`` counts as an empty text.
    """
    return parse_user_agent(header or "")
