"""Read and write cookies as Next and the JavaScript of browsers do.

Names are tokens of RFC 6265. Values are any text, percent-encoded in the header.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypedDict, overload
from urllib.parse import quote, unquote_to_bytes

from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from ...exceptions import ResponseStartedError
from ..values.encoding import TOKEN
from .cookie_rules import check_cookie, required_by

if TYPE_CHECKING:
    from typing_extensions import Unpack  # typing has it from 3.11 on; checkers bring their own

# Characters that encodeURIComponent() does not encode.
_SAFE = "-_.!~*'()"

# An "expires" in the past, with which browsers delete a cookie.
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"

# RFC 6265 section 4.1.1: the value of an attribute has no control character and no semicolon.
_ATTRIBUTE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")


def parse_cookies(header: str) -> dict[str, str]:
    """Parse a ``Cookie`` header as Next does, and also values that Werkzeug and Flask wrote.

    If a name is repeated, the last value counts. A name without ``=`` has the
    value ``"true"``. A value that cannot be decoded is read as it was sent.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.lstrip(" ").partition("=")
        if equals:
            cookies[name] = decode_value(value)
        elif name:
            cookies[name] = "true"
    return cookies


def decode_value(value: str) -> str:
    """Decode the value of a cookie: percent-encoded, or in quotes with backslashes, as Werkzeug and Flask write it.

    Browsers and Next encode quotes, so a value in quotes comes from a server in Python.
    """
    if _is_quoted(value):
        return unquote_value(value)
    if "%" not in value:
        return value if value.isascii() else _text(value)
    if re.search(r"%(?![0-9A-Fa-f]{2})", value):
        return _text(value)
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeError:
        return _text(value)


def unquote_value(value: str) -> str:
    """Return the value of a cookie as Werkzeug reads it: without quotes and backslashes, if it is in quotes."""
    if not _is_quoted(value):
        return _text(value)
    data = _text(value.strip(" \t")[1:-1]).encode(errors="surrogateescape")
    return _ESCAPE.sub(_unescape, data).decode(errors="replace")


def _is_quoted(value: str) -> bool:
    if '"' not in value:
        return False
    quoted = value.strip(" \t")
    return len(quoted) >= 2 and quoted[0] == quoted[-1] == '"'


# Werkzeug and the module http.cookies write a byte as three octal digits.
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)


def _unescape(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    return escaped if len(escaped) == 1 else bytes([int(escaped, 8)])


def encode_value(value: str) -> str:
    """Percent-encode the value of a cookie for the header."""
    return quote(value, safe=_SAFE)


class CookieAttributes(TypedDict, total=False):
    """Attributes of a cookie, with the names that Werkzeug uses.

    ``max_age`` is in seconds, or a ``timedelta``. ``path`` is ``"/"`` by
    default; ``None`` omits it.
    """

    max_age: timedelta | int | None
    expires: datetime | str | float | None
    path: str | None
    domain: str | None
    secure: bool
    httponly: bool
    samesite: str | None
    partitioned: bool
    priority: str | None


def _text(value: str) -> str:
    """Decode bytes that were sent without encoding: as UTF-8 if they are valid, otherwise as Latin-1, as Next does."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def format_cookie(name: str, value: str, **attributes: Unpack[CookieAttributes]) -> str:
    """Return a ``Set-Cookie`` line.

    :raise ValueError: If the name is not a token, an attribute contains characters that would end it early, or
        browsers would drop the cookie.
    :raise TypeError: If the value is not a ``str``.
    """
    pair = format_pair(name, value)
    if unknown := set(attributes) - set(CookieAttributes.__annotations__):
        known = ", ".join(CookieAttributes.__annotations__)
        raise TypeError(f"A cookie has no attribute {min(unknown)!r}. Use one of: {known}.")
    path = attributes.get("path", "/")
    domain = attributes.get("domain")
    parts = [pair]
    parts += [f"Path={_attribute('path', path)}"] if path else []
    parts += _lifetime(attributes.get("max_age"), attributes.get("expires"))
    parts += [f"Domain={_attribute('domain', domain)}"] if domain else []
    parts += ["Secure"] if attributes.get("secure") else []
    parts += ["HttpOnly"] if attributes.get("httponly") else []
    parts += _one_of("SameSite", attributes.get("samesite"), ("Strict", "Lax", "None"))
    parts += ["Partitioned"] if attributes.get("partitioned") else []
    parts += _one_of("Priority", attributes.get("priority"), ("Low", "Medium", "High"))
    line = "; ".join(parts)
    if name.startswith("__") or not attributes.get("secure"):
        check_cookie(line)
    return line


def format_pair(name: str, value: str) -> str:
    """Return a cookie without attributes, as in a ``Cookie`` header.

    :raise ValueError: If the name is not a token.
    :raise TypeError: If the value is not a ``str``.
    """
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a cookie. Use only letters, digits and !#$%&'*+-.^_`|~.")
    if not isinstance(value, str):
        raise TypeError(f"The value of the cookie {name!r} must be a str, not {value!r}.")
    return f"{name}={encode_value(value)}"


def _lifetime(max_age: timedelta | int | None, expires: datetime | str | float | None) -> list[str]:
    seconds = (
        int(max_age.total_seconds() if isinstance(max_age, timedelta) else max_age) if max_age is not None else None
    )
    if seconds:
        # Next sends both, for clients that know only Expires.
        return [f"Expires={http_date(time.time() + seconds)}", f"Max-Age={seconds:d}"]
    if seconds is not None:
        return ["Max-Age=0"]
    if expires is None:
        return []
    if isinstance(expires, str):
        return [f"Expires={_attribute('expires', expires)}"]
    if isinstance(expires, datetime) and expires.tzinfo is None:
        expires = expires.replace(tzinfo=timezone.utc)
    return [f"Expires={http_date(expires)}"]


def _one_of(name: str, value: str | None, allowed: tuple[str, str, str]) -> list[str]:
    """Return an attribute with one of three values, in the case in which it was given."""
    if value is None:
        return []
    if not isinstance(value, str) or value.lower() not in map(str.lower, allowed):
        first, second, third = allowed
        raise ValueError(f"{name.lower()} must be {first!r}, {second!r} or {third!r}, not {value!r}.")
    return [f"{name}={value}"]


def _attribute(name: str, value: str) -> str:
    if not _ATTRIBUTE.fullmatch(value):
        raise ValueError(f"{name}={value!r} is not a valid attribute of a cookie. Use printable ASCII without ';'.")
    return value


def name_of(line: str) -> str:
    """Return the name in a ``Set-Cookie`` line."""
    return line.partition(";")[0].partition("=")[0].strip()


class Cookies(Mapping[str, str]):
    """Cookies of one request, and those that its response will set.

    A mapping of names to values. Cookies that were set can be read back. A
    deleted cookie reads as empty, as in Next.

    https://nextjs.org/docs/app/api-reference/functions/cookies
    """

    def __init__(self, received: Mapping[str, str]) -> None:
        self._values = dict(received)
        self._lines: dict[str, str] = {}
        self._sealed = False

    def set(self, name: str, value: str, **attributes: Unpack[CookieAttributes]) -> Cookies:
        """Set a cookie with the response. See ``CookieAttributes``.

        :raise ValueError: If the name or an attribute is not valid in the header.
        :raise ResponseStartedError: After the first chunk of a stream, and in ``after()``.
        """
        if self._sealed:
            raise ResponseStartedError(
                f"The cookie {name!r} comes too late: the headers have been sent. Set it before the first chunk is"
                " yielded, and not in after()."
            )
        self._lines[name] = format_cookie(name, value, **attributes)
        self._values[name] = value
        return self

    def _show(self, values: Mapping[str, str]) -> None:
        """Make values readable that another part of the response sets."""
        self._values.update(values)

    def delete(self, name: str, *, path: str | None = "/", domain: str | None = None) -> Cookies:
        """Delete a cookie of the client. Path and domain must be those that it was set with."""
        has = required_by(name)
        return self.set(
            name, "", expires=EPOCH, path=path, domain=domain, secure="secure" in has, httponly="httponly" in has
        )

    def has(self, name: str) -> bool:
        """Return whether there is a cookie of this name, as ``name in cookies`` does."""
        return name in self

    def get_all(self, name: str | None = None) -> list[tuple[str, str]]:
        """Return pairs of names and values: all cookies, or only those of one name."""
        return [item for item in self._values.items() if name is None or item[0] == name]

    def seal(self) -> None:
        """Make later calls of ``set()`` raise ``ResponseStartedError``."""
        self._sealed = True

    @property
    def lines(self) -> list[str]:
        """The ``Set-Cookie`` lines: first the names that the client sent, in their order, then new ones."""
        return [self._lines[name] for name in self._values if name in self._lines]

    @property
    def set_here(self) -> dict[str, str]:
        """The values that were set, by name."""
        return {name: self._values[name] for name in self._lines if name in self._values}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Cookies({self._values!r})"


class ResponseCookies:
    """``response.cookies``: the ``Set-Cookie`` lines of one response.

    https://nextjs.org/docs/app/api-reference/functions/next-response#cookies
    """

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def set(self, name: str, value: str, **attributes: Unpack[CookieAttributes]) -> ResponseCookies:
        """Set a cookie, in place of an earlier one with its name."""
        line = format_cookie(name, value, **attributes)
        kept = [other for other in self._headers.getlist("Set-Cookie") if name_of(other) != name]
        self._headers.setlist("Set-Cookie", [*kept, line])
        return self

    def delete(self, name: str, *, path: str | None = "/", domain: str | None = None) -> ResponseCookies:
        """Delete a cookie of the client."""
        has = required_by(name)
        return self.set(
            name, "", expires=EPOCH, path=path, domain=domain, secure="secure" in has, httponly="httponly" in has
        )

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the value that this response sets, decoded."""
        return self.get_all().get(name, default)

    def get_all(self) -> dict[str, str]:
        """Return all names with the values that this response sets."""
        lines = self._headers.getlist("Set-Cookie")
        return {name_of(line): decode_value(line.partition(";")[0].partition("=")[2]) for line in lines}

    def has(self, name: str) -> bool:
        """Return whether this response sets a cookie of this name."""
        return name in self.get_all()

    def __contains__(self, name: object) -> bool:
        return name in self.get_all()
