"""Refreshes in the background, in a few daemon threads that start when there is work."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("routehandlers")

_MOST_THREADS = 4

# If more keys than this wait for a refresh, requests render the others themselves.
_MOST_WAITING = 1_000

# Seconds after which a refresh counts as stuck, or as never started by a server without threads.
LONGEST_REFRESH = 30.0

# Seconds after which a thread without work ends.
_IDLE = 5.0


class Refresher:
    """Runs the refreshes of one process, at most one for each key at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: dict[str, float] = {}
        self._waiting: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()
        self._threads = 0

    def submit(self, key: str, refresh: Callable[[], None]) -> bool:
        """Refresh a key in the background.

        :return: False if the caller must render: too many refreshes wait, no thread can start, or this one is stuck.
        """
        with self._guard:
            begun_at = self._begun.get(key)
            if begun_at is not None:
                return time.monotonic() - begun_at < LONGEST_REFRESH
            if len(self._begun) >= _MOST_WAITING:
                return False
            # One thread for each refresh, up to the maximum; further refreshes wait for a thread.
            if self._threads <= len(self._begun) and self._threads < _MOST_THREADS:
                self._start()
            if not self._threads:
                return False
            self._begun[key] = time.monotonic()
            self._waiting.put((key, refresh))
        return True

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
                key, refresh = self._waiting.get(timeout=_IDLE)
            except queue.Empty:
                with self._guard:
                    # submit() may have added a refresh that relies on this thread.
                    if self._waiting.empty():
                        self._threads -= 1
                        return
                continue
            try:
                refresh()
            except BaseException:
                logger.exception("Refreshing a cached entry failed")
            finally:
                with self._guard:
                    self._begun.pop(key, None)
