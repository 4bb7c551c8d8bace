"""Metadata that a function makes: ``robots.py``, ``sitemap.py``, ``opengraph_image.py`` and their like."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.context import RouteContext
from .._http.interrupts import AccessFallback
from .._http.response import Response
from .._modules.loader import RouteModule, is_async, is_own, line_of
from .._modules.segment_config import find_mistakes, read_config
from .._routing.metadata_files import MetadataFile
from .._routing.segments import Kind, Segment
from .._routing.tree import RouteFile
from .._runtime.results import make_response
from ..exceptions import InvalidReturnError, InvalidRouteModuleError
from .manifest import render_manifest
from .robots import render_robots
from .sitemap import render_sitemap

# What a client may keep, it asks for again each time: a robots.txt that is wrong for a year is worse than a request.
CACHE_CONTROL = "public, max-age=0, must-revalidate"

TYPES = {
    "robots": "text/plain; charset=utf-8",
    "sitemap": "application/xml; charset=utf-8",
    "manifest": "application/manifest+json",
    "favicon": "image/x-icon",
}

_RENDERERS: dict[str, Callable[[Any], str | bytes]] = {
    "robots": render_robots,
    "sitemap": render_sitemap,
    "manifest": render_manifest,
}
_IMAGES = ("icon", "apple_icon", "opengraph_image", "twitter_image")

# What lists the ids of which kind.
_LISTERS = {"sitemap": "generate_sitemaps", **dict.fromkeys(_IMAGES, "generate_image_metadata")}

# Next's own name for it, which no folder has.
_ID = "__metadata_id__"


def find_generated_mistakes(
    route: RouteFile, metadata: MetadataFile, module: ModuleType
) -> Iterator[InvalidRouteModuleError]:
    """Everything that is wrong with what a module exports."""

    def mistake(name: str, message: str) -> InvalidRouteModuleError:
        return InvalidRouteModuleError(route.file, message, line_of(module, name))

    names, kind = vars(module), metadata.kind
    for name, message in find_mistakes(names, {name: value for name, value in names.items() if is_own(module, value)}):
        yield mistake(name, message)
    lister = _LISTERS.get(kind)
    takes = "(id, params)" if kind in _IMAGES else "(id)" if lister in names else "()"
    function = names.get(kind)
    if not callable(function) or inspect.isclass(function):
        yield mistake(kind, f"It exports no function {kind!r}. Write 'def {kind}{takes}:'.")
    elif is_async(function) or _names_of(function) - {"id", "params"}:
        yield mistake(
            kind, f"{kind} is not called like this. Write 'def {kind}{takes}:'; what it takes can be left out."
        )
    for other in sorted({*_LISTERS.values()} - {lister}):
        if other in names:
            yield mistake(other, f"{other}() means nothing in {route.file.name}. Leave it out.")
    for name, (is_valid, expected) in _CONSTANTS.items():
        if name in names and not is_valid(names[name]):
            yield mistake(name, f"{name} is {names[name]!r}. Give {expected}.")


def _is_size(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"width", "height"}
        and all(isinstance(one, int) for one in value.values())
    )


_CONSTANTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "size": (_is_size, "a width and a height in pixels: {'width': 1200, 'height': 630}"),
    "content_type": (lambda value: isinstance(value, str) and "/" in value, "a type such as 'image/png'"),
    "alt": (lambda value: isinstance(value, str), "a text"),
}


def _names_of(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters)


def generated_route(route: RouteFile, metadata: MetadataFile, module: ModuleType) -> RouteModule:
    """The route that a module makes, of which nothing is wrong."""
    names = vars(module)
    config = read_config(names)
    if "revalidate" not in names and "dynamic" not in names:
        # Next: "cached by default unless it uses a request-time API or dynamic config option".
        config = replace(config, revalidate=False)
    lister = names.get(_LISTERS.get(metadata.kind, ""))
    if lister is not None:
        route = _with_id(route, metadata)
        if not any(segment.is_parameter for segment in route.segments[:-1]):
            ending = ".xml" if metadata.kind == "sitemap" else ""
            config = replace(config, generate_static_params=lambda: [{_ID: f"{i}{ending}"} for i in _ids(lister, {})])
    return RouteModule(route, module, {"GET": _handler(metadata, names, lister)}, config)


def _with_id(route: RouteFile, metadata: MetadataFile) -> RouteFile:
    """``/sitemap/[id]`` in place of ``/sitemap.xml``."""
    name = metadata.url_name.removesuffix(".xml")
    last = Segment(Kind.STATIC, name, folder=name), Segment(Kind.DYNAMIC, _ID, folder=f"[{_ID}]")
    return replace(route, segments=(*route.segments[:-1], *last))


def _handler(metadata: MetadataFile, names: Mapping[str, Any], lister: Callable[..., Any] | None) -> Any:
    function = names[metadata.kind]
    taken = _names_of(function)

    def get(_: object, context: RouteContext) -> WerkzeugResponse:
        params = dict(context.params)
        content_type = names.get("content_type")
        given: dict[str, Any] = {"id": None, "params": params}
        if lister is not None:
            item = _find_item(metadata, lister, params.pop(_ID), params)
            given["id"] = str(item["id"]) if metadata.kind == "sitemap" else item["id"]
            content_type = item.get("content_type") or content_type
        return _render(metadata, function(**{name: given[name] for name in taken}), content_type)

    return get


def _ids(lister: Callable[..., Any], params: Mapping[str, Any]) -> list[Any]:
    return [item["id"] for item in _items(lister, params)]


def _items(lister: Callable[..., Any], params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = lister(**({"params": dict(params)} if "params" in _names_of(lister) else {}))
    if not isinstance(listed, (list, tuple)) or not all(isinstance(item, Mapping) and "id" in item for item in listed):
        raise InvalidReturnError(f"{lister.__name__}() returned {listed!r}. Return a list of dicts, each with an 'id'.")
    return list(listed)


def _find_item(
    metadata: MetadataFile, lister: Callable[..., Any], asked: str, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The item with the id that a URL ends in. One that is not listed is not found, as Next's manual has it."""
    if metadata.kind == "sitemap" and not asked.endswith(".xml"):
        raise AccessFallback(404)
    wanted = asked.removesuffix(".xml") if metadata.kind == "sitemap" else asked
    found = next((item for item in _items(lister, params) if str(item["id"]) == wanted), None)
    if found is None:
        raise AccessFallback(404)
    return found


def _render(metadata: MetadataFile, returned: Any, content_type: str | None) -> WerkzeugResponse:
    render = _RENDERERS.get(metadata.kind)
    response: WerkzeugResponse
    if render is not None and not isinstance(returned, WerkzeugResponse):
        response = Response(render(returned), 200, {"Content-Type": TYPES[metadata.kind]})
    elif isinstance(returned, WerkzeugResponse):
        response = returned
    else:
        response = make_response(returned)
        response.headers["Content-Type"] = content_type or "image/png"
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    return response
