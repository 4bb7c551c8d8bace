"""Read the body of a request within its limit, and keep it readable for later readers."""

from __future__ import annotations

import logging
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

logger = logging.getLogger("routehandlers")

# Larger bodies are kept in a file, as Werkzeug does with uploads.
_IN_MEMORY = 500 * 2**10

_CHUNK = 64 * 2**10

# If the client sends more than this after the response, its connection is reset.
_DRAINED_AT_MOST = 64 * 2**20

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


def _read(environ: WSGIEnvironment, limit: int | None) -> tuple[IO[bytes], int]:
    length = content_length(environ)
    if length is not None and limit is not None and length > limit:
        raise too_large(limit)
    if length is not None and length <= _IN_MEMORY and "HTTP_TRANSFER_ENCODING" not in environ:
        data = environ["wsgi.input"].read(length)
        while len(data) < length:
            more = environ["wsgi.input"].read(length - len(data))
            if not more:
                raise ClientDisconnected
            data += more
        return BytesIO(data), length
    # Werkzeug also refuses a body of exactly the limit, so pass one byte more.
    return _spool(get_input_stream(environ, max_content_length=None if limit is None else limit + 1), limit)


def _spool(stream: IO[bytes], limit: int | None) -> tuple[IO[bytes], int]:
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # it lives as long as the request
    size = 0
    try:
        while chunk := stream.read(_CHUNK):
            spool.write(chunk)
            size += len(chunk)
            if limit is not None and size > limit:
                raise too_large(limit)
    except BaseException:
        spool.close()
        raise
    return cast("IO[bytes]", spool), size


def too_large(limit: int) -> RequestEntityTooLarge:
    """Return the exception for a body that is larger than a limit in bytes."""
    return RequestEntityTooLarge(f"The body is longer than {limit} bytes.")


def is_unread(environ: WSGIEnvironment) -> bool:
    """Return whether the body is still unread, and the server allows to read it to its end."""
    if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    return (
        "routehandlers.body" not in environ
        and environ.get("CONTENT_LENGTH") != "0"
        and bool(environ.get("wsgi.input_terminated"))
        # With "Expect: 100-continue" the client waits for the response before it sends the body.
        and "HTTP_EXPECT" not in environ
    )


def drain(environ: WSGIEnvironment) -> None:
    """Read the rest of the body and discard it.

    A server that closes a connection with unread bytes resets it. Then the
    client may never see the response, such as the 413 for its body.
    """
    left = _DRAINED_AT_MOST
    try:
        while left > 0 and (chunk := environ["wsgi.input"].read(min(left, _CHUNK))):
            left -= len(chunk)
    except Exception as error:  # each server has its own type; the client has gone, so no response can be sent
        logger.debug("A body could not be drained: %r", error)


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
