"""Refreshes in the background, in a few daemon threads that start when there is work."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger("routehandlers")

_MOST_THREADS = 4

# Threads whose refresh is stuck do not count among the threads above, so that other keys are refreshed. If there are
# more of them than this, they keep their places: probably all refreshes hang.
_MOST_STUCK = 16

# If more keys than this wait for a refresh, requests render the others themselves.
_MOST_WAITING = 1_000

# Seconds after which a refresh counts as stuck, or as never started by a server without threads.
LONGEST_REFRESH = 30.0

# Seconds after which a thread without work ends.
_IDLE = 5.0


@dataclass(eq=False)
class _Refresh:
    """A refresh that waits or runs.

    :param submitted_at: By the monotonic clock, like ``began_at``.
    :param is_given_up: Whether it is stuck, and another thread may have its place.
    """

    key: str
    run: Callable[[], None]
    submitted_at: float
    began_at: float | None = None
    is_given_up: bool = False


class Refresher:
    """Runs the refreshes of one process, at most one for each key at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: dict[str, _Refresh] = {}
        self._waiting: queue.SimpleQueue[_Refresh] = queue.SimpleQueue()
        self._threads = 0
        self._stuck = 0

    def submit(self, key: str, refresh: Callable[[], None]) -> bool:
        """Refresh a key in the background.

        :return: False if the caller must render: too many refreshes wait, no thread can start, or this one is stuck.
        """
        with self._guard:
            now = time.monotonic()
            self._give_up_stuck(now)
            known = self._begun.get(key)
            if known is not None:
                return now - known.submitted_at < LONGEST_REFRESH
            if len(self._begun) >= _MOST_WAITING:
                return False
            # One thread for each refresh, up to the maximum; further refreshes wait for a thread.
            if self._threads <= len(self._begun) - self._stuck and self._threads < _MOST_THREADS:
                self._start()
            if not self._threads:
                return False
            self._begun[key] = added = _Refresh(key, refresh, now)
            self._waiting.put(added)
        return True

    def is_stuck(self, key: str) -> bool:
        """Return whether the refresh of a key has run for too long. It may hold the lock of the key."""
        known = self._begun.get(key)
        return known is not None and _has_run_long(known, time.monotonic())

    def _give_up_stuck(self, now: float) -> None:
        """Give the places of refreshes that are stuck to other threads. The refreshes that wait get them."""
        for refresh in self._begun.values():
            if self._stuck >= _MOST_STUCK:
                return
            if _has_run_long(refresh, now) and not refresh.is_given_up:
                refresh.is_given_up = True
                self._stuck += 1
                self._threads -= 1
                logger.error(
                    "The refresh of %s has taken more than %g seconds; another thread takes its place. "
                    "Give what it waits for a timeout.",
                    refresh.key[:200],
                    LONGEST_REFRESH,
                )
                if not self._waiting.empty():
                    self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name="routehandlers-refresh", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is shutting down
            return
        self._threads += 1

    def _run(self) -> None:
        while True:
            try:
                refresh = self._waiting.get(timeout=_IDLE)
            except queue.Empty:
                with self._guard:
                    # submit() may have added a refresh that relies on this thread.
                    if self._waiting.empty():
                        self._threads -= 1
                        return
                continue
            refresh.began_at = time.monotonic()
            try:
                refresh.run()
            except BaseException:
                logger.exception("Refreshing a cached entry failed")
            finally:
                with self._guard:
                    self._begun.pop(refresh.key, None)
                    if refresh.is_given_up:
                        self._stuck -= 1
            if refresh.is_given_up:
                return  # another thread has taken its place


def _has_run_long(refresh: _Refresh, now: float) -> bool:
    return refresh.began_at is not None and now - refresh.began_at >= LONGEST_REFRESH
