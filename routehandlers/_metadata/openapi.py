"""``openapi.py``: the file that turns on the document of the routes below its folder.

Its routes are ``openapi.json``, and with ``viewer`` also ``docs``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from .._hints import closest, hint
from .._openapi.security import scheme_mistakes
from .._openapi.settings import SPEC_VERSIONS, DocumentSettings
from .._openapi.viewer import INITIALIZER, STYLE, SWAGGER_FILES, VIEWERS, find_swagger_folder
from .._routing.segments import Kind, Segment
from .._routing.tree import RouteFile
from .._start.arguments import argument_count, is_async
from .._start.loader import RouteModule, is_own, line_of
from .._start.segment_config import SegmentConfig
from ..exceptions import InvalidRouteModuleError
from .documents import (
    DOCS,
    STYLE_FILE,
    DocumentFile,
    DocumentHandler,
    InitializerHandler,
    TextHandler,
    ViewerHandler,
)
from .file_handler import FileHandler

_CONSTANTS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "info": (Mapping, 'a dict such as {"title": "Shop", "version": "1.4.0"}'),
    "servers": ((list, tuple), 'a list such as [{"url": "https://api.example.com"}]'),
    "tags": ((list, tuple), 'a list such as [{"name": "items", "description": "What the shop sells."}]'),
    "external_docs": (Mapping, 'a dict such as {"url": "https://example.com/manual"}'),
    "security_schemes": (Mapping, 'a dict such as {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}'),
    "spec_version": (str, f"one of {', '.join(map(repr, SPEC_VERSIONS))}"),
    "viewer": (str, f"one of {', '.join(map(repr, VIEWERS))}, or leave it out for no viewer"),
}
_REQUIRED = {"servers": "url", "tags": "name"}
_CHOICES: dict[str, tuple[str, ...]] = {"spec_version": tuple(SPEC_VERSIONS), "viewer": VIEWERS}


def find_document_mistakes(route: RouteFile, module: ModuleType) -> Iterator[InvalidRouteModuleError]:
    """Find every mistake in the exports of an ``openapi.py``."""
    for name, message in _mistakes(module):
        yield InvalidRouteModuleError(route.file, message, line_of(module, name))


def _mistakes(module: ModuleType) -> Iterator[tuple[str, str]]:
    names = vars(module)
    for name, (kind, expected) in _CONSTANTS.items():
        if name not in names:
            continue
        value = names[name]
        if (
            not isinstance(value, kind)
            or (name in _CHOICES and value not in _CHOICES[name])
            or not _has_texts(name, value)
        ):
            yield name, f"{name} is {value!r}. Give {expected}."
        elif name == "security_schemes":
            for message in scheme_mistakes(name, value, _CONSTANTS[name][1].removeprefix("a dict such as ")):
                yield name, message
    if names.get("viewer") == "swagger" and find_swagger_folder() is None:
        yield (
            "viewer",
            "The viewer 'swagger' needs the files of Swagger UI. Install them: pip install 'routehandlers[swagger]'",
        )
    change = names.get("openapi")
    if change is not None and (not callable(change) or is_async(change) or argument_count(change, ("document",)) != 1):
        yield "openapi", f"openapi is {change!r}. Write 'def openapi(document):' and return the document."
    known = [*_CONSTANTS, "openapi"]
    for name, value in names.items():
        if name.startswith("_") or name in known or not is_own(module, value):
            continue
        meant = closest(name, known, similarity=0.8)
        if meant is not None and meant not in names:
            yield name, f"It exports {name!r}. {hint(name, known)}"


def _has_texts(name: str, value: Any) -> bool:
    """Return whether a constant has the texts that OpenAPI requires. The title and the version have defaults."""
    if name == "info":
        return all(isinstance(value[key], str) for key in ("title", "version") if key in value)
    key = _REQUIRED.get(name)
    return key is None or all(isinstance(one, Mapping) and isinstance(one.get(key), str) for one in value)


def read_document_settings(module: ModuleType) -> DocumentSettings:
    """Return the settings of a module that has no mistakes."""
    names = vars(module)
    given = {name: names[name] for name in _CONSTANTS if name in names}
    return DocumentSettings(**given, change=names.get("openapi"))


def document_routes(route: RouteFile, module: ModuleType) -> list[RouteModule]:
    """Return the routes of a module that has no mistakes: the document, and its viewer."""
    settings = read_document_settings(module)
    file = DocumentFile(route, settings)
    routes = [RouteModule(route, module, {"GET": DocumentHandler(file)}, SegmentConfig())]
    if settings.viewer is None:
        return routes
    parts: list[tuple[tuple[str, ...], Any]] = [((DOCS,), ViewerHandler(file))]
    if settings.viewer == "plain":
        parts.append(((DOCS, STYLE_FILE), TextHandler("text/css; charset=utf-8", STYLE)))
    else:
        folder = find_swagger_folder()
        assert folder is not None, "find_document_mistakes() has looked for it"
        parts += [
            ((DOCS, name), FileHandler(folder / name, f"{kind}; charset=utf-8")) for name, kind in SWAGGER_FILES.items()
        ]
        parts.append(((DOCS, INITIALIZER), InitializerHandler(file)))
    for names, handler in parts:
        segments = tuple(Segment(Kind.STATIC, name, folder=name) for name in names)
        placed = replace(route, segments=(*route.segments[:-1], *segments))
        routes.append(RouteModule(placed, module, {"GET": handler}, SegmentConfig()))
    return routes
