"""The files of ``public/``, which are sent unchanged. They come before routes, and after the root's middleware.

https://nextjs.org/docs/app/api-reference/file-conventions/public-folder
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.security import safe_join
from werkzeug.utils import send_file
from werkzeug.wsgi import FileWrapper

from ..._http.response.response import Response
from ..._http.values.ranges import with_usable_range
from ..._routing.spelling import from_matching
from ...exceptions import InvalidConfigError
from ..answer.bodies import begin
from ..answer.failures import excepted, failed, method_not_allowed

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import RouteInfo, Scope

# Clients revalidate the file each time, as in Next.
_CACHE_CONTROL = "public, max-age=0"

_METHODS = ("GET", "HEAD")

_CHUNK = 64 * 2**10

_NOT_INSTALLED = (
    "{folder} is served by WhiteNoise, which is not installed."
    ' Install it with: pip install "routehandlers[public]". Or set public = false if a proxy serves the files.'
)

# Returns a file as the response to a request.
_Serve = Callable[["Scope"], "WerkzeugResponse"]


class PublicFile:
    """A file that answers like a route."""

    methods = _METHODS

    def __init__(self, info: RouteInfo, file: str, serve: _Serve) -> None:
        self.info = info
        self._file = file
        self._serve = serve

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Return the file, or a 405 for methods other than GET and HEAD.

        :raise OSError: If the file was deleted.
        """
        if scope.environ["REQUEST_METHOD"] not in _METHODS:
            return method_not_allowed(scope, _METHODS)
        try:
            return begin(scope, self._serve(scope))
        except HTTPException as error:  # an invalid range
            return excepted(scope, error)

    def failed(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        """Return the response to a file that cannot be read."""
        return failed(scope, error, self._file)


# Returns the file at a path, given as matching text.
FindPublic = Callable[[str], "PublicFile | None"]


def public_files(folder: Path, info: RouteInfo) -> FindPublic:
    """Return a function that finds files of a folder: those there now in ``debug``, or else those found at start.

    :raise InvalidConfigError: If there is no such folder, or WhiteNoise is not installed.
    """
    if not folder.is_dir():
        raise InvalidConfigError(f"public: there is no folder {folder}.")
    info = replace(info, is_file=True)
    return partial(_find_now, folder, info) if info.debug else _found_at_start(folder, info)


def _path_of(text: str) -> str | None:
    segments = from_matching(text)
    return None if any("/" in segment or os.sep in segment for segment in segments) else "/".join(segments)


def _find_now(folder: Path, info: RouteInfo, text: str) -> PublicFile | None:
    path = _path_of(text)
    file = safe_join(str(folder), path) if path else None
    try:
        if file is None or not Path(file).is_file():
            return None
    except OSError:  # a name that is too long for the file system
        return None
    return PublicFile(info, file, partial(_send, file))


def _send(file: str, scope: Scope) -> WerkzeugResponse:
    response = send_file(file, with_usable_range(scope.environ, Path(file).stat().st_size))
    response.headers["Cache-Control"] = _CACHE_CONTROL
    return response


def _found_at_start(folder: Path, info: RouteInfo) -> FindPublic:
    try:
        from whitenoise import WhiteNoise  # type: ignore[import-untyped]  # an extra
    except ModuleNotFoundError:
        raise InvalidConfigError(_NOT_INSTALLED.format(folder=folder)) from None

    def add_headers(headers: Any, _path: str, _url: str) -> None:
        headers["Cache-Control"] = _CACHE_CONTROL
        headers["Content-Type"] = headers["Content-Type"].replace('"utf-8"', "utf-8")  # as everywhere else

    found = WhiteNoise(None, str(folder), allow_all_origins=False, add_headers_function=add_headers)
    files = {
        url.removeprefix("/"): PublicFile(info, url, partial(_serve_static, file)) for url, file in found.files.items()
    }

    def find(text: str) -> PublicFile | None:
        path = _path_of(text)
        return files.get(path) if path is not None else None

    return find


def _serve_static(file: Any, scope: Scope) -> WerkzeugResponse:
    # WhiteNoise would refuse ranges that it has to ignore, and those of a single byte.
    whole = {name: value for name, value in scope.environ.items() if name != "HTTP_RANGE"}
    found = file.get_response(scope.environ["REQUEST_METHOD"], whole)
    body = FileWrapper(found.file, _CHUNK) if found.file is not None else None
    response = Response(body, int(found.status), found.headers)
    if found.status == HTTPStatus.OK and "HTTP_RANGE" in scope.environ:
        try:
            response.make_conditional(scope.environ, True, int(response.headers["Content-Length"]))
        except HTTPException:
            response.close()
            raise
    return response
