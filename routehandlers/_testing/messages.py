"""The requests that tests send, and the responses that they get: Werkzeug's, with what it does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import werkzeug.test
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from .._http.response.cookies import format_cookie
from .._http.values import json as _json

_ABSOLUTE = re.compile(r"(https?://[^/?#]+)(.*)", re.DOTALL)

# One cache's part of the header, and one parameter of it; a detail is a quoted text (RFC 9211 section 2, RFC 8941).
_TEXT = r'"(?:\\.|[^"\\])*"'
_OURS = re.compile(rf"(?:^|,)\s*routehandlers(?P<parameters>(?:\s*;\s*[\w-]+(?:=(?:{_TEXT}|[^\s;,\"]*))?)*)")
_PARAMETER = re.compile(rf";\s*(?P<name>[\w-]+)(?:=(?P<value>{_TEXT}|[^\s;,\"]*))?")


class RequestBuilder(EnvironBuilder):
    """What Werkzeug makes a request of, its path going out as it was written.

    An absolute URL names the host, and JSON is written as handlers' answers are.
    """

    json_dumps = staticmethod(_json.dumps)  # type: ignore[assignment]  # bytes will do

    def __init__(self, path: str = "/", base_url: str | None = None, *args: Any, **options: Any) -> None:
        absolute = _ABSOLUTE.fullmatch(path)
        if absolute is not None and base_url is None:
            base_url, path = absolute[1], absolute[2] or "/"
        # What follows two slashes would be taken for a host.
        slashes = len(path) - len(path.lstrip("/"))
        super().__init__(path[max(slashes - 1, 0) :], base_url, *args, **options)
        self.path = "/" * (slashes - 1) + self.path
        self.request_uri = self.script_root + path


class TestResponse(werkzeug.test.TestResponse):
    """Werkzeug's test response, which also tells how the cache answered."""

    @property
    def cache(self) -> Literal["HIT", "STALE", "MISS", "BYPASS"] | None:
        """What ``Cache-Status`` says in one word; ``None`` where the route is not cached.

        ``"HIT"`` was stored, ``"STALE"`` too, and is being made anew in the background; ``"MISS"`` was
        rendered; ``"BYPASS"`` was made for this client alone.
        """
        ours = next((found for line in self.headers.getlist("Cache-Status") if (found := _OURS.search(line))), None)
        if ours is None:
            return None
        said = {found["name"]: found["value"] or "" for found in _PARAMETER.finditer(ours["parameters"])}
        if "hit" in said:
            return "STALE" if said.get("ttl", "").startswith("-") else "HIT"
        return "BYPASS" if said.get("fwd") == "bypass" else "MISS"


def with_cookies(headers: Any, cookies: Mapping[str, str] | None) -> Headers:
    """The headers of a request with cookies among them.

    :raise ValueError: For a name that no cookie can have.
    """
    fields = Headers(headers)
    pairs = [format_cookie(name, value, path=None) for name, value in (cookies or {}).items()]
    if pairs:
        fields["Cookie"] = "; ".join([*fields.getlist("Cookie"), *pairs])
    return fields
