"""Translate cookies between Flask and the routes, so that views and routes read each other's cookies.

Flask writes values in quotes with backslashes and reads all others as they were sent. The routes percent-encode values,
as Next does. What passes between them is written anew here, so a cookie has the same value on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.http import dump_cookie

from .._http.response.additions import Pairs
from .._http.response.changes import own_copy
from .._http.response.cookies import decode_value, encode_value, unquote_value

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse


def cookies_for_routes(header: str) -> str:
    """Return a ``Cookie`` header of which the routes read the values that Flask reads."""
    if "%" not in header and '"' not in header:
        return header
    return ";".join(map(_for_routes, header.split(";")))


def cookies_for_flask(headers: Pairs) -> Pairs:
    """Return the headers of a response of the routes with ``Set-Cookie`` lines as Flask writes them."""
    return [(name, _for_flask(value) if name == "Set-Cookie" and "%" in value else value) for name, value in headers]


def with_cookies_for_routes(response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a response of Flask with ``Set-Cookie`` lines as the routes write them."""
    if not any("%" in line for line in response.headers.getlist("Set-Cookie")):
        return response
    changed = own_copy(response)
    lines = changed.headers.getlist("Set-Cookie")
    changed.headers.setlist("Set-Cookie", [_line_for_routes(line) for line in lines])
    return changed


def _for_routes(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if "%" not in value and '"' not in value:
        return pair
    return f"{name}{equals}{encode_value(unquote_value(value))}"


def _line_for_routes(line: str) -> str:
    pair, semicolon, attributes = line.partition(";")
    return f"{_for_routes(pair)}{semicolon}{attributes}"


def _for_flask(line: str) -> str:
    pair, semicolon, attributes = line.partition(";")
    name, equals, value = pair.partition("=")
    decoded = decode_value(value) if "%" in value and not value.startswith('"') else None
    if decoded is None:
        return line
    written = dump_cookie("a", decoded, path=None, max_size=0).removeprefix("a=")
    return f"{name}{equals}{written}{semicolon}{attributes}"
