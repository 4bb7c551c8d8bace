"""Next's ``next/server``: requests, responses, and what happens around them."""

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

__all__ = ["URL", "Request", "Response", "UserAgent", "after", "connection", "early_hints", "user_agent"]

logger = logging.getLogger("routehandlers")


def after(function: Callable[..., Any], *args: Any) -> None:
    """Call a function once the answer has been sent, with its stream.

    The functions run in the order they were given, in the thread of the
    request, also after an exception, a ``redirect()`` or a ``not_found()``. What one
    raises is logged and stops no other. They may read ``cookies()`` and
    ``headers()``, and call ``after()``.

    https://nextjs.org/docs/app/api-reference/functions/after

    :param args: Given to the function.
    :raise TypeError: If it cannot be called.
    :raise OutsideRequestError: Outside of a request.
    """
    if not callable(function):
        raise TypeError(
            f"after() takes a function and its arguments, not {function!r}. Leave out the parentheses of a call."
        )
    current_scope("after").call_after(partial(function, *args))


def connection() -> None:
    """State that the answer depends on the moment of the request, not on the route alone: it is not stored.

    https://nextjs.org/docs/app/api-reference/functions/connection

    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("connection")
    if scope.render is not None:
        scope.render.read("connection()")


def early_hints(links: str | Iterable[str]) -> None:
    """Send ``103 Early Hints``, so that a browser loads what the answer will need while it is made (RFC 8297).

    It takes a server that offers ``wsgi.early_hints``, as newer versions of gunicorn do. Elsewhere it does nothing, nor
    does it in a render that may be stored, which is for nobody in particular. The ``Link`` headers belong in the answer
    too.

    :param links: Values of ``Link`` headers: ``"</style.css>; rel=preload; as=style"``.
    :raise ValueError: If one is none.
    :raise OutsideRequestError: Outside of a request.
    """
    values = [links] if isinstance(links, str) else list(links)
    for value in values:
        if not value.startswith("<") or not value.isascii() or not value.isprintable():
            raise ValueError(f"{value!r} is no link. Write '</style.css>; rel=preload; as=style'.")
    send = current_scope("early_hints").environ.get("wsgi.early_hints")
    if send is None or not values:
        return
    try:
        send([("Link", value) for value in values])
    except OSError as error:  # the client has gone; the answer will find out
        logger.debug("Early hints were not sent: %r", error)


def user_agent(request: Request) -> UserAgent:
    """What the ``User-Agent`` header says, in parts (extra ``user-agent``).

    https://nextjs.org/docs/app/api-reference/functions/userAgent
    """
    return parse_user_agent(request.headers.get("User-Agent", ""))
