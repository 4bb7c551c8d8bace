"""From metadata files to routes: each as if somebody had written the ``route.py`` that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from werkzeug.utils import send_file
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.request.request import Request
from .._routing.metadata_files import MetadataFile
from .._routing.tree import RouteFile
from .._start.loader import ModuleLoader, RouteModule
from .._start.segment_config import SegmentConfig
from ..exceptions import InvalidTreeError, RouteHandlersError, RouteModuleImportError
from .exports import find_generated_mistakes
from .generated import CACHE_CONTROL, TYPES, generated_route

# Who reads them refuses larger ones: https://nextjs.org/docs/app/api-reference/file-conventions/metadata/opengraph-image
_LARGEST = {"opengraph_image": 8 * 2**20, "twitter_image": 5 * 2**20}

# Not by mimetypes, which asks the machine, and there are machines that do not know SVG.
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
    """The routes that metadata files make, and what is wrong with them."""
    routes: list[RouteModule] = []
    problems: list[RouteHandlersError] = []
    for route in files:
        assert route.metadata is not None, route.file
        if not route.metadata.is_generated:
            problems += _too_large(route, route.metadata)
            routes.append(_static_route(route, route.metadata))
            continue
        module = loader.import_file(route.file, route.folders)
        if isinstance(module, RouteModuleImportError):
            problems.append(module)
            continue
        mistakes = list(find_generated_mistakes(route, route.metadata, module))
        problems += mistakes
        if not mistakes:
            routes.append(generated_route(route, route.metadata, module))
    return routes, problems


def _too_large(route: RouteFile, metadata: MetadataFile) -> Iterator[InvalidTreeError]:
    limit = _LARGEST.get(metadata.kind)
    if limit is not None and route.file.stat().st_size > limit:
        yield InvalidTreeError(
            f"This image has more than {limit // 2**20} MB, and those that it is for do not load it:",
            [route.file],
            "Make it smaller.",
        )


def _static_route(route: RouteFile, metadata: MetadataFile) -> RouteModule:
    content_type = TYPES.get(metadata.kind) or _IMAGE_TYPES[route.file.suffix]
    return RouteModule(route, None, {"GET": _FileHandler(route.file, content_type)}, SegmentConfig())


@dataclass(frozen=True)
class _FileHandler:
    """The ``GET`` of a file that lies ready. It is no function, so that logs name that file rather than this one."""

    file: Path
    content_type: str

    def __call__(self, request: Request) -> WerkzeugResponse:
        response = send_file(self.file, request.environ, conditional=True)
        # Werkzeug adds a charset of its own to types that have one, and a name to save the file under.
        response.headers["Content-Type"] = self.content_type
        del response.headers["Content-Disposition"]
        response.headers["Cache-Control"] = CACHE_CONTROL
        return response
