"""A request's body, read within its limit and left readable for whoever comes after."""

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

# From this size on a body is kept in a file, as Werkzeug does with uploads.
_IN_MEMORY = 500 * 2**10

_CHUNK = 64 * 2**10

# A client that sends more than this after it was answered gets a reset.
_DRAINED_AT_MOST = 64 * 2**20

# RFC 9110 section 8.6 gives no bound; more digits than this are no size but an attack on int().
_LONGEST_LENGTH = 20


# What reading a body changes in the environment.
BODY_VARIABLES = ("routehandlers.body", "wsgi.input", "CONTENT_LENGTH")


def read_body(environ: WSGIEnvironment, limit: int | None) -> IO[bytes]:
    """The whole body, as a file at its beginning.

    The same file, rewound, is put back as ``wsgi.input``, so that a second
    reader, inside or outside of the application, finds everything.

    :param limit: The most bytes to accept; ``None`` for any number.
    :raise RequestEntityTooLarge: If there is more, whether announced or not.
    :raise ClientDisconnected: If there is less than was announced.
    """
    kept: IO[bytes] | None = environ.get("routehandlers.body")
    if kept is None:
        kept, size = _read(environ, limit)
        environ["routehandlers.body"] = environ["wsgi.input"] = kept
        environ["CONTENT_LENGTH"] = str(size)
    elif limit is not None and int(environ["CONTENT_LENGTH"]) > limit:
        raise RequestEntityTooLarge
    kept.seek(0)
    return kept


def _read(environ: WSGIEnvironment, limit: int | None) -> tuple[IO[bytes], int]:
    length = content_length(environ)
    if length is not None and limit is not None and length > limit:
        raise RequestEntityTooLarge
    if length is not None and length <= _IN_MEMORY and "HTTP_TRANSFER_ENCODING" not in environ:
        data = environ["wsgi.input"].read(length)
        while len(data) < length:
            more = environ["wsgi.input"].read(length - len(data))
            if not more:
                raise ClientDisconnected
            data += more
        return BytesIO(data), length
    # Werkzeug's limit is reached by a body that is just as long, so it is asked for one byte more.
    return _spool(get_input_stream(environ, max_content_length=None if limit is None else limit + 1), limit)


def _spool(stream: IO[bytes], limit: int | None) -> tuple[IO[bytes], int]:
    spool = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # it lives as long as the request
    size = 0
    try:
        while chunk := stream.read(_CHUNK):
            spool.write(chunk)
            size += len(chunk)
            if limit is not None and size > limit:
                raise RequestEntityTooLarge
    except BaseException:
        spool.close()
        raise
    return cast("IO[bytes]", spool), size


def is_unread(environ: WSGIEnvironment) -> bool:
    """Whether there is a body that nobody has read, on a server where reading to its end is safe."""
    if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    return (
        "routehandlers.body" not in environ
        and environ.get("CONTENT_LENGTH") != "0"
        and bool(environ.get("wsgi.input_terminated"))
        # The client waits for a word before it sends, and the answer is that word.
        and "HTTP_EXPECT" not in environ
    )


def drain(environ: WSGIEnvironment) -> None:
    """Read what the client still sends, and forget it.

    A server that closes a connection with unread bytes resets it, and the
    client may never see the answer, such as the 413 that its body got.
    """
    left = _DRAINED_AT_MOST
    try:
        while left > 0 and (chunk := environ["wsgi.input"].read(min(left, _CHUNK))):
            left -= len(chunk)
    except Exception as error:  # of the server's own kind: the client has gone, and nobody is left to be told
        logger.debug("A body could not be drained: %r", error)


def content_length(environ: WSGIEnvironment) -> int | None:
    """The announced length.

    :raise BadRequest: If it is no number.
    """
    text: str = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH):
        raise BadRequest("Content-Length is not a number of bytes.")
    return int(text)
