"""Next's ``next/headers``: the cookies and headers of the request being answered."""

from __future__ import annotations

from werkzeug.datastructures import EnvironHeaders

from ._http.cookies import CookieAttributes, Cookies
from ._runtime.scope import current_scope

__all__ = ["CookieAttributes", "Cookies", "cookies", "headers"]


def cookies() -> Cookies:
    """The cookies of the request being answered; what is set here is sent.

    A mapping of names to values with ``set(name, value, *, max_age, expires,
    path="/", domain, secure, httponly, samesite, partitioned)``, ``delete(name)``
    and ``get_all()``. What was set is read back. Cookies set before ``redirect()``,
    ``not_found()`` or a Werkzeug ``HTTPException`` are sent; after an unexpected
    exception they are dropped.

    https://nextjs.org/docs/app/api-reference/functions/cookies

    :raise OutsideRequestError: Outside of a request.
    """
    return current_scope("cookies").cookies


def headers() -> EnvironHeaders:
    """The headers of the request being answered, read-only and in any case.

    https://nextjs.org/docs/app/api-reference/functions/headers

    :raise OutsideRequestError: Outside of a request.
    """
    return current_scope("headers").headers
