"""Draft mode: a signed cookie with which a client gets fresh responses instead of stored ones.

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
    """Signs and recognises the cookie. Workers with the same secret make the same cookie.

    :param secret: The application's ``secret_key``.
    :param debug: Use ``SameSite=Lax`` for ``dev``, which serves pages without TLS.
    """

    def __init__(self, secret: str, *, debug: bool) -> None:
        # 256 bits. The label separates it from other uses of the secret.
        self._token = hmac.new(secret.encode(), b"routehandlers draft mode", hashlib.sha256).hexdigest()
        self._attributes: CookieAttributes = (
            {"httponly": True, "samesite": "lax"} if debug else {"secure": True, "httponly": True, "samesite": "none"}
        )

    def is_valid(self, cookies: Mapping[str, str]) -> bool:
        """Return whether the cookies contain a cookie of draft mode with a valid signature."""
        # As bytes, since compare_digest() refuses text beyond ASCII.
        return hmac.compare_digest(cookies.get(COOKIE, "").encode(), self._token.encode())

    def enabling(self) -> tuple[str, CookieAttributes]:
        """Return the value and attributes of the cookie that enables draft mode."""
        return self._token, self._attributes

    def disabling(self) -> tuple[str, CookieAttributes]:
        """Return the value and attributes of the cookie that disables draft mode."""
        return "", {**self._attributes, "expires": EPOCH}

    def clearing_line(self) -> str:
        """Return the ``Set-Cookie`` line that deletes a forged cookie."""
        value, attributes = self.disabling()
        return format_cookie(COOKIE, value, **attributes)
