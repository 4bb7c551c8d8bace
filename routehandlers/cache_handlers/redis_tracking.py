"""Redis's invalidation messages: it tells when a key has changed, so that nobody has to ask.

https://redis.io/docs/latest/develop/reference/client-side-caching/ (broadcasting mode, two-connection
mode of RESP2 with one connection that redirects to itself)
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

logger = logging.getLogger("routehandlers")

# Seconds of silence after which Redis is asked whether it is there, and seconds for its answer.
_HEARTBEAT = 1.0
_PATIENCE = 1.0

_PAUSE = 1.0


class Tracking:
    """Hears of changes to one key, in a thread of its own that is made when first asked.

    :ivar has_news: Whether the key may have changed since ``take_news``.
    """

    def __init__(self, client: Any, key: str) -> None:
        self._client = client
        self._key = key
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_connected = False
        self.has_news = True

    def take_news(self) -> bool:
        """Whether to read the key: it has changed, or nobody would tell."""
        if self.has_news:
            with self._guard:
                if self._thread is None:
                    self._start()
                # Taken down before the key is read. Without the connection it stays up.
                self.has_news = not self._is_connected
            return True
        return False

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="routehandlers-purges", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection = None
            try:
                connection = self._connect()
                self._set_connected(True)
                self._listen(connection)
            except Exception as error:
                logger.debug("Redis's messages have stopped: %r", error)
            finally:
                self._set_connected(False)
                if connection is not None:
                    connection.disconnect()
            time.sleep(_PAUSE)

    def _set_connected(self, is_connected: bool) -> None:
        with self._guard:
            self._is_connected = is_connected
            self.has_news = True  # what came while nobody listened

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
        is_asked = False
        while True:
            if connection.can_read(timeout=_PATIENCE if is_asked else _HEARTBEAT):
                # A message, of which there is one kind, or the answer to PING.
                message = connection.read_response()
                is_asked = False
                if message[0] == b"message":
                    self.has_news = True
            elif is_asked:
                raise TimeoutError("Redis does not answer")
            else:
                connection.send_command("PING")
                is_asked = True
