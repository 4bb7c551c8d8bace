"""Send a static file, such as an icon or a style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from werkzeug.utils import send_file
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.request.request import Request
from .generated import CACHE_CONTROL


@dataclass(frozen=True)
class FileHandler:
    """``GET`` of a static file. It is not a function, so that logs name the static file and not this module."""

    file: Path
    content_type: str

    def __call__(self, request: Request) -> WerkzeugResponse:
        response = send_file(self.file, request.environ, conditional=True)
        # Werkzeug adds a charset to text types, and a file name for downloads.
        response.headers["Content-Type"] = self.content_type
        del response.headers["Content-Disposition"]
        response.headers["Cache-Control"] = CACHE_CONTROL
        return response
