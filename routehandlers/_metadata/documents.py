"""The document of an ``openapi.py`` and its viewer, as handlers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .._http.request.request import Request
from .._http.response.response import Response
from .._http.values.context import RouteContext
from .._http.values.encoding import PCHAR
from .._openapi.described import Described
from .._openapi.document import make_document, tagged, to_bytes
from .._openapi.security import Guard
from .._openapi.settings import DocumentSettings
from .._openapi.viewer import POLICIES, plain_page, swagger_initializer, swagger_page
from .._routing.tree import RouteFile
from .._start.loader import RouteModule
from .generated import CACHE_CONTROL

DOCS = "docs"
"""The last segment of the viewer's URL, beside ``openapi.json``."""

STYLE_FILE = "style.css"

# Prefixes of a mounted application are few. The values of parameters in the folders above a document may be many.
_MOST_PAGES = 16

_Tagged = tuple[bytes, str]


class DocumentFile:
    """The document of one ``openapi.py``. It is made at the first request.

    :param route: The route of the document.
    :ivar described: The application. It is set when all files are loaded.
    """

    def __init__(self, route: RouteFile, settings: DocumentSettings) -> None:
        self.route = route
        self.settings = settings
        self.described: Described | None = None
        self._lock = threading.Lock()
        self._documents: dict[str, dict[str, Any]] = {}
        self._made: dict[tuple[str, ...], _Tagged] = {}

    @property
    def folder_pattern(self) -> str:
        """The URL of its folder, with brackets."""
        return "/" + "/".join(segment.folder for segment in self.route.segments[:-1])

    @property
    def depth(self) -> int:
        """Number of folders above the routes that it describes."""
        return len(self.route.folders)

    def covers(self, route: RouteModule) -> bool:
        """Return whether it describes a route: whether the route lies in its folder or below."""
        folders = self.route.folders
        return route.route.folders[: len(folders)] == folders

    def document(self, server: str) -> dict[str, Any]:
        """Return the document.

        :param server: The prefix of all paths.
        """
        assert self.described is not None, self.route.file
        return make_document(self.described, self.settings, self.covers, server=server, depth=self.depth)

    def body(self, server: str) -> _Tagged:
        """Return the document as JSON, and its entity tag."""
        return self._once(("json", server), lambda: to_bytes(self._kept(server)))

    def page(self, server: str, folder_url: str) -> _Tagged:
        """Return the page of the viewer, and its entity tag."""

        def make() -> _Tagged:
            document = self._kept(server)
            if self.settings.viewer == "swagger":
                text = swagger_page(str(document.get("info", {}).get("title", "")), f"{folder_url}/{DOCS}")
            else:
                urls = f"{folder_url}/{DOCS}/{STYLE_FILE}", f"{folder_url}/{self.route.segments[-1].name}"
                text = plain_page(document, *urls)
            return tagged(text.encode(errors="replace"))

        return self._once(("page", server, folder_url), make)

    def _kept(self, server: str) -> dict[str, Any]:
        if server not in self._documents:
            _make_room(self._documents)
            self._documents[server] = self.document(server)
        return self._documents[server]

    def _once(self, key: tuple[str, ...], make: Callable[[], _Tagged]) -> _Tagged:
        made = self._made.get(key)
        if made is None:
            with self._lock:
                made = self._made.get(key)
                if made is None:
                    _make_room(self._made)
                    made = self._made[key] = make()
        return made


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _MOST_PAGES:
        kept.clear()


@dataclass(frozen=True)
class DocumentHandler:
    """``GET`` of ``openapi.json``."""

    file: DocumentFile

    def __call__(self, request: Request) -> Response:
        return _respond(self.file.body(_prefix(request)), "application/json")


@dataclass(frozen=True)
class ViewerHandler:
    """``GET`` of the viewer's page."""

    file: DocumentFile

    def __call__(self, request: Request, context: RouteContext) -> Response:
        page = self.file.page(_prefix(request), _folder_url(request, context, self.file.route))
        response = _respond(page, "text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICIES[self.file.settings.viewer or "plain"]
        return response


@dataclass(frozen=True)
class InitializerHandler:
    """``GET`` of the script that starts Swagger UI."""

    file: DocumentFile

    def __call__(self, request: Request, context: RouteContext) -> Response:
        url = f"{_folder_url(request, context, self.file.route)}/{self.file.route.segments[-1].name}"
        return _respond(tagged(swagger_initializer(url).encode()), "text/javascript; charset=utf-8")


@dataclass(frozen=True)
class TextHandler:
    """``GET`` of a constant text."""

    content_type: str
    text: str

    def __call__(self) -> Response:
        return _respond(tagged(self.text.encode()), self.content_type)


def _respond(made: _Tagged, content_type: str) -> Response:
    body, tag = made
    return Response(body, 200, {"Content-Type": content_type, "ETag": tag, "Cache-Control": CACHE_CONTROL})


def _prefix(request: Request) -> str:
    return request.mount_prefix.rstrip("/") + request.base_path


def _folder_url(request: Request, context: RouteContext, route: RouteFile) -> str:
    """Return the URL of the folder of a document, without a slash at its end."""
    parts = [
        str(context.params[segment.name]) if segment.is_parameter else segment.name for segment in route.segments[:-1]
    ]
    return "".join([_prefix(request), *(f"/{quote(part, safe=PCHAR)}" for part in parts)])


def documents_of(routes: Iterable[RouteModule]) -> list[DocumentFile]:
    """Return the documents among the routes of an application."""
    handlers = [route.handlers.get("GET") for route in routes]
    return [handler.file for handler in handlers if isinstance(handler, DocumentHandler)]


def scheme_names(guards: Iterable[Guard], metadata: Iterable[RouteModule]) -> list[str]:
    """Return the names of all security schemes of an application."""
    holders = [
        *(guard.schemes for guard in guards),
        *(file.settings.security_schemes for file in documents_of(metadata)),
    ]
    return list(dict.fromkeys(name for schemes in holders for name in schemes))
