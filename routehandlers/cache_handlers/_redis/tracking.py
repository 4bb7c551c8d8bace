"""Redis's invalidation messages: it tells when a key has changed, so that nobody has to ask.

https://redis.io/docs/latest/develop/reference/client-side-caching/ (broadcasting mode, two-connection
mode of RESP2 with one connection that redirects to itself)
"""

from __future__ import annotations

import itertools
import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from math import nan
from typing import Any

logger = logging.getLogger("routehandlers")

# Seconds of silence after which Redis is asked whether it is there, and seconds for its answer.
_HEARTBEAT = 1.0
_PATIENCE = 1.0

_PAUSE = 1.0

_CHUNK = 64 * 2**10


class Tracking:
    """Hears of changes to one key, in a thread of its own that is made when first asked.

    :param is_used: Whether to hear of them at all; otherwise there always may be news.
    :ivar heard: How many messages have come, more or less; ``nan``, which equals nothing, while nobody would tell.
    :ivar trusted_until: Until when nobody needs to peek, by the monotonic clock.
    :ivar peek: Tells, in one step into the kernel, whether a message has come that the thread has not counted yet.
    """

    def __init__(self, client: Any, key: str, *, is_used: bool) -> None:
        self._client = client
        self._key = key
        self._is_used = is_used
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self.heard: float = nan
        self._numbers = itertools.count(0, 2**32)
        self.trusted_until = 0.0
        self.peek: Callable[[], object] = _nothing

    def hear(self) -> None:
        """Count something that has happened to the key."""
        with self._guard:
            self.heard += 1

    def start(self) -> None:
        """Begin to listen, once in each process."""
        if self._thread is None and self._is_used:
            self._thread = threading.Thread(target=self._run, name="routehandlers-purges", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            connection = None
            try:
                connection = self._connect()
                self._listen(connection)
            except Exception as error:
                logger.debug("Redis's messages have stopped: %r", error)
            finally:
                self._set_connected(None)
                if connection is not None:
                    connection.disconnect()
            time.sleep(_PAUSE)

    def _set_connected(self, peek: Callable[[], object] | None) -> None:
        with self._guard:
            # Another number than any before it, for what came while nobody listened.
            self.heard = next(self._numbers) if peek is not None else nan
            self.peek = peek or _nothing

    def _connect(self) -> Any:
        connection = self._client.connection_pool.make_connection()
        connection.connect()
        connection.send_command("CLIENT", "ID")
        number = connection.read_response()
        connection.send_command("CLIENT", "TRACKING", "ON", "REDIRECT", str(number), "BCAST", "PREFIX", self._key)
        connection.read_response()
        connection.send_command("SUBSCRIBE", "__redis__:invalidate")
        connection.read_response()
        return connection

    def _listen(self, connection: Any) -> None:
        readable = _waiter(connection._sock)  # redis-py has no public way to its socket
        self._set_connected(partial(readable, 0))
        is_asked = False
        while True:
            if readable(_PATIENCE if is_asked else _HEARTBEAT):
                is_asked = False
                # What it says does not matter, only that it came. It is counted before it is taken away, so that at any
                # moment either the count has changed or there is something to peek at.
                with self._guard:
                    self.heard += 1
                    if not connection._sock.recv(_CHUNK):
                        raise ConnectionError("Redis has closed the connection")
            elif is_asked:
                raise TimeoutError("Redis does not answer")
            else:
                connection.send_command("PING")
                is_asked = True


def _waiter(sock: socket.socket) -> Callable[[float], object]:
    """Waits until a socket can be read, for so many seconds; the cheapest way that there is."""
    if hasattr(select, "epoll"):  # Linux, without gevent
        epoll = select.epoll()
        epoll.register(sock.fileno(), select.EPOLLIN)
        return epoll.poll
    return lambda timeout: select.select([sock], [], [], timeout)[0]


def _nothing() -> bool:
    return False
