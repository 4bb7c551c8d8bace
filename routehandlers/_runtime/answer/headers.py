"""Check response headers, and add the content type and the cookies of the request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..._http.response.additions import Addition, Pairs
from ..._http.response.changes import own_copy
from ..._http.response.cookies import name_of
from ..._http.values.encoding import TOKEN, is_header_value

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import Scope

logger = logging.getLogger("routehandlers")

# Hop-by-hop headers describe one connection, which the server manages. PEP 3333 forbids
# applications to send them, and a server that passed them on would break its framing.
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer trailers transfer-encoding upgrade".split()
)

# Header names that are known to be tokens. Most applications use few names. The bound is for those that generate them.
_checked_names: dict[str, str] = {}
_MOST_NAMES = 1_000
_LONGEST_NAME = 100

# Headers that say something about the body, the cookies or the caches. They are checked together with the response.
_WITH_MEANING = frozenset({"content-type", "content-length", "set-cookie", "cache-control", *_HOP_BY_HOP})

# All other responses get a type: wsgiref.validate requires it, and a client without a type guesses.
WITHOUT_TYPE = (204, 304)


def check_headers(headers: Iterable[tuple[str, str]], status: int, default_type: str) -> tuple[Pairs, str | None]:
    """Return checked headers for WSGI, with a content type, and the value of ``Content-Length`` if there is one.

    :raise ValueError: For a name or a value that would break the message.
    """
    checked: Pairs = []
    length = None
    typed = status in WITHOUT_TYPE
    for pair in headers:
        name, value = pair
        lower = _checked_names.get(name) or _check_name(name)
        if lower == "content-type":
            if status in WITHOUT_TYPE:
                continue
            typed = True
        elif lower == "content-length":
            length = value
        elif lower in _HOP_BY_HOP:
            logger.warning("The header %s was left out: only the server may set it.", name)
            continue
        # These two tests also begin is_header_value(). Here they save a call for each header.
        if not (value.isascii() and value.isprintable()) and not is_header_value(value):
            raise ValueError(
                f"The header {name} cannot hold {value!r}: it takes no control characters, and only Latin-1 text."
            )
        checked.append(pair)
    if not typed:
        checked.append(("Content-Type", default_type))
    return checked, length


def is_sendable(addition: Addition) -> bool:
    """Return whether headers may be added to any response that was checked already.

    Those that say something about the body, the cookies or the caches must be checked together with the response.

    :raise ValueError: For a name or a value that would break the message.
    """
    if addition.is_independent is None:
        if not addition.names & _WITH_MEANING:
            check_headers(addition.pairs, 204, "")
            addition.is_independent = True
        else:
            addition.is_independent = False
    return addition.is_independent


def take_cookies(scope: Scope, headers: Iterable[tuple[str, str]]) -> Pairs:
    """Return the ``Set-Cookie`` headers of a request that its response does not have yet.

    A cookie that the response sets itself replaces a cookie of the same name from ``cookies().set()``.
    """
    if not scope.cookie_lines():
        return []
    own = {name_of(value) for name, value in headers if name.lower() == "set-cookie"}
    return [("Set-Cookie", line) for line in scope.take_cookie_lines(own)]


def with_cookies(scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a response with the cookies set so far, so that middleware can see them."""
    if not scope.cookie_lines():
        return response
    headers = list(response.headers)
    return own_copy(response, [*headers, *take_cookies(scope, headers)])


def _check_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a header.")
    if len(_checked_names) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
        _checked_names[name] = name.lower()
    return name.lower()
