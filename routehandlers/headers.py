"""Next's ``next/headers``: cookies, headers and draft mode of the current request."""

from __future__ import annotations

from werkzeug.datastructures import EnvironHeaders

from ._http.response.cookies import CookieAttributes, Cookies
from ._http.response.draft import COOKIE, DraftKey
from ._runtime.scope.scope import Scope, current_scope
from .exceptions import InvalidConfigError

__all__ = ["CookieAttributes", "Cookies", "DraftMode", "cookies", "draft_mode", "headers"]


def cookies() -> Cookies:
    """Return the cookies of the current request. Cookies set here are sent.

    The result is a mapping of names to values with ``set(name, value, *, max_age,
    expires, path="/", domain, secure, httponly, samesite, partitioned, priority)``,
    ``delete(name)`` and ``get_all()``. It includes the cookies that were set.
    Cookies set before ``redirect()``, ``not_found()`` or a Werkzeug
    ``HTTPException`` are sent. After an unexpected exception they are dropped.

    https://nextjs.org/docs/app/api-reference/functions/cookies

    :raise OutsideRequestError: Outside of a request.
    """
    return current_scope("cookies").cookies


def headers() -> EnvironHeaders:
    """Return the headers of the current request. They are read-only, and names ignore the case.

    https://nextjs.org/docs/app/api-reference/functions/headers

    :raise OutsideRequestError: Outside of a request.
    """
    return current_scope("headers").headers


class DraftMode:
    """Draft mode of the current request; see ``draft_mode``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def is_enabled(self) -> bool:
        """Whether this client sees drafts. If so, its responses neither come from the cache nor are stored."""
        return self._scope.is_draft

    def enable(self, *, max_age: float | None = None) -> None:
        """Turn on draft mode for this client, until it closes its browser, or until the cookie expires.

        :param max_age: Seconds after which the cookie expires, instead of the setting ``draft_max_age``.
        :raise ValueError: If ``max_age`` is not above 0.
        :raise InvalidConfigError: If the application has no ``secret_key``.
        :raise ResponseStartedError: After the first chunk of a stream.
        """
        if max_age is not None and not 0 < max_age < float("inf"):
            raise ValueError(f"max_age is {max_age!r}. Give a number of seconds above 0.")
        self._switch(self._key.enabling(max_age), is_on=True)

    def disable(self) -> None:
        """Turn off draft mode for this client."""
        self._switch(self._key.disabling(), is_on=False)

    def _switch(self, cookie: tuple[str, CookieAttributes], *, is_on: bool) -> None:
        value, attributes = cookie
        self._scope.jar.set(COOKIE, value, **attributes)
        self._scope.draft = is_on
        if self._scope.render is not None:
            self._scope.render.turn_dynamic("draft_mode()")

    @property
    def _key(self) -> DraftKey:
        key = self._scope.route.draft_key
        if key is None:
            raise InvalidConfigError(
                "draft_mode() needs the setting secret_key to sign a cookie, the same in all workers. Set"
                " ROUTEHANDLERS_SECRET_KEY in the environment. A RouteHandlers(…) that your code makes does not read"
                ' it: write secret_key=os.environ["ROUTEHANDLERS_SECRET_KEY"] there.'
            )
        return key

    def __repr__(self) -> str:
        return f"DraftMode(is_enabled={self.is_enabled})"


def draft_mode() -> DraftMode:
    """Return the draft mode of the current request.

    Draft mode is a signed cookie. With it, an editor sees unpublished content, which bypasses the cache.

    https://nextjs.org/docs/app/api-reference/functions/draft-mode

    :raise OutsideRequestError: Outside of a request.
    """
    return DraftMode(current_scope("draft_mode"))
