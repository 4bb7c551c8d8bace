"""A request that reports the use of its attributes.

Renders that may be stored get a watched request, and so does middleware in front
of a cached route. A short list names the attributes that are the same for all
clients of one key. All other attributes, known or not, are reported. Code of the
library reads the environment, or a plain request, and never triggers a report.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote_to_bytes, urlsplit

from werkzeug.datastructures import MultiDict

from ..values.encoding import PCHAR
from ..values.url import URL
from .covered import CoveredArgs, CoveredHeaders
from .request import Request
from .vary import NO_VARY, Vary

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

Report = Callable[[str], None]

# The host of requests without a client, as in Next.
_NOWHERE = "http://localhost:3000"


def pathname_of(segments: list[str], *, trailing_slash: bool = False) -> str:
    """Return the canonical spelling of a path."""
    path = "/" + "/".join([quote(segment, safe=PCHAR) for segment in segments])
    return f"{path}/" if trailing_slash and path != "/" else path


def environ_without_client(prefix: str, path: str, origin: str | None = None) -> WSGIEnvironment:
    """Return the environment of a GET without a client.

    :param prefix: ``SCRIPT_NAME``.
    :param path: Percent-encoded, below the prefix.
    :param origin: Scheme and host of absolute URLs, if the application has them.
    """
    parts = urlsplit(origin or _NOWHERE)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": prefix,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": quote(prefix.encode("latin-1"), safe=f"/{PCHAR}") + path,
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


# Attributes that a key covers. next_url reports its own attributes.
_COVERED = frozenset({"method", "path", "root_path", "script_root", "base_path", "mount_prefix"})


class Watcher(Protocol):
    """Source of a watched request, and receiver of its reports. Scopes implement it."""

    @property
    def is_rewritten(self) -> bool:
        """Whether a rewrite led to the route, so that clients with other paths share the key."""
        ...

    @property
    def client_request(self) -> Request:
        """The request of the client, or an empty request. It is not watched."""
        ...

    @property
    def shared(self) -> WSGIEnvironment:
        """An environment that holds only what the key covers."""
        ...

    @property
    def vary(self) -> Vary:
        """The parts of the request that the key covers beside the path."""
        ...

    def read(self, what: str) -> None:
        """Note that data of the client is read.

        :param what: A name for messages, such as ``request.headers``.
        """
        ...


class _Watch:
    """Watcher for a request without a scope."""

    def __init__(
        self, sent: Request, shared: WSGIEnvironment, vary: Vary, report: Report, *, is_rewritten: bool
    ) -> None:
        self.client_request = sent
        self.shared = shared
        self.vary = vary
        self.is_rewritten = is_rewritten
        self._report = report

    def read(self, what: str) -> None:
        self._report(what)


class WatchedRequest(Request):
    """A request that reports each use of an attribute that the key does not cover.

    :param sent: The request of the client, or an empty request.
    :param shared: An environment that holds only what the key covers.
    :param report: Called with the name of each attribute that is read.
    """

    plain_class: type[Request] = Request
    """The class of the same request when it is not watched."""

    def __init__(
        self, sent: Request, shared: WSGIEnvironment, vary: Vary, report: Report, *, is_rewritten: bool = False
    ) -> None:
        watch = _Watch(sent, shared, vary, report, is_rewritten=is_rewritten)
        own = {"environ": sent.environ, "shallow": False, "_same": _covered_by(watch), "_watcher": watch}
        object.__setattr__(self, "__dict__", own)

    @classmethod
    def _by(cls, watcher: Watcher, environ: WSGIEnvironment) -> WatchedRequest:
        """Make a watched request for a scope.

        :param environ: The environment of the client.
        """
        request = object.__new__(cls)
        own = object.__getattribute__(request, "__dict__")  # a new one would take longer
        own["environ"], own["shallow"], own["_watcher"] = environ, False, watcher
        own["_same"] = _covered_by(watcher) if watcher.vary is not NO_VARY else {}
        return request

    def _unwatch(self) -> None:
        """Make it a plain request again. Call it as ``WatchedRequest._unwatch(request)``."""
        own = object.__getattribute__(self, "__dict__")
        del own["_same"], own["_watcher"]
        object.__setattr__(self, "__class__", type(self).plain_class)
        own["environ"]["werkzeug.request"] = self

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        same = own.get("_same")
        if same is None or name == "__class__":
            return super().__getattribute__(name)
        if name in same:
            return same[name]
        watcher: Watcher = own["_watcher"]
        if name == "next_url":
            sent = watcher.client_request
            Request._forget(sent, "next_url")
            same[name] = WatchedURL(
                _plain(watcher), sent, watcher.vary, watcher.read, is_rewritten=watcher.is_rewritten
            )
        elif name in _COVERED and not (name == "path" and watcher.is_rewritten):
            same[name] = getattr(_plain(watcher), name)
        else:
            watcher.read(f"request.{name}")
            return super().__getattribute__(name)
        return same[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. Reading it afterwards is not reported."""
        object.__getattribute__(self, "__dict__")["_same"][name] = value
        super().__setattr__(name, value)


def read_header(request: Request, variable: str, what: str) -> str:
    """Return a header of a request, and report it if the request is watched.

    Middleware of this library uses it to read one header without a report that all headers were read.

    :param variable: The name of the header in a WSGI environment.
    :param what: The header for messages, such as ``"the header Origin"``.
    """
    own = object.__getattribute__(request, "__dict__")
    if "_watcher" in own:
        own["_watcher"].read(what)
    value: str = own["environ"].get(variable) or ""
    return value


def method_of(request: Request) -> str:
    """Return the method of a request as it was sent, without a report."""
    method: str = object.__getattribute__(request, "__dict__")["environ"]["REQUEST_METHOD"]
    return method


def _plain(watcher: Watcher) -> Request:
    """Return a plain request that holds only what the key covers."""
    sent, shared = watcher.client_request, watcher.shared
    if shared is sent.environ:
        return sent
    plain = Request(shared, populate_request=False)
    plain.base_path = sent.base_path
    return plain


def _covered_by(watcher: Watcher) -> dict[str, Any]:
    """Return the attributes that ``vary`` makes the same for all clients of a key."""
    vary, sent = watcher.vary, watcher.client_request
    plain = _plain(watcher)
    covered: dict[str, Any] = {}
    if vary.headers:
        covered["headers"] = CoveredHeaders(vary.headers, watcher.shared, sent.environ, watcher.read)
        covered.update((name, getattr(plain, name)) for name in vary.derived)
    if vary.search_params:
        covered["args"] = CoveredArgs(vary.search_params, plain.args, lambda: sent.args, watcher.read)
    if vary.cookies:
        covered["cookies"] = CoveredArgs(
            vary.cookies,
            MultiDict(plain.cookies),
            lambda: MultiDict(sent.cookies),
            watcher.read,
            "the cookie",
            "request.cookies",
        )
    return covered


class WatchedURL(URL):
    """``next_url`` of a watched request. The key covers its path.

    :param plain: A request that holds only what the key covers.
    :param sent: The request of the client.
    """

    def __init__(
        self, plain: Request, sent: Request, vary: Vary, report: Report, *, is_rewritten: bool = False
    ) -> None:
        own = object.__getattribute__(self, "__dict__")
        url = plain.next_url
        own["_sent"], own["_report"] = sent, report
        own["_same"] = {"base_path": url.base_path}
        if not is_rewritten:
            own["_same"]["pathname"] = url.pathname
        if vary.search_params:
            params = CoveredArgs(vary.search_params, plain.args, lambda: sent.next_url.search_params, report)
            own["_same"]["search_params"] = params

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if name == "__class__":
            return super().__getattribute__(name)
        if name in own["_same"]:
            return own["_same"][name]
        own["_report"](f"request.next_url.{name}")
        return getattr(own["_sent"].next_url, name)

    def __setattr__(self, name: str, value: Any) -> None:
        own = object.__getattribute__(self, "__dict__")
        setattr(own["_sent"].next_url, name, value)
        if name in own["_same"]:
            own["_same"][name] = getattr(own["_sent"].next_url, name)


def watched_class(request_class: type[Request]) -> type[WatchedRequest]:
    """Make the class of watched requests of an application, with the limits of ``request_class``."""
    made: type[WatchedRequest] = type("Request", (WatchedRequest, request_class), {"plain_class": request_class})
    return made
