"""Bound the time that a read from a client can take: end it by shutting down its socket.

A read returns when it has all bytes, and a client can send one byte a minute, so the timeout of a socket, which starts
again with each byte, bounds nothing. A thread of the process watches the reads that are running. It starts with the
first of them, and ends when there have been none for some seconds.

Only gunicorn and Werkzeug's server give applications the socket.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# A read can take this much longer than its seconds.
_TICK = 0.25

# The thread ends after this many ticks without a read.
_IDLE_TICKS = 40


class Deadline:
    """The end of one read.

    :param how: What is shut down, as in ``socket.shutdown()``.
    """

    def __init__(self, connection: socket.socket, seconds: float, how: int) -> None:
        self._connection = connection
        self._how = how
        self.time = time.monotonic() + seconds
        self.has_passed = False

    def end(self) -> None:
        """Shut the socket down, so that the read returns."""
        self.has_passed = True
        shut_down(self._connection, self._how)


def socket_of(environ: WSGIEnvironment) -> socket.socket | None:
    """Return the socket that the body comes from, if it belongs to this request alone and the server names it."""
    if not environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
        return None  # the streams of HTTP/2 share one
    found: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    return found


def shut_down(connection: socket.socket, how: int) -> None:
    """Shut a socket down, which the client may have closed already."""
    with suppress(OSError):
        connection.shutdown(how)


@contextmanager
def deadline(connection: socket.socket | None, seconds: float, how: int) -> Iterator[Deadline | None]:
    """Shut a socket down if the block takes longer than some seconds. Without a socket, do nothing."""
    if connection is None:
        yield None
        return
    running = Deadline(connection, seconds, how)
    _watch(running)
    try:
        yield running
    finally:
        # With the lock held, so that no socket is shut down when its next request has begun.
        with _guard:
            _running.discard(running)


_running: set[Deadline] = set()
_guard = threading.Lock()
_is_watching = False


def _watch(running: Deadline) -> None:
    global _is_watching
    with _guard:
        _running.add(running)
        was_watching, _is_watching = _is_watching, True
    if not was_watching:
        threading.Thread(target=_end_those_passed, name="routehandlers-deadlines", daemon=True).start()


def _end_those_passed() -> None:
    global _is_watching
    idle = 0
    while True:
        time.sleep(_TICK)
        now = time.monotonic()
        with _guard:
            for passed in [running for running in _running if running.time <= now]:
                _running.discard(passed)
                passed.end()
            idle = 0 if _running else idle + 1
            if idle > _IDLE_TICKS:
                _is_watching = False
                return


def _reset() -> None:
    global _guard, _is_watching  # a forked process has none of the threads, and the lock may be held in its parent
    _guard, _is_watching = threading.Lock(), False
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)
