"""Purges that the storage has not accepted yet."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from ..cache_handlers.base import CacheHandler
from .breaker import FailureLog
from .spool import Purge, Spool

logger = logging.getLogger("routehandlers")

# A failed try is repeated at once if it took fewer seconds than this: the connection may have been dropped while it was
# idle, and the second try opens another. It is more than the half second after which a command to Redis fails.
_QUICK = 1.0

# Seconds between two tries of an owed purge: the first and the longest pause.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0

# Maximum number of characters in the tags of the owed purges. Beyond it, everything is purged.
_MOST_CHARACTERS = 256 * 2**10

# What a tag counts beside its characters.
_OVERHEAD = 64


class OwedPurges:
    """Sends purges to the storage. Those that it has not accepted are sent again by a thread.

    :param spool: Keeps them on the disk, for the next process if this one ends.
    :ivar is_clear: Whether it is known that no purge is owed. Otherwise nothing from the storage may be served.
    """

    def __init__(self, handler: CacheHandler, log: FailureLog, spool: Spool | None = None) -> None:
        self.is_clear = spool is None
        self._handler = handler
        self._log = log
        self._spool = spool
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
            self._owe(purge)
            return False
        if not self.is_clear:  # the storage works again, or this process has not looked yet
            self._next_try_at = 0.0
            self.pay()
        return True

    def doubt(self) -> None:
        """Look again whether other processes owe purges: the storage has failed, perhaps for them, too."""
        if self._spool is not None:
            self.is_clear = False

    def pay(self) -> bool:
        """Return whether no purge is owed any more. Usually a thread sends them, and this method waits for nothing."""
        with self._guard:
            try:
                self._look()
            except OSError as error:
                self.is_clear = False  # unknown: the thread looks again
                self._log.report(error)
            # Purging everything may take long, so leave it to the thread.
            is_quick = not self._is_thread_running and all(purge.tags is not None for purge in self._queue)
        # The first request after a start sends what an earlier process owes. Without a thread, all requests do.
        if not self.is_clear and is_quick and time.monotonic() >= self._next_try_at:
            self._send_all()
        self._start()
        return self.is_clear

    def after_fork(self, log: FailureLog) -> OwedPurges:
        """Return the owed purges of a forked child. The parent sends them, too, but the child may serve before."""
        child = OwedPurges(self._handler, log, self._spool.after_fork() if self._spool is not None else None)
        child._queue = list(self._queue)
        child.is_clear = child.is_clear and not child._queue
        return child

    def _owe(self, purge: Purge) -> None:
        with self._guard:
            self._add([purge])
            if self._spool is not None:
                self._spool.write(self._queue)
        # Other processes serve the purged entries meanwhile, so do not wait for the next request to this one.
        self._start()

    def _add(self, purges: list[Purge]) -> None:
        self.is_clear = False
        self._queue += purges
        if sum(len(tag) + _OVERHEAD for purge in self._queue for tag in purge.tags or ()) > _MOST_CHARACTERS:
            self._queue = [Purge(None)]

    def _look(self) -> None:
        """Add what other processes owe. Set ``is_clear`` if nothing is owed."""
        self._add_others()
        self.is_clear = not self._queue

    def _add_others(self) -> None:
        if self._spool is not None and (purges := self._spool.read_others()):
            logger.info("Purges that another process owes to the cache storage are sent.")
            self._add(purges)

    def _start(self) -> None:
        """Start the thread if it does not run and something is owed."""
        with self._guard:
            if self._is_thread_running or self.is_clear:
                return
            self._is_thread_running = True
        try:  # without the guard: greenlets switch here
            threading.Thread(target=self._run, name="routehandlers-owed", daemon=True).start()
        except RuntimeError:  # no more threads, or the interpreter is shutting down. The next request tries again.
            self._is_thread_running = False

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
                    sent = list(self._queue)
                    batch = _merged(sent)
                for purge in batch:
                    self._try(purge)
                with self._guard:
                    self._queue = [purge for purge in self._queue if purge not in sent]
                    self._add_others()
                    if not self._queue and self._spool is not None:
                        self._spool.clear()
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
