"""The storage of an application: a level in memory before a shared one, and no request that fails with it.

What is asked of a storage that fails is answered with "nothing there"; the
failure is logged once, and after a pause somebody tries again.
"""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..cache_handlers.base import CacheHandler, Lock, NullLock
from ..cache_handlers.entry import Entry, Mark
from ..cache_handlers.memory import Held, MemoryCacheHandler
from ..cache_handlers.purges import Purges
from .breaker import Breaker, FailureLog
from .freshness import Freshness, freshness_of
from .owed import OwedPurges

logger = logging.getLogger("routehandlers")

_SAME_TIME = 1e-3

# Nothing that is stored at this mark is ever found again.
_NOWHERE = Mark("", 0)


class Store:
    """Entries, wherever they are.

    :param handler: The storage.
    :param memory_size: Bytes of the level in memory before a shared storage.
    """

    def __init__(self, handler: CacheHandler, memory_size: int) -> None:
        self.handler = handler
        if isinstance(handler, MemoryCacheHandler):
            self.memory, self._shared = handler, None
        else:
            self.memory, self._shared = MemoryCacheHandler(memory_size), handler
        self.max_entry_size = handler.max_entry_size
        self._when_forked: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._reset()
        _stores.add(self)

    def when_forked(self, method: Callable[[], None]) -> None:
        """Have a bound method called in each process that is forked off."""
        self._when_forked.append(weakref.WeakMethod(method))

    def _reset(self) -> None:
        # One bad entry must not hide the purges, nor a full disk what is on it or that a purge has room.
        log = FailureLog()
        self._reading, self._getting, self._writing = (Breaker(log) for _ in range(3))
        # They come before anything that is read of the storage.
        self._owed = OwedPurges(self.handler, Breaker(log))
        self._skew: float | None = None if self._shared is not None else 0.0

    def after_fork(self) -> None:
        self.handler.after_fork()
        if self._shared is not None:
            self.memory.after_fork()
        self._reset()
        for reference in self._when_forked:
            if (method := reference()) is not None:
                method()

    def mark(self) -> Mark:
        """How far the purges have counted: what a render takes before it begins."""
        purges = self.purges()
        return purges.mark if purges is not None else _NOWHERE

    def purges(self) -> Purges | None:
        """All purges so far, or ``None`` while the storage fails."""
        if self._shared is None:
            return self.memory.purges()
        if self._owed.queue and not self._owed.pay():
            return None
        if self._reading.has_failed:
            return self._reading.call(self._shared.purges, None)
        try:  # every hit comes by here
            return self._shared.purges()
        except Exception as error:
            self._reading.fail(error)
            return None

    def find(self, key: str) -> tuple[Held, Freshness] | None:
        """The entry of a key that may still be served."""
        purges = self.purges()
        if purges is None:
            return None
        version = purges.version  # before it is judged: a purge that comes meanwhile is seen next time
        held = self.memory.held(key)
        freshness = freshness_of(held.entry, purges, self.skew) if held is not None else Freshness.GONE
        if freshness is not Freshness.FRESH and self._shared is not None:
            entry = self._getting.call(lambda: self.handler.get(key), None)
            if entry is not None:
                entry = _moved(entry, -self.skew)
            # What could not be written is newer in memory than in the storage.
            if entry is not None and (held is None or freshness is Freshness.GONE or _is_newer(entry, held.entry)):
                held = self.memory.hold(entry)
                freshness = freshness_of(entry, purges, self.skew)
        if held is None or freshness is Freshness.GONE:
            return None
        if freshness is Freshness.FRESH:
            held.checked = version
        return held, freshness

    def is_unpurged(self, entry: Entry) -> bool:
        """Whether no purge so far concerns an entry."""
        purges = self.purges()
        return purges is None or purges.judge(entry, time.time() + self.skew) is Freshness.FRESH

    def save(self, entry: Entry) -> bool:
        """Keep an entry. What was rendered while the storage failed is not kept: nobody saw the purges."""
        if entry.mark == _NOWHERE or len(entry.body) > self.max_entry_size:
            return False
        held = self.memory.held(entry.key)
        if held is not None and held.entry.mark.epoch == entry.mark.epoch and held.entry.mark > entry.mark:
            return False  # a render that began later was done earlier, and has seen more purges
        held = self.memory.hold(entry)
        if self._shared is None:
            return self.memory.held(entry.key) is held  # it may have no room
        theirs = _moved(entry, self.skew)
        self._writing.call(lambda: self.handler.set(theirs), None)
        return True

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        """Number a purge. One that the storage cannot take is kept here, and nothing is served before it is taken."""
        if self._shared is None:
            return self.memory.expire_tags(tags, until)
        return self._owed.add(tags, until + self.skew if until else until)

    @property
    def skew(self) -> float:
        """How many seconds the storage's clock is ahead of ours."""
        if self._skew is None and self._shared is not None:
            self._skew = self._reading.call(self._shared.clock_skew, None)
        return self._skew or 0.0

    @contextmanager
    def lock(self, key: str, timeout: float) -> Iterator[Lock]:
        """Hold the lock of a key among processes, as far as the storage has it to give."""
        manager = self.handler.lock(key, timeout)
        lock: Lock | None = self._getting.call(manager.__enter__, None)
        try:
            yield lock or NullLock(is_held=False)
        finally:
            if lock is not None:
                # Whatever has failed meanwhile: a lock that is not given back is one that nobody gets.
                try:
                    manager.__exit__(None, None, None)
                except Exception as error:
                    self._getting.fail(error)

    @property
    def is_shared(self) -> bool:
        return self._shared is not None


def is_same(one: Entry, other: Entry) -> bool:
    """Whether two entries of a key are one render. Times went through another clock and back."""
    return (
        (one.mark, one.status, one.headers, one.body) == (other.mark, other.status, other.headers, other.body)
        and abs(one.created - other.created) < _SAME_TIME
        and abs(one.retry_at - other.retry_at) < _SAME_TIME
    )


def _is_newer(one: Entry, other: Entry) -> bool:
    """Whether an entry was rendered, or tried to be, after another."""
    if abs(one.created - other.created) >= _SAME_TIME:
        return one.created > other.created
    return one.retry_at > other.retry_at + _SAME_TIME or one.mark.number > other.mark.number


def _moved(entry: Entry, seconds: float) -> Entry:
    """An entry as another clock sees it."""
    if not seconds:
        return entry
    return replace(entry, created=entry.created + seconds, retry_at=entry.retry_at and entry.retry_at + seconds)


_stores: weakref.WeakSet[Store] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_stores):
        store.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
