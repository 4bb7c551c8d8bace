"""Lock in Redis: a key that expires, and that its holder renews."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from types import TracebackType
from typing import Any

from .deadline import deadline
from .patience import UNANSWERED, Patience

logger = logging.getLogger("routehandlers")

# Seconds after which the lock of a killed process is free.
_LIFE = 4.0
_RENEWED_EVERY = 1.0

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.1

# Seconds between two tries to release a lost lock, and how many of them Redis must answer: the command that took the
# lock may reach it after the first.
_FREED_EVERY = 0.1
_ANSWERS = 3

# More locks than these are left to expire by themselves.
_MOST_LOST = 1_000

# A script takes the lock, although SET could: where scripts are not allowed, the lock could not be released.
# Renew or delete the key only if it holds our token: it may have expired, and another process may hold it.
_TAKE = "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end return 0"
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_FREE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class LockKeeper:
    """Takes, renews and releases the locks of this process.

    Renewing is done in a thread that runs while there are locks. It also releases lost locks: Redis did not answer when
    they were taken or released, so it may hold them without a holder.
    """

    def __init__(self, client: Any, patience: Patience) -> None:
        self._patience = patience
        self._take = client.register_script(_TAKE)
        self._renew = client.register_script(_RENEW)
        self._free = client.register_script(_FREE)
        # Names by token.
        self._held: dict[str, str] = {}
        self._lost: dict[str, _Lost] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_hurried = threading.Event()

    def take(self, name: str, token: str) -> bool:
        """Take a lock, unless it is held, and renew it from now on."""
        try:
            with self._patience.bounded():
                is_taken = bool(self._take([name], [token, int(_LIFE * 1000)]))
        except UNANSWERED:
            self._lose(name, token)
            raise
        if is_taken:
            with self._guard:
                self._held[token] = name
            self._start()
        return is_taken

    def free(self, name: str, token: str) -> None:
        """Release a lock, and stop renewing it."""
        with self._guard:
            self._held.pop(token, None)
        try:
            with self._patience.bounded():
                self._free([name], [token])
        except Exception as error:
            logger.debug("Releasing a lock failed, and is tried again: %r", error)
            self._lose(name, token)

    def _lose(self, name: str, token: str) -> None:
        with self._guard:
            if len(self._lost) < _MOST_LOST:
                self._lost[token] = _Lost(name)
        self._start()
        self._is_hurried.set()

    def _start(self) -> None:
        with self._guard:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="routehandlers-locks", daemon=True)
        try:  # without the guard: greenlets switch here
            self._thread.start()
        except RuntimeError:  # no more threads, or the interpreter is shutting down
            self._thread = None
            raise

    def _run(self) -> None:
        waited = 0.0
        while True:
            # Add up the pauses, and do not read a clock: a test may have stopped it.
            pause = _FREED_EVERY if self._lost else _RENEWED_EVERY
            self._is_hurried.wait(pause)
            self._is_hurried.clear()
            waited += pause
            with self._guard:
                held, lost = dict(self._held), dict(self._lost)
                if not held and not lost:
                    self._thread = None
                    return
            if not self._patience.is_down:
                self._free_lost(lost)
            if waited >= _RENEWED_EVERY:
                waited = 0.0
                self._renew_held(held)

    def _free_lost(self, lost: dict[str, _Lost]) -> None:
        for token, lock in lost.items():
            try:
                with deadline(self._patience.seconds):
                    is_freed = bool(self._free([lock.name], [token]))
            except UNANSWERED:  # tried again after _FREED_EVERY
                self._patience.fail()
                return
            except Exception as error:
                logger.debug("Releasing a lock failed: %r", error)
                is_freed = False
            lock.answers += 1
            if is_freed or lock.answers >= _ANSWERS:
                with self._guard:
                    self._lost.pop(token, None)

    def _renew_held(self, held: dict[str, str]) -> None:
        for token, name in held.items():
            try:
                with deadline(self._patience.seconds):
                    self._renew([name], [token, int(_LIFE * 1000)])
            except Exception as error:  # tried again after _RENEWED_EVERY
                logger.debug("Renewing a lock failed: %r", error)


class _Lost:
    """A lock that may have no holder.

    :ivar answers: How often Redis has answered that it is not held.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.answers = 0


class RedisLock:
    """Lock of one key.

    :param timeout: Seconds to wait before continuing without the lock.
    """

    def __init__(self, keeper: LockKeeper, name: str, timeout: float) -> None:
        self._keeper = keeper
        self._name = name
        self._timeout = timeout
        self._token = secrets.token_hex(16)
        self.is_held = False

    def __enter__(self) -> RedisLock:
        waited, pause = 0.0, _FIRST_PAUSE
        while not self._keeper.take(self._name, self._token):
            if waited >= self._timeout:
                return self
            time.sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)
        self.is_held = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        if self.is_held:
            self.is_held = False
            self._keeper.free(self._name, self._token)
