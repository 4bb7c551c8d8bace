"""Rewrites: the destination of one by middleware, and whether one may lead from a path."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from werkzeug.exceptions import HTTPException

from ..._http.request.path import REPEATED_SLASHES, escape, has_dot_segment
from ...exceptions import InvalidReturnError
from ..path.entrance import to_text
from ..scope.budget import RequestBudget
from .transforms import Transforms, match_sources

if TYPE_CHECKING:
    from ..scope.wrapped import WrappedScope
    from .middleware import Middleware


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


def may_rewrite(transforms: Transforms, middleware: Middleware | None, base_path: str, path: str) -> bool:
    """Return whether a rewrite may lead from a path to another. Conditions may hold, and middleware may do anything.

    :param middleware: That of the root.
    :param path: A path below the base path.
    """
    try:
        text = to_text(escape(path))
        whole, budget = base_path + text, RequestBudget()
        for group in (transforms.before_files, transforms.after_files, transforms.fallback):
            if match_sources(group, text, whole, budget):
                return True
        if middleware is None:
            return False
        return middleware.matcher is None or middleware.matcher.match_path(text, budget) is not False
    except (HTTPException, UnicodeError):  # the path cannot be read, or takes too long to match
        return False


def _check_host(scope: WrappedScope, url: str, origin: str) -> None:
    own = scope.origin
    if origin.lower() != own:
        raise InvalidReturnError(
            f"Response.rewrite({url!r}) leads to another host than {own}. Rewrites stay inside the application: put a"
            " proxy such as nginx in front of both, or send the client there with Response.redirect()."
        )
