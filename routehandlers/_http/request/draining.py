"""Discard the rest of a body that no code has read, in a bounded time.

A server that closes a connection with unread bytes resets it. Then the client
may never see the response, such as the 413 for its body.

This is for servers that give applications the socket: only with it can a read be ended. The others discard the body
themselves, with time limits of their own, or have read it before the call. Granian keeps all threads from running
while one of them waits for a body.
"""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from .body import CHUNK, receive
from .deadlines import deadline, shut_down, socket_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...typing import WSGIEnvironment

logger = logging.getLogger("routehandlers")

# If the client sends more than this after the response, or takes longer, its connection is closed.
MOST_BYTES = 64 * 2**20
# As long as gunicorn itself waits for a client before it closes a connection.
MOST_SECONDS = 2.0

# Whether the end of the body was reached. Present after it was drained.
_DRAINED = "routehandlers.drained"


def is_unread(environ: WSGIEnvironment) -> bool:
    """Return whether the body is still unread, and ``drain()`` can read it to its end."""
    if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
        return False
    return (
        "routehandlers.body" not in environ
        and environ.get("CONTENT_LENGTH") != "0"
        and bool(environ.get("wsgi.input_terminated"))
        # With "Expect: 100-continue" the client waits for the response before it sends the body.
        and "HTTP_EXPECT" not in environ
        and socket_of(environ) is not None
    )


def check_unread(environ: WSGIEnvironment) -> None:
    """Drain a chunked body before the response is sent, because only its end shows that it is well-formed.

    If it does not end in time, the response is sent and the connection closed.

    :raise BadRequest: If it is malformed.
    """
    if "HTTP_TRANSFER_ENCODING" in environ and is_unread(environ):
        environ[_DRAINED] = False
        with deadline(socket_of(environ), MOST_SECONDS, socket.SHUT_RD) as end:
            try:
                is_at_end = _discard(lambda size: receive(environ, size))
            except HTTPException:
                if end is None or not end.has_passed:
                    raise
                return
        environ[_DRAINED] = is_at_end and not (end is not None and end.has_passed)


def drain(environ: WSGIEnvironment) -> None:
    """Read the rest of the body and discard it, or close the connection if it is too long or too slow."""
    connection = socket_of(environ)
    is_at_end: bool | None = environ.get(_DRAINED)
    if is_at_end is None:
        with deadline(connection, MOST_SECONDS, socket.SHUT_RDWR):
            try:
                is_at_end = _discard(environ["wsgi.input"].read)
            except Exception as error:  # each server has its own type; the client has gone, so no response can be sent
                logger.debug("A body could not be drained: %r", error)
                return
    if not is_at_end and connection is not None:  # or the server would go on
        shut_down(connection, socket.SHUT_RDWR)


def _discard(read: Callable[[int], bytes]) -> bool:
    """Return whether the body ended within the bytes that are drained at most."""
    left = MOST_BYTES
    while left > 0 and (chunk := read(min(left, CHUNK))):
        left -= len(chunk)
    return left > 0
