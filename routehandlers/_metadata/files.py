"""Turn metadata files into routes, as if each were a ``route.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType

from .._routing.metadata_files import MetadataFile
from .._routing.tree import RouteFile
from .._start.loader import ModuleLoader, RouteModule
from .._start.segment_config import SegmentConfig
from ..exceptions import InvalidTreeError, RouteHandlersError
from .exports import find_generated_mistakes
from .file_handler import FileHandler
from .generated import TYPES, generated_route
from .openapi import document_routes, find_document_mistakes

# Social networks refuse larger images:
# https://nextjs.org/docs/app/api-reference/file-conventions/metadata/opengraph-image
_LARGEST = {"opengraph_image": 8 * 2**20, "twitter_image": 5 * 2**20}

# The mimetypes module reads the system's tables, and some systems do not know SVG.
_IMAGE_TYPES = {
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def load_metadata(
    loader: ModuleLoader, files: Iterable[RouteFile]
) -> tuple[list[RouteModule], list[RouteHandlersError]]:
    """Load the metadata files. Return their routes and their mistakes."""
    routes: list[RouteModule] = []
    problems: list[RouteHandlersError] = []
    for route in files:
        assert route.metadata is not None, route.file
        if not route.metadata.is_generated:
            problems += _too_large(route, route.metadata)
            routes.append(_static_route(route, route.metadata))
            continue
        module = loader.import_file(route.file, route.folders)
        if not isinstance(module, ModuleType):
            problems.append(module)
            continue
        if route.metadata.kind == "openapi":
            mistakes = list(find_document_mistakes(route, module))
            routes += [] if mistakes else document_routes(route, module)
        else:
            mistakes = list(find_generated_mistakes(route, route.metadata, module))
            routes += [] if mistakes else [generated_route(route, route.metadata, module)]
        problems += mistakes
    return routes, problems


def _too_large(route: RouteFile, metadata: MetadataFile) -> Iterator[InvalidTreeError]:
    limit = _LARGEST.get(metadata.kind)
    if limit is not None and route.file.stat().st_size > limit:
        yield InvalidTreeError(
            f"This image is larger than {limit // 2**20} MB, and social networks will not load it:",
            [route.file],
            "Make it smaller.",
        )


def _static_route(route: RouteFile, metadata: MetadataFile) -> RouteModule:
    content_type = TYPES.get(metadata.kind) or _IMAGE_TYPES[route.file.suffix]
    return RouteModule(route, None, {"GET": FileHandler(route.file, content_type)}, SegmentConfig())
