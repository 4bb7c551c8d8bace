"""Read the body of a request within its limit, and keep it readable for later readers."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    RequestTimeout,
)

from .deadlines import deadline, socket_of

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

logger = logging.getLogger("routehandlers")

# Larger bodies are kept in a file, as Werkzeug does with uploads.
_IN_MEMORY = 500 * 2**10

CHUNK = 64 * 2**10

# A client has this many seconds for each CHUNK of a body, or 2 KiB a second. Apache asks for 500 bytes a second.
SLOWEST = 30.0

# RFC 9110 section 8.6 gives no bound. More digits than this are an attack on int(), not a size.
_LONGEST_LENGTH = 20


# The variables of the environment that reading a body changes.
BODY_VARIABLES = ("routehandlers.body", "wsgi.input", "CONTENT_LENGTH")


def read_body(environ: WSGIEnvironment, limit: int | None) -> IO[bytes]:
    """Return the whole body as a file, positioned at its start.

    ``wsgi.input`` becomes the same file, rewound, so that a second reader
    inside or outside of the application can read everything again.

    :param limit: Maximum size in bytes; ``None`` for no limit.
    :raise RequestEntityTooLarge: If the body is larger, with or without a ``Content-Length``.
    :raise ClientDisconnected: If the body is shorter than its ``Content-Length``.
    :raise BadRequest: If the server finds it malformed.
    :raise RequestTimeout: If the client sends it too slowly.
    :raise LengthRequired: If it has no ``Content-Length``, and the server does not pass on such bodies.
    """
    kept: IO[bytes] | None = environ.get("routehandlers.body")
    if kept is None:
        kept, size = _read(environ, limit)
        environ["routehandlers.body"] = environ["wsgi.input"] = kept
        environ["CONTENT_LENGTH"] = str(size)
    elif limit is not None and int(environ["CONTENT_LENGTH"]) > limit:
        raise too_large(limit)
    kept.seek(0)
    return kept


def read_bytes(environ: WSGIEnvironment, limit: int | None) -> bytes:
    """Return the whole body as ``read_body()`` does, as bytes. A short body with a length takes fewer steps."""
    if "routehandlers.body" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
        length = content_length(environ)
        if length is not None and length <= CHUNK and (limit is None or length <= limit):
            data = _read_whole(environ, length)
            environ["routehandlers.body"] = environ["wsgi.input"] = BytesIO(data)
            environ["CONTENT_LENGTH"] = str(length)
            return data
    body = read_body(environ, limit)
    data = body.read()
    body.seek(0)
    return data


def check_framing(environ: WSGIEnvironment) -> None:
    """Refuse a body whose end the server does not tell, because it would be lost.

    :raise LengthRequired: If the client sends a chunked body, and the server does not decode it.
    """
    if (
        "HTTP_TRANSFER_ENCODING" in environ
        and not environ.get("CONTENT_LENGTH")
        and not environ.get("wsgi.input_terminated")
    ):
        raise LengthRequired("This server does not pass on bodies without a Content-Length.")


class Input:
    """``wsgi.input`` of a chunked body for handlers that read it directly. Its exceptions are those of ``read_body()``.

    :param environ: The environment. Its ``wsgi.input`` is replaced.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = {**environ}
        environ["wsgi.input"] = self

    def read(self, *size: int) -> bytes:
        """Return some bytes, or all."""
        data: bytes = self._call("read", *size)
        return data

    def readline(self, *size: int) -> bytes:
        """Return a line."""
        line: bytes = self._call("readline", *size)
        return line

    def readlines(self, *hint: int) -> list[bytes]:
        """Return the lines."""
        lines: list[bytes] = self._call("readlines", *hint)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        """Return the lines one by one."""
        return iter(self.readline, b"")

    def _call(self, method: str, *arguments: int) -> Any:
        return _bounded(self._environ, lambda: getattr(self._environ["wsgi.input"], method)(*arguments))


def _read(environ: WSGIEnvironment, limit: int | None) -> tuple[IO[bytes], int]:
    length = content_length(environ)
    if length is not None and limit is not None and length > limit:
        raise too_large(limit)
    if "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated"):
        length = None
    elif length is None and not environ.get("wsgi.input_terminated"):
        check_framing(environ)
        return BytesIO(), 0
    if length is not None and length <= CHUNK:
        return BytesIO(_read_whole(environ, length)), length
    return _spool(environ, length, limit)


def _read_whole(environ: WSGIEnvironment, length: int) -> bytes:
    data = receive(environ, length)
    while len(data) < length:
        more = receive(environ, length - len(data))
        if not more:
            raise ClientDisconnected
        data += more
    return data


def _spool(environ: WSGIEnvironment, length: int | None, limit: int | None) -> tuple[IO[bytes], int]:
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # it lives as long as the request
    size = 0
    # One byte more shows that a body is too long.
    most = length if length is not None else limit + 1 if limit is not None else None
    try:
        while chunk := receive(environ, CHUNK if most is None else min(CHUNK, most - size)):
            spool.write(chunk)
            size += len(chunk)
            if limit is not None and size > limit:
                raise too_large(limit)
        if length is not None and size < length:
            raise ClientDisconnected
    except BaseException:
        spool.close()
        raise
    return cast("IO[bytes]", spool), size


def receive(environ: WSGIEnvironment, size: int) -> bytes:
    """Read some bytes, and raise what the client gets if that fails.

    :raise BadRequest: If the server finds the body malformed. Each server has its own exceptions.
    :raise ClientDisconnected: If the client has gone.
    :raise RequestTimeout: If the client is too slow.
    """
    if size == 0:
        return b""
    source = environ["wsgi.input"]
    connection = socket_of(environ) if not isinstance(source, Input) else None
    if connection is not None:
        return cast("bytes", _bounded(environ, lambda: source.read(size)))
    try:
        data: bytes = source.read(size)
    except (HTTPException, AssertionError):  # wsgiref.validate raises the second
        raise
    except Exception as error:
        raise _refusal(environ, error) from None
    return data


def _bounded(environ: WSGIEnvironment, read: Callable[[], Any]) -> Any:
    data = None
    with deadline(socket_of(environ), SLOWEST, socket.SHUT_RD) as end:
        try:
            data = read()
        except (HTTPException, AssertionError):  # wsgiref.validate raises the second
            raise
        except Exception as error:
            if end is None or not end.has_passed:
                raise _refusal(environ, error) from None
    if end is not None and end.has_passed:
        raise _too_slow()
    return data


def _refusal(environ: WSGIEnvironment, error: Exception) -> HTTPException:
    if isinstance(error, TimeoutError):
        return _too_slow()
    if isinstance(error, (ConnectionError, EOFError)):
        return ClientDisconnected()
    target = f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    logger.warning("The body of %r cannot be read: %r", target, error)
    return BadRequest("The body is malformed or incomplete.")


def _too_slow() -> RequestTimeout:
    return RequestTimeout("The body came too slowly.")


def too_large(limit: int) -> RequestEntityTooLarge:
    """Return the exception for a body that is larger than a limit in bytes."""
    return RequestEntityTooLarge(f"The body is longer than {limit} bytes.")


def content_length(environ: WSGIEnvironment) -> int | None:
    """Return the value of ``Content-Length``, or ``None`` without one.

    :raise BadRequest: If it is not a number.
    """
    text: str = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH):
        raise BadRequest("Content-Length is not a number of bytes.")
    return int(text)
