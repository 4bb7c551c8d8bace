"""Purges of this process alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Protocol

from .purges import Purges


class PurgeSequence(Protocol):
    """Purges in the order of their numbers."""

    @property
    def is_shared(self) -> bool:
        """Whether the other workers of this machine see these purges."""
        ...

    def read(self) -> Purges:
        """Return all purges so far."""
        ...

    def append(self, tags: Iterable[str], until: float | None) -> int:
        """Append a purge and return its number. See ``CacheHandler.expire_tags``."""
        ...

    def start_epoch(self) -> None:
        """Start a new epoch: all entries are gone."""
        ...

    def after_fork(self) -> None:
        """Give up what belongs to the parent process."""
        ...


class LocalPurges:
    """Purges that no other process sees."""

    is_shared = False

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        self._purges = Purges()
        self._lock = threading.Lock()

    def read(self) -> Purges:
        return self._purges

    def append(self, tags: Iterable[str], until: float | None) -> int:
        with self._lock:
            number = self._purges.number + 1
            self._purges.apply(number, tags, until, time.time())
        return number

    def start_epoch(self) -> None:
        self._purges = Purges()
