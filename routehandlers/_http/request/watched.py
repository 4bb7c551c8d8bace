"""A real request whose attributes report their use.

Renders that may be stored have one, and so has middleware that a cached route may
lie behind. The request knows what is the same for all clients that are answered
from one key, and that list is short. Everything else, known or not, reports. Code
of the library reads the environment, or a plain request, and never triggers a report.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote_to_bytes, urlsplit

from ..values.encoding import PCHAR
from ..values.url import URL
from .request import Request
from .vary import NO_VARY, CoveredArgs, CoveredHeaders, Vary

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

Report = Callable[[str], None]

# The host of requests that no client sent: Next's.
_NOWHERE = "http://localhost:3000"


def pathname_of(segments: list[str], *, trailing_slash: bool = False) -> str:
    """The one spelling of a path, whichever the client chose."""
    path = "/" + "/".join([quote(segment, safe=PCHAR) for segment in segments])
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


# The attributes that a key covers; next_url reports for itself.
_COVERED = frozenset({"method", "path", "root_path", "script_root", "base_path", "mount_prefix"})


class Watcher(Protocol):
    """What a watched request asks and tells; a scope is one."""

    @property
    def is_rewritten(self) -> bool:
        """Whether the path is the client's alone, since others come to the same key by other paths."""
        ...

    @property
    def clients(self) -> Request:
        """The request of the client, or an empty one, not watched."""
        ...

    @property
    def shared(self) -> WSGIEnvironment:
        """An environment of what a key covers, and nothing else."""
        ...

    @property
    def vary(self) -> Vary:
        """What a key covers beside the path."""
        ...

    def read(self, what: str) -> None:
        """Take the name of something of the client that is read."""
        ...


class _Watch:
    """A watcher that is no scope."""

    def __init__(
        self, clients: Request, shared: WSGIEnvironment, vary: Vary, report: Report, *, is_rewritten: bool
    ) -> None:
        self.clients = clients
        self.shared = shared
        self.vary = vary
        self.is_rewritten = is_rewritten
        self._report = report

    def read(self, what: str) -> None:
        self._report(what)


class WatchedRequest(Request):
    """A request that reports each use of an attribute, except those of a list.

    :param clients: The request of the client, or an empty one.
    :param shared: An environment of what a key covers, and nothing else.
    :param report: Called with the name of what is read.
    """

    plain_class: type[Request] = Request
    """The class of the same request when it is not watched."""

    def __init__(
        self, clients: Request, shared: WSGIEnvironment, vary: Vary, report: Report, *, is_rewritten: bool = False
    ) -> None:
        watch = _Watch(clients, shared, vary, report, is_rewritten=is_rewritten)
        own = {"environ": clients.environ, "shallow": False, "_same": _covered_by(watch), "_watcher": watch}
        object.__setattr__(self, "__dict__", own)

    @classmethod
    def _by(cls, watcher: Watcher, environ: WSGIEnvironment) -> WatchedRequest:
        """Return a watched request.

        :param environ: That of the client.
        """
        request = object.__new__(cls)
        same = _covered_by(watcher) if watcher.vary is not NO_VARY else {}
        own = {"environ": environ, "shallow": False, "_same": same, "_watcher": watcher}
        object.__setattr__(request, "__dict__", own)
        return request

    def _unwatch(self) -> None:
        """Make it a plain request again. Call it by the class."""
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
            clients = watcher.clients
            Request._forget(clients, "next_url")
            same[name] = WatchedURL(
                _plain(watcher), clients, watcher.vary, watcher.read, is_rewritten=watcher.is_rewritten
            )
        elif name in _COVERED and not (name == "path" and watcher.is_rewritten):
            same[name] = getattr(_plain(watcher), name)
        else:
            watcher.read(f"request.{name}")
            return super().__getattribute__(name)
        return same[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, which may be read again without a report."""
        object.__getattribute__(self, "__dict__")["_same"][name] = value
        super().__setattr__(name, value)


def read_header(request: Request, variable: str, name: str) -> str:
    """Return a header of a request, and report it by its name where the request is watched.

    This is for middleware of the library itself, which needs one header of every request and not all of them.

    :param variable: The name of the header in a WSGI environment.
    """
    own = object.__getattribute__(request, "__dict__")
    if "_watcher" in own:
        own["_watcher"].read(f"the header {name}")
    value: str = own["environ"].get(variable) or ""
    return value


def method_of(request: Request) -> str:
    """Return the method of a request as it was sent, without a report."""
    method: str = object.__getattribute__(request, "__dict__")["environ"]["REQUEST_METHOD"]
    return method


def _plain(watcher: Watcher) -> Request:
    """Return a request of what a key covers."""
    clients, shared = watcher.clients, watcher.shared
    if shared is clients.environ:
        return clients
    plain = Request(shared, populate_request=False)
    plain.base_path = clients.base_path
    return plain


def _covered_by(watcher: Watcher) -> dict[str, Any]:
    """Return the attributes that ``vary`` makes the same for all clients of a key."""
    vary, clients = watcher.vary, watcher.clients
    plain = _plain(watcher)
    covered: dict[str, Any] = {}
    if vary.headers:
        covered["headers"] = CoveredHeaders(vary.headers, watcher.shared, clients.environ, watcher.read)
        covered.update((name, getattr(plain, name)) for name in vary.derived)
    if vary.search_params:
        covered["args"] = CoveredArgs(vary.search_params, plain.args, lambda: clients.args, watcher.read)
    return covered


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
    made: type[WatchedRequest] = type("Request", (WatchedRequest, request_class), {"plain_class": request_class})
    return made
