"""Purges that the storage has not accepted yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from ..cache_handlers.base import CacheHandler
from .breaker import PAUSE, Breaker


class OwedPurges:
    """Queue of purges, sent to the storage in order.

    :param breaker: Breaker of purges.
    :ivar queue: Tags and ``until`` of each purge, oldest first.
    """

    def __init__(self, handler: CacheHandler, breaker: Breaker) -> None:
        self._handler = handler
        self._breaker = breaker
        self.queue: list[tuple[tuple[str, ...], float | None]] = []
        self._guard = threading.Lock()
        self._is_thread_running = False

    def add(self, tags: Iterable[str], until: float | None) -> int:
        """Send a purge after the earlier ones. Return its number, or 0 if the storage has not accepted it yet."""
        self.queue.append((tuple(tags), until))
        number = self.pay()
        if not number and not self._is_thread_running:
            # Other processes serve the purged entries meanwhile, so do not wait for the next request to this one.
            self._is_thread_running = True
            threading.Thread(target=self._pay_later, name="routehandlers-owed", daemon=True).start()
        return number

    def pay(self) -> int:
        """Send all purges. Return the number of the last one, or 0 if the storage has not accepted them."""
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
