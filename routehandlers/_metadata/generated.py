"""Make routes of metadata files with a function: ``robots.py``, ``sitemap.py``, ``opengraph_image.py``, …"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import ModuleType
from typing import Any

from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.response.changes import own_copy
from .._http.response.fetch_response import FetchResponse
from .._http.response.interrupts import AccessFallback
from .._http.response.response import Response
from .._http.values.context import RouteContext
from .._routing.metadata_files import MetadataFile
from .._routing.segments import Kind, Segment
from .._routing.tree import RouteFile
from .._runtime.answer.results import make_response
from .._start.arguments import named_arguments
from .._start.loader import RouteModule
from .._start.segment_config import read_config
from ..exceptions import InvalidReturnError
from .exports import lister_of
from .ids import Lister
from .manifest import render_manifest
from .robots import render_robots
from .sitemap import render_sitemap

# Clients must revalidate each time: a request costs less than a robots.txt that stays wrong for a year.
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

# Next's name of the parameter. No folder can have it.
_ID = "__metadata_id__"


def generated_route(route: RouteFile, metadata: MetadataFile, module: ModuleType) -> RouteModule:
    """Make the route of a module that has no mistakes."""
    names = vars(module)
    config = read_config(names)
    if "revalidate" not in names and "dynamic" not in names:
        # Next: "cached by default unless it uses a request-time API or dynamic config option".
        config = replace(config, revalidate=False)
    lister = None
    lists = lister_of(metadata.kind)
    if lists is not None and lists in names:
        lister = Lister(lists, names[lists], ending=".xml" if metadata.kind == "sitemap" else "")
        if config.generate_static_params is not None or not any(segment.is_parameter for segment in route.segments):
            listing = _with_ids(lister, config.generate_static_params or _no_params)
            config = replace(config, generate_static_params=listing)
        route = _below(route, metadata)
    function = names[metadata.kind]
    takes = named_arguments(function, ("id", "params")) or frozenset()
    handler = _Handler(metadata.kind, function, takes, names.get("content_type"), lister)
    return RouteModule(route, module, {"GET": handler}, config)


def _no_params() -> list[dict[str, Any]]:
    return [{}]


def _with_ids(lister: Lister, list_params: Callable[[], Any]) -> Callable[[], Iterator[Any]]:
    """Combine the params of the folders with the ids of the files."""

    def generate_static_params() -> Iterator[Any]:
        for params in list_params():
            if isinstance(params, Mapping):
                yield from ({**params, _ID: name} for name in lister.items(params))
            else:
                yield params  # a mistake, which StaticParams reports

    return generate_static_params


def _below(route: RouteFile, metadata: MetadataFile) -> RouteFile:
    """Replace ``/sitemap.xml`` by ``/sitemap/[id]``."""
    name = metadata.url_name.removesuffix(".xml")
    last = Segment(Kind.STATIC, name, folder=name), Segment(Kind.DYNAMIC, _ID, folder=f"[{_ID}]")
    return replace(route, segments=(*route.segments[:-1], *last))


@dataclass(frozen=True)
class _Handler:
    """``GET`` of a generated file. It is not a function, so that logs name the user's file and not this module."""

    kind: str
    function: Callable[..., Any]
    takes: frozenset[str]
    content_type: str | None
    lister: Lister | None

    def __call__(self, _: object, context: RouteContext) -> WerkzeugResponse:
        params = dict(context.params)
        content_type = self.content_type
        given: dict[str, Any] = {"id": None, "params": params}
        if self.lister is not None:
            # An id that is not listed is a 404, as in Next's manual.
            segment = params.pop(_ID)
            item = self.lister.items(params).get(segment)
            if item is None:
                raise AccessFallback(404)
            given["id"] = str(item["id"]) if self.kind == "sitemap" else item["id"]
            content_type = item.get("content_type") or content_type
        returned = self.function(**{name: given[name] for name in self.takes})
        response = _respond(self.kind, returned, content_type or "image/png")
        if "Cache-Control" not in response.headers:
            response = own_copy(response)  # the user may return the same object for other requests
            response.headers["Cache-Control"] = CACHE_CONTROL
        return response


def _respond(kind: str, returned: Any, image_type: str) -> WerkzeugResponse:
    if isinstance(returned, (WerkzeugResponse, FetchResponse)):
        return make_response(returned)
    if kind in _RENDERERS:
        return Response(_RENDERERS[kind](returned), 200, {"Content-Type": TYPES[kind]})
    if isinstance(returned, BytesIO):
        returned = returned.getvalue()  # its position is at the end, where an iterator would find nothing
    if not isinstance(returned, (bytes, bytearray, str, Iterator)):
        raise InvalidReturnError(
            f"{kind}() returned {returned!r:.80}. Return bytes, a Response or an iterator of bytes."
        )
    response = make_response(returned)
    response.headers["Content-Type"] = image_type
    return response
