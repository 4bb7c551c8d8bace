"""Purges that the storage could not take yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from ..cache_handlers.base import CacheHandler
from .breaker import PAUSE, Breaker


class OwedPurges:
    """A queue of purges, handed to the storage in order.

    :param breaker: Keeps failures of the storage away from callers.
    :ivar queue: Tags and ``until`` of each purge, oldest first. Every hit looks whether it is empty.
    """

    def __init__(self, handler: CacheHandler, breaker: Breaker) -> None:
        self._handler = handler
        self._breaker = breaker
        self.queue: list[tuple[tuple[str, ...], float | None]] = []
        self._guard = threading.Lock()
        self._is_thread_running = False

    def add(self, tags: Iterable[str], until: float | None) -> int:
        """Hand over a purge, after those before it; return its number, or 0 if the storage did not take it yet."""
        self.queue.append((tuple(tags), until))
        number = self.pay()
        if not number and not self._is_thread_running:
            # Others serve what was purged until they hear of it: they must not wait for a request that comes here.
            self._is_thread_running = True
            threading.Thread(target=self._pay_later, name="routehandlers-owed", daemon=True).start()
        return number

    def pay(self) -> int:
        """Hand all purges to the storage; return the last one's number, or 0 if it did not take them."""
        number = 1
        with self._guard:
            while self.queue:
                number = self._breaker.call(lambda: self._handler.expire_tags(*self.queue[0]), 0)
                if not number:
                    return 0
                del self.queue[0]
        return number

    def _pay_later(self) -> None:
        while self.queue:
            time.sleep(PAUSE)
            self.pay()
        self._is_thread_running = False
