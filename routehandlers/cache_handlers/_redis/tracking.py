"""Receive Redis's invalidation messages, so that hits need not ask whether a key has changed.

https://redis.io/docs/latest/develop/reference/client-side-caching/ (broadcasting mode; the two-connection
mode of RESP2, with one connection that redirects to itself)
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

# Seconds without a message after which to send a PING, and seconds to wait for its answer.
_HEARTBEAT = 1.0
_PATIENCE = 1.0

# Seconds before connecting again.
_PAUSE = 1.0

# Bytes received at once.
_RECEIVED = 64 * 2**10


class Tracking:
    """Receives messages about changes to one key, in a thread that ``start()`` creates.

    :param is_used: False to receive no messages: then the key may always have changed.
    :ivar heard: Changes with each message. ``nan``, which is unequal to itself, while there is no connection.
    :ivar trusted_until: Time, by the monotonic clock, until which ``peek()`` need not be called.
    :ivar peek: Return, with one system call, whether a message has arrived that the thread has not counted yet.
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
        """Count a change to the key."""
        with self._guard:
            self.heard += 1

    def start(self) -> None:
        """Start to listen, once in each process."""
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
                logger.debug("No messages from Redis until the next connection: %r", error)
            finally:
                self._set_connected(None)
                if connection is not None:
                    connection.disconnect()
            time.sleep(_PAUSE)

    def _set_connected(self, peek: Callable[[], object] | None) -> None:
        with self._guard:
            # A new number, because messages may have been missed while there was no connection.
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
        readable = _waiter(connection._sock)  # redis-py has no public access to its socket
        self._set_connected(partial(readable, 0))
        is_asked = False
        while True:
            if readable(_PATIENCE if is_asked else _HEARTBEAT):
                is_asked = False
                # The content of a message does not matter. Count it before receiving it, so that at any moment either
                # the count has changed or peek() sees the message.
                with self._guard:
                    self.heard += 1
                    if not connection._sock.recv(_RECEIVED):
                        raise ConnectionError("Redis has closed the connection.")
            elif is_asked:
                raise TimeoutError("Redis does not answer.")
            else:
                connection.send_command("PING")
                is_asked = True


def _waiter(sock: socket.socket) -> Callable[[float], object]:
    """Return a function that waits a number of seconds until a socket can be read, in the cheapest way."""
    if hasattr(select, "epoll"):  # Linux, without gevent
        epoll = select.epoll()
        epoll.register(sock.fileno(), select.EPOLLIN)
        return epoll.poll
    return lambda timeout: select.select([sock], [], [], timeout)[0]


def _nothing() -> bool:
    return False
