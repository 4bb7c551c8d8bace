"""Refreshes in the background: a few daemon threads, made when there is work."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("routehandlers")

_MOST_THREADS = 4

# More keys than this that wait for a refresh are refreshed by those who ask for them.
_MOST_WAITING = 1_000

# Seconds after which a refresh counts as stuck, or as never begun by a server without threads.
LONGEST_REFRESH = 30.0

# Seconds that a thread without work stays.
_IDLE = 5.0


class Refresher:
    """The refreshes of one process: each key once at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: dict[str, float] = {}
        self._waiting: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()
        self._threads = 0

    def submit(self, key: str, refresh: Callable[[], None]) -> bool:
        """See to it that a key is refreshed.

        :return: Whether somebody is at it. Otherwise it is the caller's to do.
        """
        with self._guard:
            begun = self._begun.get(key)
            if begun is not None:
                return time.monotonic() - begun < LONGEST_REFRESH
            if len(self._begun) >= _MOST_WAITING:
                return False
            # One thread for each that is begun, up to the most; who has none waits for one.
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
        except RuntimeError:  # no more threads, or the interpreter is on its way out
            return
        self._threads += 1

    def _run(self) -> None:
        while True:
            try:
                key, refresh = self._waiting.get(timeout=_IDLE)
            except queue.Empty:
                with self._guard:
                    # What came since is somebody's who counted on this thread.
                    if self._waiting.empty():
                        self._threads -= 1
                        return
                continue
            try:
                refresh()
            except BaseException:
                logger.exception("A refresh failed")
            finally:
                with self._guard:
                    self._begun.pop(key, None)
