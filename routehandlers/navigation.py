"""Next's ``next/navigation``: functions that end a handler with a response.

Each function raises an ``Interrupt``, in a handler or in a function that it
calls. ``Interrupt`` derives from ``BaseException``: it is a response, not an
error, and ``except Exception:`` does not catch it.
"""

from __future__ import annotations

from typing import NoReturn

from ._http.response.interrupts import AccessFallback, Interrupt, Redirect

__all__ = ["Interrupt", "forbidden", "not_found", "permanent_redirect", "redirect", "unauthorized"]


def redirect(url: object, type: object = None) -> NoReturn:  # noqa: ARG001  # as in Next
    """Redirect with status 307, or 303 after the POST of a form, and with an empty body.

    Inside ``with transaction:`` it rolls back, as any exception does. Write
    ``return Response.redirect(…)`` there.

    https://nextjs.org/docs/app/api-reference/functions/redirect

    :param url: Text or a URL, sent unchanged. ``app.url_for()`` adds the base path.
    :param type: ``"push"`` or ``"replace"``. It has no effect: a response cannot choose what the browser's history
        does. It is here so that code from Next works.
    :raise TypeError: If the URL is ``None`` or another value that is no URL.
    :raise ValueError: If the URL is empty or contains control characters.
    """
    raise Redirect(url, 307)


def permanent_redirect(url: object, type: object = None) -> NoReturn:  # noqa: ARG001  # as in Next
    """Redirect with status 308, or 303 after the POST of a form.

    Browsers remember a 308 permanently, so it is hard to take back.

    https://nextjs.org/docs/app/api-reference/functions/permanentRedirect

    :param url: As for ``redirect``.
    :param type: As for ``redirect``.
    """
    raise Redirect(url, 308)


def not_found() -> NoReturn:
    """Respond with status 404.

    https://nextjs.org/docs/app/api-reference/functions/not-found
    """
    raise AccessFallback(404)


def forbidden() -> NoReturn:
    """Respond with status 403: the client is known but has no permission.

    https://nextjs.org/docs/app/api-reference/functions/forbidden
    """
    raise AccessFallback(403)


def unauthorized() -> NoReturn:
    """Respond with status 401: the client is not authenticated.

    https://nextjs.org/docs/app/api-reference/functions/unauthorized
    """
    raise AccessFallback(401)
