"""Next's ``next/navigation``: answers that a handler, or a function it calls, raises.

Each raises an ``Interrupt``, which derives from ``BaseException``: it is
an answer, not a mistake, and ``except Exception:`` does not swallow it.
"""

from __future__ import annotations

from typing import NoReturn

from ._http.response.interrupts import AccessFallback, Interrupt, Redirect

__all__ = ["Interrupt", "forbidden", "not_found", "permanent_redirect", "redirect", "unauthorized"]


def redirect(url: object) -> NoReturn:
    """Answer 307, or 303 to the POST of a form, with an empty body.

    Inside ``with transaction:`` it rolls back, as any exception does; write
    ``return Response.redirect(…)`` there.

    https://nextjs.org/docs/app/api-reference/functions/redirect

    :param url: Text or a URL, sent as it stands; ``app.url_for()`` adds the base path.
    :raise ValueError: If it is empty or holds control characters.
    """
    raise Redirect(str(url), None)


def permanent_redirect(url: object) -> NoReturn:
    """Answer 308. Browsers keep it for good, so that it is hard to take back.

    https://nextjs.org/docs/app/api-reference/functions/permanentRedirect

    :param url: As for ``redirect``.
    """
    raise Redirect(str(url), 308)


def not_found() -> NoReturn:
    """Answer 404.

    https://nextjs.org/docs/app/api-reference/functions/not-found
    """
    raise AccessFallback(404)


def forbidden() -> NoReturn:
    """Answer 403: the client is known and may not do this.

    https://nextjs.org/docs/app/api-reference/functions/forbidden
    """
    raise AccessFallback(403)


def unauthorized() -> NoReturn:
    """Answer 401: the client is not known.

    https://nextjs.org/docs/app/api-reference/functions/unauthorized
    """
    raise AccessFallback(401)
