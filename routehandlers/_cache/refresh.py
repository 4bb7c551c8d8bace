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
_TIME = 30.0

# Seconds that a thread without work stays.
_IDLE = 5.0


class Refresher:
    """The refreshes of one process: each key once at a time."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: dict[str, float] = {}
        self._waiting: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0

    def submit(self, key: str, refresh: Callable[[], None]) -> bool:
        """See to it that a key is refreshed.

        :return: Whether somebody is at it. Otherwise it is the caller's to do.
        """
        with self._guard:
            begun = self._begun.get(key)
            if begun is not None:
                return time.monotonic() - begun < _TIME
            if len(self._begun) >= _MOST_WAITING:
                return False
            self._begun[key] = time.monotonic()
            self._waiting.put((key, refresh))
            if self._idle < self._waiting.qsize() and self._threads < _MOST_THREADS:
                return self._start(key)
        return True

    def _start(self, key: str) -> bool:
        thread = threading.Thread(target=self._run, name="routehandlers-refresh", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is on its way out
            if not self._threads:
                self._begun.pop(key, None)
                return False
        else:
            self._threads += 1
        return True

    def _run(self) -> None:
        while True:
            with self._guard:
                self._idle += 1
            try:
                key, refresh = self._waiting.get(timeout=_IDLE)
            except queue.Empty:
                with self._guard:
                    self._idle -= 1
                    # What came since is somebody's who counted on this thread.
                    if self._waiting.empty():
                        self._threads -= 1
                        return
                continue
            with self._guard:
                self._idle -= 1
            try:
                refresh()
            except BaseException:
                logger.exception("A refresh failed")
            finally:
                with self._guard:
                    self._begun.pop(key, None)
