"""Share one request body between two readers, in any order: Flask's request and ours."""

from __future__ import annotations

from io import RawIOBase
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from .._http.request.body import too_large

if TYPE_CHECKING:
    from ..typing import WSGIEnvironment

# From this size on, the part that Flask has read is kept in a file, as Werkzeug does with uploads.
_IN_MEMORY = 500 * 2**10


class _Reader(RawIOBase):
    """A raw file that reads from ``take()``, and never more bytes than requested."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def take(self, size: int) -> bytes:
        raise NotImplementedError


class FlaskInput(_Reader):
    """``wsgi.input`` for Flask's request. The bytes it reads are kept for our request.

    :param inner: The environment of the routes, which holds the body after they have read it.
    """

    def __init__(self, source: IO[bytes], inner: WSGIEnvironment) -> None:
        self._source = source
        self._inner = inner
        self._read = 0
        self.kept = cast("IO[bytes]", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  # closed with the request

    def take(self, size: int) -> bytes:
        whole: IO[bytes] | None = self._inner.get("routehandlers.body")
        if whole is not None:
            whole.seek(self._read)
            data = whole.read(size)
        else:
            data = self._source.read(size)
            self.kept.seek(0, 2)
            self.kept.write(data)
        self._read += len(data)
        return data

    def close(self) -> None:
        self.kept.close()
        super().close()


class RoutesInput(_Reader):
    """``wsgi.input`` for our request: the bytes that Flask has read, and then the rest.

    :param limit: Maximum body size in Flask's configuration, in bytes.
    """

    def __init__(self, flask_input: FlaskInput, source: IO[bytes], limit: int | None) -> None:
        self._flask_input = flask_input
        self._source = source
        self._limit = limit
        self._read = 0

    def take(self, size: int) -> bytes:
        kept = self._flask_input.kept
        kept.seek(self._read)
        data = kept.read(size) or self._source.read(size)
        self._read += len(data)
        if self._limit is not None and self._read > self._limit:
            raise too_large(self._limit)
        return data


def share_body(outer: WSGIEnvironment, inner: WSGIEnvironment, limit: int | None) -> FlaskInput:
    """Let both requests read the whole body from its beginning.

    :param outer: The environment of Flask's request.
    :param inner: The environment of our request.
    :param limit: Maximum body size in Flask's configuration, in bytes.
    """
    source = outer["wsgi.input"]
    flask_input = FlaskInput(source, inner)
    outer["wsgi.input"], inner["wsgi.input"] = flask_input, RoutesInput(flask_input, source, limit)
    return flask_input
