"""Next's ``next/headers``: the cookies and headers of the request being answered."""

from __future__ import annotations

from werkzeug.datastructures import EnvironHeaders

from ._http.response.cookies import CookieAttributes, Cookies
from ._http.response.draft import COOKIE, DraftKey
from ._runtime.scope.scope import Scope, current_scope
from .exceptions import InvalidConfigError

__all__ = ["CookieAttributes", "Cookies", "DraftMode", "cookies", "draft_mode", "headers"]


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


class DraftMode:
    """Draft mode of the request being answered; see ``draft_mode``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def is_enabled(self) -> bool:
        """Whether this client sees drafts: nothing for it comes from the cache, and nothing is stored."""
        return self._scope.is_draft

    def enable(self) -> None:
        """Have this client see drafts, until it closes its browser.

        :raise InvalidConfigError: If the application has no ``secret_key``.
        :raise ResponseStartedError: After the first chunk of a stream.
        """
        self._switch(is_on=True)

    def disable(self) -> None:
        """Have this client see what everybody sees."""
        self._switch(is_on=False)

    def _switch(self, *, is_on: bool) -> None:
        value, attributes = self._key.enabling() if is_on else self._key.disabling()
        self._scope.jar.set(COOKIE, value, **attributes)
        self._scope.draft = is_on
        if self._scope.render is not None:
            self._scope.render.turn_dynamic("draft_mode()")

    @property
    def _key(self) -> DraftKey:
        key = self._scope.route.draft_key
        if key is None:
            raise InvalidConfigError(
                "draft_mode() signs a cookie, and there is no secret_key. Pass one to RouteHandlers(…, secret_key=…),"
                " the same in all workers, from the environment and not from the code."
            )
        return key

    def __repr__(self) -> str:
        return f"DraftMode(is_enabled={self.is_enabled})"


def draft_mode() -> DraftMode:
    """Draft mode: a signed cookie with which an editor sees what is not published yet, past the cache.

    https://nextjs.org/docs/app/api-reference/functions/draft-mode

    :raise OutsideRequestError: Outside of a request.
    """
    return DraftMode(current_scope("draft_mode"))
