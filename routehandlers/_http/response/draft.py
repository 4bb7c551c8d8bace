"""Draft mode: a signed cookie with which a client gets fresh responses instead of stored ones.

https://nextjs.org/docs/app/api-reference/functions/draft-mode
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from math import ceil
from typing import TYPE_CHECKING

from .cookies import EPOCH, CookieAttributes, format_cookie

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COOKIE = "__prerender_bypass"


# A token is the second at which it expires, and the signature of this number, both in hexadecimal digits.
_DIGITS_OF_TIME = 16
_TOKEN = re.compile(f"[0-9a-f]{{{_DIGITS_OF_TIME + 64}}}")

# The latest second that a token can contain.
_FOR_EVER = 2**60


class DraftKey:
    """Signs and recognises the cookie. Workers with the same secrets recognise each other's cookies.

    :param secrets: The application's ``secret_key``. The first one signs, and all verify: a cookie is invalid when its
        secret has left the list.
    :param max_age: Seconds after which a cookie is invalid.
    :param debug: Use ``SameSite=Lax`` for ``dev``, which serves pages without TLS.
    """

    def __init__(self, secrets: Sequence[str], max_age: float, *, debug: bool) -> None:
        self._secrets = tuple(secret.encode(errors="surrogatepass") for secret in secrets)
        self._max_age = max_age
        self._attributes: CookieAttributes = (
            {"httponly": True, "samesite": "lax"} if debug else {"secure": True, "httponly": True, "samesite": "none"}
        )

    def is_valid(self, cookies: Mapping[str, str]) -> bool:
        """Return whether the cookies contain a cookie of draft mode with a valid signature that has not expired."""
        token = cookies.get(COOKIE, "")
        if not _TOKEN.fullmatch(token):
            return False
        expires, signature = token[:_DIGITS_OF_TIME], token[_DIGITS_OF_TIME:]
        is_signed = any(hmac.compare_digest(signature, _sign(secret, expires)) for secret in self._secrets)
        return is_signed and time.time() < int(expires, 16)

    def enabling(self, max_age: float | None = None) -> tuple[str, CookieAttributes]:
        """Return the value and attributes of a cookie that enables draft mode.

        :param max_age: Seconds after which it is invalid, instead of the setting.
        """
        end = min(time.time() + (self._max_age if max_age is None else max_age), _FOR_EVER)
        expires = f"{ceil(end):0{_DIGITS_OF_TIME}x}"
        return expires + _sign(self._secrets[0], expires), self._attributes

    def disabling(self) -> tuple[str, CookieAttributes]:
        """Return the value and attributes of the cookie that disables draft mode."""
        return "", {**self._attributes, "expires": EPOCH}

    def clearing_line(self) -> str:
        """Return the ``Set-Cookie`` line that deletes a forged cookie."""
        value, attributes = self.disabling()
        return format_cookie(COOKIE, value, **attributes)


def _sign(secret: bytes, expires: str) -> str:
    # 256 bits. The label separates it from other uses of the secret.
    return hmac.new(secret, b"routehandlers draft mode " + expires.encode(), hashlib.sha256).hexdigest()
