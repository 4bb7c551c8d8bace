"""Requests and responses of tests: Werkzeug's classes with additions for this library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import werkzeug.test
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from .._http.response.cookies import format_pair
from .._http.values import json as _json

_ABSOLUTE = re.compile(r"(https?://[^/?#]+)(.*)", re.DOTALL)

# The entry of one cache in Cache-Status, and one parameter of it. A detail is a quoted string (RFC 9211 section 2,
# RFC 8941).
_TEXT = r'"(?:\\.|[^"\\])*"'
_OURS = re.compile(rf"(?:^|,)\s*routehandlers(?P<parameters>(?:\s*;\s*[\w-]+(?:=(?:{_TEXT}|[^\s;,\"]*))?)*)")
_PARAMETER = re.compile(rf";\s*(?P<name>[\w-]+)(?:=(?P<value>{_TEXT}|[^\s;,\"]*))?")


class RequestBuilder(EnvironBuilder):
    """Build a request whose path is sent as it was written.

    An absolute URL sets the host, and JSON is written as in the responses of handlers.
    """

    json_dumps = staticmethod(_json.dumps)  # type: ignore[assignment]  # Werkzeug accepts bytes too

    def __init__(self, path: str = "/", base_url: str | None = None, *args: Any, **options: Any) -> None:
        absolute = _ABSOLUTE.fullmatch(path)
        if absolute is not None and base_url is None:
            base_url, path = absolute[1], absolute[2] or "/"
        # Werkzeug would take the text after two slashes for a host.
        slashes = len(path) - len(path.lstrip("/"))
        super().__init__(path[max(slashes - 1, 0) :], base_url, *args, **options)
        self.path = "/" * (slashes - 1) + self.path
        self.request_uri = self.script_root + path


class TestResponse(werkzeug.test.TestResponse):
    """Werkzeug's test response with the state of the cache."""

    @property
    def cache(self) -> Literal["HIT", "STALE", "MISS", "BYPASS"] | None:
        """The ``Cache-Status`` header in one word, or ``None`` if the route is not cached.

        ``"HIT"`` is a stored response. ``"STALE"`` is a stored response that is being refreshed in the background.
        ``"MISS"`` was rendered and may be stored. ``"BYPASS"`` was rendered for this client alone.
        """
        ours = next((found for line in self.headers.getlist("Cache-Status") if (found := _OURS.search(line))), None)
        if ours is None:
            return None
        said = {found["name"]: found["value"] or "" for found in _PARAMETER.finditer(ours["parameters"])}
        if "hit" in said:
            return "STALE" if said.get("ttl", "").startswith("-") else "HIT"
        return "BYPASS" if said.get("fwd") == "bypass" else "MISS"


def with_cookies(headers: Any, cookies: Mapping[str, str] | None) -> Headers:
    """Return the headers of a request with a ``Cookie`` header for some cookies.

    :raise ValueError: For an invalid cookie name.
    """
    fields = Headers(headers)
    pairs = [format_pair(name, value) for name, value in (cookies or {}).items()]
    if pairs:
        fields["Cookie"] = "; ".join([*fields.getlist("Cookie"), *pairs])
    return fields
