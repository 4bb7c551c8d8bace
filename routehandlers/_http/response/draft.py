"""Draft mode: a signed cookie with which a client sees what is not stored.

https://nextjs.org/docs/app/api-reference/functions/draft-mode
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from .cookies import EPOCH, CookieAttributes, format_cookie

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "__prerender_bypass"


class DraftKey:
    """Signs and recognises the cookie. All workers that know the secret make the same.

    :param secret: The application's ``secret_key``.
    :param debug: In ``dev``, where pages are served without TLS, browsers get it as ``SameSite=Lax``.
    """

    def __init__(self, secret: str, *, debug: bool) -> None:
        # 256 bits. The label keeps it apart from whatever else the secret signs.
        self._token = hmac.new(secret.encode(), b"routehandlers draft mode", hashlib.sha256).hexdigest()
        self._attributes: CookieAttributes = (
            {"httponly": True, "samesite": "lax"} if debug else {"secure": True, "httponly": True, "samesite": "none"}
        )

    def is_valid(self, cookies: Mapping[str, str]) -> bool:
        """Whether a client has the cookie, and it is ours."""
        # As bytes: compare_digest takes no text beyond ASCII.
        return hmac.compare_digest(cookies.get(COOKIE, "").encode(), self._token.encode())

    def enabling(self) -> tuple[str, CookieAttributes]:
        """The cookie that switches draft mode on: its value and attributes."""
        return self._token, self._attributes

    def disabling(self) -> tuple[str, CookieAttributes]:
        """The one that switches it off."""
        return "", {**self._attributes, "expires": EPOCH}

    def clearing_line(self) -> str:
        """The ``Set-Cookie`` line that takes a forged cookie from its client."""
        value, attributes = self.disabling()
        return format_cookie(COOKIE, value, **attributes)
