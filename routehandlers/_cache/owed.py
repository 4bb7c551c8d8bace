"""Purges that the storage has not accepted yet."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ..cache_handlers.base import CacheHandler
from .breaker import FailureLog

logger = logging.getLogger("routehandlers")

# A failed try is repeated at once if it took fewer seconds than this: the connection may have been dropped while it was
# idle, and the second try opens another. It is more than the half second after which a command to Redis fails.
_QUICK = 1.0

# Seconds between two tries of an owed purge: the first and the longest pause.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0

# Maximum number of characters in the tags of the owed purges. Beyond it, everything is purged.
_MOST_CHARACTERS = 256 * 2**10


@dataclass(frozen=True, eq=False)
class Purge:
    """A purge that is owed.

    :param tags: Its tags; ``None`` for all entries.
    """

    tags: tuple[str, ...] | None
    until: float | None = 0.0

    @property
    def size(self) -> int:
        return sum(map(len, self.tags)) + 64 if self.tags is not None else 0


class OwedPurges:
    """Sends purges to the storage. Those that it has not accepted are sent again by a thread.

    :ivar is_clear: Whether no purge is owed. While it is false, nothing from the storage may be served.
    """

    def __init__(self, handler: CacheHandler, log: FailureLog) -> None:
        self.is_clear = True
        self._handler = handler
        self._log = log
        self._queue: list[Purge] = []
        self._guard = threading.Lock()
        self._sending = threading.Lock()
        self._next_try_at = 0.0
        self._is_thread_running = False

    def send(self, tags: Iterable[str], until: float | None) -> bool:
        """Send a purge at once, whatever failed before. Return whether the storage has accepted it."""
        purge = Purge(tuple(tags), until)
        try:
            self._try_twice(purge)
        except Exception as error:
            logger.error(
                "The cache storage has not accepted the purge of %s: %s. It is sent again until it is accepted.",
                _shown(purge),
                error or type(error).__name__,
            )
            self._log.report(error)
            self._owe(purge)
            return False
        return True

    def pay(self) -> bool:
        """Return whether no purge is owed any more. Usually a thread sends them, and this method waits for nothing."""
        if self._start():
            return self.is_clear
        # Without a thread, requests send them.
        if time.monotonic() >= self._next_try_at:
            self._send_all()
        return self.is_clear

    def _owe(self, purge: Purge) -> None:
        with self._guard:
            self.is_clear = False
            self._queue.append(purge)
            if sum(owed.size for owed in self._queue) > _MOST_CHARACTERS:
                self._queue = [Purge(None)]
        # Other processes serve the purged entries meanwhile, so do not wait for the next request to this one.
        self._start()

    def _start(self) -> bool:
        """Start the thread if it does not run and something is owed. Return false if no thread can be started."""
        with self._guard:
            if self._is_thread_running or self.is_clear:
                return True
            try:
                threading.Thread(target=self._run, name="routehandlers-owed", daemon=True).start()
            except RuntimeError:  # no more threads, or the interpreter is shutting down
                return False
            self._is_thread_running = True
            return True

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            time.sleep(pause)
            self._send_all()
            pause = min(2 * pause, _LONGEST_PAUSE)
            with self._guard:  # a purge that is queued after this look starts another thread
                if self.is_clear:
                    self._is_thread_running = False
                    return

    def _send_all(self) -> None:
        if not self._sending.acquire(blocking=False):
            return  # another thread does it
        try:
            while not self.is_clear:
                with self._guard:
                    batch = _merged(self._queue)
                    sent = list(self._queue)
                for purge in batch:
                    self._try(purge)
                with self._guard:
                    self._queue = [purge for purge in self._queue if purge not in sent]
                    self.is_clear = not self._queue
            logger.info("The cache storage has accepted the purges that it had not accepted before.")
        except Exception as error:
            self._next_try_at = time.monotonic() + _LONGEST_PAUSE
            self._log.report(error)
        finally:
            self._sending.release()

    def _try_twice(self, purge: Purge) -> None:
        began_at = time.monotonic()
        try:
            self._try(purge)
        except Exception:
            if time.monotonic() - began_at > _QUICK:
                raise
            self._try(purge)

    def _try(self, purge: Purge) -> None:
        if purge.tags is None:
            self._handler.clear()
        else:
            self._handler.expire_tags(purge.tags, purge.until)


def _merged(purges: Iterable[Purge]) -> list[Purge]:
    """Return as few purges as possible that have the same effect."""
    tags: dict[float | None, dict[str, None]] = {}
    for purge in purges:
        if purge.tags is None:
            return [purge]
        tags.setdefault(purge.until, {}).update(dict.fromkeys(purge.tags))
    return [Purge(tuple(named), until) for until, named in tags.items()]


def _shown(purge: Purge) -> str:
    text = ", ".join(map(repr, purge.tags or ()))
    return text if len(text) <= 200 else f"{text[:200]}…"
