"""One body for two readers: Flask's request and ours, whoever comes first."""

from __future__ import annotations

from io import RawIOBase
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from werkzeug.exceptions import RequestEntityTooLarge

if TYPE_CHECKING:
    from ..typing import WSGIEnvironment

# From this size on what Flask reads is kept in a file, as Werkzeug does with uploads.
_IN_MEMORY = 500 * 2**10


class _Reader(RawIOBase):
    """A file that gives what a function gives, and never asks for more than it was asked for."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def take(self, size: int) -> bytes:
        raise NotImplementedError


class FlasksInput(_Reader):
    """``wsgi.input`` for Flask's request. What it reads is kept for ours.

    :param inner: The environment of the routes. What they have read of the body, they keep there.
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
    """``wsgi.input`` for our request: what Flask's has read, and then the rest.

    :param limit: The most bytes that Flask's configuration allows.
    """

    def __init__(self, flasks: FlasksInput, source: IO[bytes], limit: int | None) -> None:
        self._flasks = flasks
        self._source = source
        self._limit = limit
        self._read = 0

    def take(self, size: int) -> bytes:
        kept = self._flasks.kept
        kept.seek(self._read)
        data = kept.read(size) or self._source.read(size)
        self._read += len(data)
        if self._limit is not None and self._read > self._limit:
            raise RequestEntityTooLarge
        return data


def share_body(outer: WSGIEnvironment, inner: WSGIEnvironment, limit: int | None) -> FlasksInput:
    """Let both read the whole body, each from its beginning.

    :param outer: The environment of Flask's request.
    :param inner: That of ours.
    :param limit: The most bytes that Flask's configuration allows.
    """
    source = outer["wsgi.input"]
    flasks = FlasksInput(source, inner)
    outer["wsgi.input"], inner["wsgi.input"] = flasks, RoutesInput(flasks, source, limit)
    return flasks
