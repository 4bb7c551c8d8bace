"""Lock in Redis: a key that expires, and that its holder renews."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from types import TracebackType
from typing import Any

logger = logging.getLogger("routehandlers")

# Seconds after which the lock of a killed process is free.
_LIFE = 4.0
_RENEWED_EVERY = 1.0

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.1

# Renew or delete the key only if it holds our token: it may have expired, and another process may hold it.
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_FREE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class LockKeeper:
    """Renews the locks of this process, in a thread that runs while there are any."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._renew = client.register_script(_RENEW)
        self._free = client.register_script(_FREE)
        self._tokens: dict[str, str] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, name: str, token: str) -> None:
        """Renew a lock from now on."""
        with self._guard:
            self._tokens[name] = token
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="routehandlers-locks", daemon=True)
                self._thread.start()

    def free(self, name: str, token: str) -> None:
        """Release a lock, and stop renewing it."""
        with self._guard:
            self._tokens.pop(name, None)
        try:
            self._free([name], [token])
        except Exception as error:  # it expires by itself
            logger.debug("Releasing a lock failed: %r", error)

    def _run(self) -> None:
        while True:
            time.sleep(_RENEWED_EVERY)
            with self._guard:
                held = dict(self._tokens)
                if not held:
                    self._thread = None
                    return
            for name, token in held.items():
                try:
                    self._renew([name], [token, int(_LIFE * 1000)])
                except Exception as error:  # tried again after _RENEWED_EVERY
                    logger.debug("Renewing a lock failed: %r", error)


class RedisLock:
    """Lock of one key.

    :param timeout: Seconds to wait before continuing without the lock.
    """

    def __init__(self, client: Any, keeper: LockKeeper, name: str, timeout: float) -> None:
        self._client = client
        self._keeper = keeper
        self._name = name
        self._timeout = timeout
        self._token = secrets.token_hex(16)
        self.is_held = False

    def __enter__(self) -> RedisLock:
        waited, pause = 0.0, _FIRST_PAUSE
        while not self._take():
            if waited >= self._timeout:
                return self
            time.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)
        self.is_held = True
        self._keeper.keep(self._name, self._token)
        return self

    def _take(self) -> bool:
        return bool(self._client.set(self._name, self._token, nx=True, px=int(_LIFE * 1000)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        if self.is_held:
            self.is_held = False
            self._keeper.free(self._name, self._token)
