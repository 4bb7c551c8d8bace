"""Parts of error messages: suggestions and remedies, and values in short and without passwords."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice
from urllib.parse import urlsplit

# A message lists at most this many names: the patterns of a large application would fill the screen.
_SHOWN = 20

_LONGEST_VALUE = 80


def hint(name: object, known: Collection[str]) -> str:
    """Return a sentence about an unknown name: it suggests the most similar known name, or lists all of them.

    Next's spelling (``fooBar``) also finds ``foo_bar``.
    """
    text = str(name)
    near = closest(text, known) or closest(snake_case(text), known)
    if near is not None:
        return f"Did you mean {near!r}?"
    more = f", and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"There are: {', '.join(islice(known, _SHOWN))}{more}." if known else "There are none."


def closest(name: str, known: Collection[str], similarity: float = 0.6) -> str | None:
    """Return the known name that is most similar to another, or ``None`` if none is similar enough.

    :param similarity: From 0 to 1, as for ``difflib.get_close_matches``.
    """
    return next(iter(get_close_matches(name, known, n=1, cutoff=similarity)), None)


def shorten(value: object) -> str:
    """Return the ``repr()`` of a value, cut to 80 characters."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}…"


def pass_in_code(setting: str) -> str:
    """Return a sentence about a setting that text cannot contain: how to pass it, and how commands then find it."""
    return (
        f"Pass it to RouteHandlers(…, {setting}=…) in a module such as wsgi.py, and name that application for the"
        ' commands: [tool.routehandlers] app = "wsgi:app".'
    )


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:/+|/+")
_SECRET_OPTION = re.compile(r"((?:^|[?&;])[^=&;]*(?:pass|pwd|secret|token|key|auth)[^=&;]*=)[^&;]*", re.IGNORECASE)

# "redis://:password", where the host was forgotten.
_NO_PORT = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*:/+[^/?#:\[]*:)(?!\d*(?:[/?#]|\Z)).*", re.DOTALL)

# A word of a text that may be a URL with a password.
_WITH_PASSWORD = re.compile(r"""[^\s'"<>(),]*:[^\s'"<>(),]*@[^\s'"<>(),]*""")

# Paths of these URLs may contain an "@".
_WITH_PATHS = ("http", "https", "file")


def hide_password(url: str) -> str:
    """Return a URL, misspelt or not, for messages: ``***`` is in the place of user and password."""
    before, at, after = _split_at_host(url)
    if at:
        scheme = _SCHEME.match(before)
        url = f"{scheme[0] if scheme else ''}***@{after}"
    return _NO_PORT.sub(r"\1***", _SECRET_OPTION.sub(r"\1***", url))


def _split_at_host(url: str) -> tuple[str, str, str]:
    """Return the parts of a URL before and after the ``@`` that ends the password.

    A password that is not percent-encoded may contain any character. So the last ``@`` counts, unless the URL is valid.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in _WITH_PATHS and (parts.hostname is not None) and (parts.port or True)
    except ValueError:
        is_valid = False
    if not is_valid and not url.startswith("file:///"):
        return url.rpartition("@")
    begin, slashes, rest = url.partition("://")
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    user, at, host = authority.rpartition("@")
    return begin + slashes + user, at, host + rest[len(authority) :]


def hide_passwords(text: str) -> str:
    """Hide the passwords of all URLs in a text."""
    return _WITH_PASSWORD.sub(lambda word: hide_password(word[0]), text)


def show(value: object) -> str:
    """Return the ``repr()`` of a value without the passwords of the URLs in it."""
    return repr(hide_password(value)) if isinstance(value, str) else hide_passwords(repr(value))


def snake_case(name: str) -> str:
    """Convert ``fooBar`` to ``foo_bar``."""
    return re.sub("(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0]}", name).lower()
