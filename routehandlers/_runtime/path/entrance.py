"""Check the host of a request, and read the path that middleware, routes and the cache use."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from werkzeug.exceptions import BadRequest, NotFound, RequestURITooLarge

from ..._http.request.host import is_trusted_host, is_valid_host
from ..._http.request.path import REPEATED_SLASHES, decode_segments, has_dot_segment, sent_path, usual_path
from ..._http.response.response import Response
from ..._routing.spelling import ESCAPE, to_matching
from .plans import Plan

if TYPE_CHECKING:
    from ..._http.request.request import Request
    from ...config import Config
    from ...typing import WSGIEnvironment

# Bound of the valid Host values that are remembered. The oldest is dropped for a new one, so a client that sends many
# values neither fills memory nor keeps the real host out.
_MOST_HOSTS = 1_000

# Paths that need no decoding and no redirect. Nearly all paths match.
PLAIN = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9_~!$&'()*+,;=:@.-]*)+")

# RFC 9110 section 4.1 asks for at least 8,000; gunicorn accepts half of that.
_LONGEST_PATH = 8_192


class UnknownPathError(NotFound):
    """Raised if neither a route nor a file has the path."""


class Entrance:
    """Read the host and the path of requests.

    :ivar good_hosts: Values of ``Host`` that are known to be valid.
    :ivar knows: Returns whether a route or file has a path; ``None`` without another application. Its paths may end
        in a slash and are not redirected.
    """

    knows: Callable[[str], bool] | None = None

    def __init__(self, config: Config, request_class: type[Request]) -> None:
        self._config = config
        self._request_class = request_class
        self.good_hosts: dict[str | None, None] = {}
        # Only if a path without a trailing slash is never redirected.
        self._takes_plain = not config.base_path and (config.skip_trailing_slash_redirect or not config.trailing_slash)

    def check_host(self, environ: WSGIEnvironment) -> None:
        """Check that ``Host`` is valid and trusted, and that the protocol is HTTP.

        :raise BadRequest: If the check fails.
        """
        host: str | None = environ.get("HTTP_HOST")
        if self.knows is None and is_websocket(environ):
            raise BadRequest("WebSockets are not supported here.")
        if host:
            if not is_valid_host(host):
                raise BadRequest("The Host header is malformed.")
            if not is_trusted_host(host, self._config.trusted_hosts):
                raise BadRequest("The Host header does not name a trusted host.")
        elif self._config.trusted_hosts is not None:
            raise BadRequest("The Host header is missing.")
        while len(self.good_hosts) >= _MOST_HOSTS:
            with suppress(RuntimeError, StopIteration):  # another thread may change it at the same time
                self.good_hosts.pop(next(iter(self.good_hosts)), None)
        self.good_hosts[host] = None

    def plain_path(self, environ: WSGIEnvironment) -> str | None:
        """Return the path of a request if it is its own matching text and needs no redirect, or else ``None``."""
        target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        path: str = environ.get("PATH_INFO") or ""
        return path if self._takes_plain and "%" not in target and PLAIN.fullmatch(path) else None

    def read_path(self, environ: WSGIEnvironment) -> Plan:
        """Return a plan with the path of a request, or with a redirect to its right spelling.

        :raise BadRequest: If the path cannot be decoded.
        :raise NotFound: If the path has dot segments.
        """
        plain = self.plain_path(environ)
        return Plan(plain, plain) if plain is not None else self.read_encoded_path(environ)

    def read_encoded_path(self, environ: WSGIEnvironment) -> Plan:
        """Return a plan as ``read_path`` does, for a path that is not plain."""
        usual = usual_path(environ) if self._takes_plain else None
        if usual is not None and ESCAPE not in usual:
            return Plan(usual, usual)
        prefix, path = sent_path(environ)
        if path and not path.startswith("/"):
            raise BadRequest("The path does not begin with a slash.")
        if has_dot_segment(path):
            raise NotFound
        below = self.below_base_path(path)
        location = None
        if below is not None or REPEATED_SLASHES.search(path):
            location = self.redirect_target(path)
            if location is not None and self._may_be_foreign(path, below):
                location = None
        whole = to_text(path)
        text = whole if below == path else None if below is None else to_text(below)
        plan = Plan(text, whole)
        plan.location = None if location is None else prefix + location
        return plan

    def _may_be_foreign(self, path: str, below: str | None) -> bool:
        """Return whether another application may have a path, of which only the trailing slash is wrong here."""
        if self.knows is None or REPEATED_SLASHES.search(path):
            return False
        return below is None or not self.knows(to_text(below))

    def below_base_path(self, path: str) -> str | None:
        """Return the rest of a path after the base path, or ``None`` if the path lies outside of it.

        :param path: The path as it was sent. It may spell the base path with escapes.
        """
        base = self._config.base_path
        if not base:
            return path
        if "%" in path:
            segments = path.split("/")[: 1 + base.count("/")]
            if [unquote(segment) for segment in segments] != base.split("/"):
                return None
            return path[len("/".join(segments)) :] or "/"
        return path[len(base) :] or "/" if f"{path}/".startswith(f"{base}/") else None

    def redirect_target(self, path: str) -> str | None:
        """Return a path with its slashes corrected, or ``None`` if they are right."""
        if REPEATED_SLASHES.search(path):
            return REPEATED_SLASHES.sub("/", path)
        if self._config.skip_trailing_slash_redirect or path in {"", "/"}:
            return None
        if not self._config.trailing_slash:
            return path[:-1] if path.endswith("/") else None
        below = self.below_base_path(path)
        if below is not None and f"{below}/".startswith("/.well-known/"):
            return None
        has_extension = "." in path.rstrip("/").rpartition("/")[2]
        if has_extension:
            return path[:-1] if path.endswith("/") else None
        return None if path.endswith("/") else f"{path}/"

    def redirect(self, environ: WSGIEnvironment, location: str) -> Response:
        """Return the redirect to the right spelling of a path.

        :param location: The path with the prefix, without the query.
        """
        # Exactly one slash at the front for any prefix: two slashes would begin a host name.
        query = self._request_class(environ, populate_request=False).sent_query
        location = "/" + location.lstrip("/\\") + (f"?{query}" if query else "")
        # Old clients do not know 308; Next sends them Refresh.
        return Response(location, 308, {"Location": location, "Refresh": f"0;url={location}"})


def is_websocket(environ: WSGIEnvironment) -> bool:
    """Return whether a client asks to switch to the WebSocket protocol."""
    upgrade: str = environ.get("HTTP_UPGRADE") or ""
    return upgrade.lower() == "websocket"


def check_length(text: str) -> None:
    """Check that a path is short enough to be matched by patterns. Skipping the match would let it pass middleware.

    :raise RequestURITooLarge: If the path is too long.
    """
    if len(text) > _LONGEST_PATH:
        raise RequestURITooLarge


def to_text(path: str) -> str:
    """Return a percent-encoded path as matching text, without a trailing slash.

    :raise BadRequest: If the path cannot be decoded.
    """
    segments = decode_segments(path)
    if len(segments) > 1 and segments[-1] == "":
        segments.pop()
    return to_matching(segments)
