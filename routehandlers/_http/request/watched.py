"""The request of a render that may be stored: a real one, whose attributes report their use.

It knows what is the same for everyone who is answered from one key, and that
list is short. Everything else, known or not, reports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from ..values.url import URL
from .request import Request
from .vary import CoveredArgs, CoveredHeaders, Vary

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

Report = Callable[[str], None]

_PCHAR = "!$&'()*+,;=:@~"

# The host of requests that no client sent: Next's.
_NOWHERE = "http://localhost:3000"


def pathname_of(segments: list[str], *, trailing_slash: bool = False) -> str:
    """The one spelling of a path, whichever the client chose."""
    path = "/" + "/".join(quote(segment, safe=_PCHAR) for segment in segments)
    return f"{path}/" if trailing_slash and path != "/" else path


def nobodys_environ(prefix: str, path: str, origin: str | None = None) -> WSGIEnvironment:
    """The environment of a GET that no client sent.

    :param prefix: ``SCRIPT_NAME``.
    :param path: Percent-encoded, below the prefix.
    :param origin: Scheme and host of absolute URLs, if the application has them.
    """
    parts = urlsplit(origin or _NOWHERE)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": prefix,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": quote(prefix.encode("latin-1"), safe=f"/{_PCHAR}") + path,
        "QUERY_STRING": "",
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class WatchedRequest(Request):
    """A request that reports each use of an attribute, but for those of a list.

    :param clients: The request of the client, or of nobody.
    :param everyones: An environment of what a key covers, and nothing else.
    :param report: Called with the name of what is read.
    :param is_rewritten: Whether the path is the client's alone, since others come to the same key by other paths.
    """

    def __init__(
        self, clients: Request, everyones: WSGIEnvironment, vary: Vary, report: Report, *, is_rewritten: bool = False
    ) -> None:
        plain = Request(everyones, populate_request=False)
        plain.base_path = self.base_path

        def make_url() -> WatchedURL:
            Request.forget(clients, "next_url")
            return WatchedURL(plain, clients, vary, report, is_rewritten=is_rewritten)

        # Each is made when somebody looks, and no look at it is reported.
        free: dict[str, Callable[[], Any]] = {
            "method": lambda: plain.method,
            "path": lambda: plain.path,
            "root_path": lambda: plain.root_path,
            "script_root": lambda: plain.root_path,
            "base_path": lambda: plain.base_path,
            "mount_prefix": lambda: plain.mount_prefix,
            "next_url": make_url,
        }
        if is_rewritten:
            del free["path"]
        same: dict[str, Any] = {}
        if vary.headers:
            same["headers"] = CoveredHeaders(vary.headers, everyones, clients.environ, report)
            same.update((name, getattr(plain, name)) for name in vary.derived)
        if vary.search_params:
            same["args"] = CoveredArgs(vary.search_params, plain.args, lambda: clients.args, report)
        object.__getattribute__(self, "__dict__").update(
            environ=clients.environ, shallow=False, _same=same, _free=free, _report=report
        )

    def renew_url(self) -> None:
        object.__getattribute__(self, "__dict__")["_same"].pop("next_url", None)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        same = own.get("_same")
        if same is None or name == "__class__":
            return super().__getattribute__(name)
        if name not in same:
            make = own["_free"].get(name)
            if make is None:
                own["_report"](f"request.{name}")
                return super().__getattribute__(name)
            same[name] = make()
        return same[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """What the render sets itself, it may read again."""
        object.__getattribute__(self, "__dict__")["_same"][name] = value
        super().__setattr__(name, value)


class WatchedURL(URL):
    """``next_url``, of which a key covers the path.

    :param plain: A request of what the key covers, and nothing else.
    :param clients: The client's.
    """

    def __init__(
        self, plain: Request, clients: Request, vary: Vary, report: Report, *, is_rewritten: bool = False
    ) -> None:
        own = object.__getattribute__(self, "__dict__")
        url = plain.next_url
        own["_clients"], own["_report"] = clients, report
        own["_same"] = {"base_path": url.base_path}
        if not is_rewritten:
            own["_same"]["pathname"] = url.pathname
        if vary.search_params:
            params = CoveredArgs(vary.search_params, plain.args, lambda: clients.next_url.search_params, report)
            own["_same"]["search_params"] = params

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if name == "__class__":
            return super().__getattribute__(name)
        if name in own["_same"]:
            return own["_same"][name]
        own["_report"](f"request.next_url.{name}")
        return getattr(own["_clients"].next_url, name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = object.__getattribute__(self, "__dict__")
        setattr(own["_clients"].next_url, name, value)
        if name in own["_same"]:
            own["_same"][name] = getattr(own["_clients"].next_url, name)


def watched_class(request_class: type[Request]) -> type[WatchedRequest]:
    """The watched request of an application, with its limits."""
    made: type[WatchedRequest] = type("Request", (WatchedRequest, request_class), {})
    return made
