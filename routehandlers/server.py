"""Next's ``next/server``: requests, responses, and what happens around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ._http.request import Request
from ._http.response import Response
from ._http.url import URL
from ._http.user_agent import UserAgent, parse_user_agent
from ._runtime.scope import current_scope

__all__ = ["URL", "Request", "Response", "UserAgent", "after", "connection", "user_agent"]


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


def user_agent(request: Request) -> UserAgent:
    """What the ``User-Agent`` header says, in parts (extra ``user-agent``).

    https://nextjs.org/docs/app/api-reference/functions/userAgent
    """
    return parse_user_agent(request.headers.get("User-Agent", ""))
