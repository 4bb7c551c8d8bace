"""Read the destination of a rewrite by middleware: a path of this application, and a query."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from ..._http.request.path import REPEATED_SLASHES, escape, has_dot_segment
from ...exceptions import InvalidReturnError
from ..path.entrance import to_text

if TYPE_CHECKING:
    from ..scope.wrapped import WrappedScope


def read_destination(scope: WrappedScope, url: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the path of a URL below the base path, as matching text, and its query.

    :raise InvalidReturnError: If the URL has another host or no path.
    """
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        _check_host(scope, url, f"{parts.scheme or scope.request.scheme}://{parts.netloc}")
    elif not url.startswith("/"):
        raise InvalidReturnError(f"Response.rewrite({url!r}) has no path. Begin it with a slash, or give a whole URL.")
    path = REPEATED_SLASHES.sub("/", escape(parts.path) or "/")
    base = scope.mount_prefix.rstrip("/") + scope.route.request_class.base_path
    if base and f"{path}/".startswith(f"{base}/"):
        path = path[len(base) :] or "/"
    if has_dot_segment(path):
        raise InvalidReturnError(
            f"Response.rewrite({url!r}) has a dot segment ('.' or '..'). Write the path without it."
        )
    return to_text(path), parse_qsl(parts.query, keep_blank_values=True, errors="replace")


def _check_host(scope: WrappedScope, url: str, origin: str) -> None:
    own = scope.origin
    if origin.lower() != own:
        raise InvalidReturnError(
            f"Response.rewrite({url!r}) leads to another host than {own}. Rewrites stay inside the application: put a"
            " proxy such as nginx in front of both, or send the client there with Response.redirect()."
        )
