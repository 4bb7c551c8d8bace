"""Storage of an application: entries in memory, in front of a shared storage if there is one.

Failures of the shared storage never reach a request: the entry counts as
missing, the failure is logged, and after a pause the storage is tried again.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..cache_handlers.base import CacheHandler, Lock, NullLock
from ..cache_handlers.entry import Entry, Mark
from ..cache_handlers.memory import Held, MemoryCacheHandler
from ..cache_handlers.purges import Purges
from ..cache_handlers.variants import SLOTS, from_slot, in_slot, slot_of
from .breaker import Breaker, FailureLog
from .freshness import Freshness, freshness_of
from .owed import OwedPurges
from .spool import Spool

# Seconds: times that differ by less are equal. They were converted to another clock and back.
_SAME_TIME = 1e-3

# Mark of a render that started while the storage failed: entries with it are never stored.
_UNKNOWN_MARK = Mark("", 0)


class Store:
    """Entries in memory and in the storage.

    :param handler: The storage.
    :param memory_size: Maximum bytes in memory, in front of a shared storage.
    :param owner: Tells the storage from others that this machine uses. Then purges that the storage has not accepted
        are also kept on the disk.
    :ivar purged: Number of purges that this process has made. It may miss some that threads make at the same time.
    """

    def __init__(self, handler: CacheHandler, memory_size: int, owner: str | None = None) -> None:
        self.handler = handler
        if type(handler) is MemoryCacheHandler:  # a subclass may have methods of its own, which must be called
            self.memory, self._shared = handler, None
        else:
            self.memory, self._shared = MemoryCacheHandler(memory_size), handler
        self.max_entry_size = handler.max_entry_size
        self.purged = 0
        self._when_forked: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._log = FailureLog()
        # Sent before anything is read from the storage. Purges have no breaker: each is tried at once.
        self._owed = OwedPurges(handler, self._log, Spool(owner) if owner is not None else None)
        self._reset()
        _stores.add(self)

    def when_forked(self, method: Callable[[], None]) -> None:
        """Register a bound method to call in each forked child."""
        self._when_forked.append(weakref.WeakMethod(method))

    def _reset(self) -> None:
        # Separate breakers: a bad entry must not block purges, and a full disk must block neither reads nor purges.
        self._purges_breaker, self._get_breaker, self._set_breaker = (Breaker(self._log) for _ in range(3))
        self._skew: float | None = None if self._shared is not None else 0.0
        self._kind_of_lock: type[Any] = type(threading.Lock())

    def after_fork(self) -> None:
        """Give up the state of the parent process. Entries in memory are dropped."""
        self.handler.after_fork()
        if self._shared is not None:
            self.memory.after_fork()
        self._log = FailureLog()
        self._owed = self._owed.after_fork(self._log)
        self._reset()
        for reference in self._when_forked:
            if (method := reference()) is not None:
                method()

    def begin_process(self) -> None:
        """Send what earlier processes owe. Make the locks again if ``threading`` has others now.

        Call it before the first request of a process.

        With ``gunicorn -k gevent --preload``, gevent replaces the locks of ``threading`` after the application was made
        and after the fork. A greenlet that waits for a lock from before stops its worker for good.
        """
        if self._kind_of_lock is not type(threading.Lock()):
            self.after_fork()
        if self._shared is not None and not self._owed.is_clear:
            self._owed.pay()

    def mark(self) -> Mark:
        """Return the position in the sequence of purges. Take it before a render starts."""
        purges = self.purges()
        return purges.mark if purges is not None else _UNKNOWN_MARK

    def purges(self) -> Purges | None:
        """Return all purges so far, or ``None`` while the storage fails."""
        if self._shared is None:
            return self.memory.sequence.read()  # purges() would be one more call for every hit
        if not self._owed.is_clear and not self._owed.pay():
            return None
        if self._purges_breaker.has_failed:
            purges = self._purges_breaker.call(self._shared.purges, None)
            if purges is None:
                self._owed.doubt()
            return purges
        try:  # without a call of the breaker: every hit comes through here
            return self._shared.purges()
        except Exception as error:
            self._purges_breaker.fail(error)
            self._owed.doubt()
            return None

    def find(self, key: str, also: Iterable[str] = ()) -> tuple[Held, Freshness] | None:
        """Return the entry of a key, and how fresh it is; ``None`` if there is none that may be served.

        :param also: Implicit tags of the reader: a purge of them counts as one of the entry's own tags.
        """
        purges = self.purges()
        if purges is None:
            return None
        version = purges.version  # before judging: the next hit sees a purge that comes meanwhile
        held = self.memory.held(key)
        freshness = freshness_of(held.entry, purges, self.skew, also) if held is not None else Freshness.GONE
        if freshness is not Freshness.FRESH and self._shared is not None:
            entry = self._get_breaker.call(lambda: self._read(key), None)
            if entry is not None:
                entry = _move_times(entry, -self.skew)
            # If a write failed, the entry in memory is newer than the one in the storage.
            if entry is not None and (held is None or freshness is Freshness.GONE or _is_newer(entry, held.entry)):
                held = self.memory.hold(entry)
                freshness = freshness_of(entry, purges, self.skew, also)
        if held is None or freshness is Freshness.GONE:
            return None
        if freshness is Freshness.FRESH:
            held.checked = version
        return held, freshness

    def is_unpurged(self, entry: Entry, also: Iterable[str] = ()) -> bool:
        """Return whether an entry is unaffected by all purges so far. False while the storage fails."""
        purges = self.purges()
        return purges is not None and purges.judge(entry, time.time() + self.skew, also) is Freshness.FRESH

    def save(self, entry: Entry) -> bool:
        """Store an entry and return whether it was stored.

        It is not if the storage failed when its render started: then its purges are unknown.
        """
        if entry.mark == _UNKNOWN_MARK or len(entry.body) > self.max_entry_size:
            return False
        held = self.memory.held(entry.key)
        if held is not None and held.entry.mark.epoch == entry.mark.epoch and held.entry.mark > entry.mark:
            return False  # a render that started later ended earlier, and has seen more purges
        held = self.memory.hold(entry)
        if self._shared is None:
            return self.memory.held(entry.key) is held  # false if there is no room
        stored = _move_times(entry, self.skew)
        self._set_breaker.call(lambda: self._write(stored), None)
        return True

    def _read(self, key: str) -> Entry | None:
        """Return an entry of the storage. A variant is in a slot, which may hold another one."""
        slot = slot_of(key)
        if slot is None:
            return self.handler.get(key)
        entry = self.handler.get(slot)
        return from_slot(entry, key) if entry is not None else None

    def _write(self, entry: Entry) -> None:
        """Put an entry into the storage. A variant that is too large for a slot stays in memory."""
        slot = slot_of(entry.key)
        if slot is None:
            self.handler.set(entry)
        elif len(entry.body) <= self.max_entry_size // SLOTS:
            self.handler.set(in_slot(entry, slot))

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> bool:
        """Purge tags. Return whether the storage has accepted the purge.

        If it has not, the purge is sent later, and until then this process serves no entry.
        """
        self.purged += 1  # first: a render that starts from now on sees what has changed
        if self._shared is None:
            return self.memory.expire_tags(tags, until) > 0
        return self._owed.send(tags, until + self.skew if until else until)

    @property
    def skew(self) -> float:
        """Seconds by which the clock of the storage is ahead."""
        if self._skew is None and self._shared is not None:
            self._skew = self._purges_breaker.call(self._shared.clock_skew, None)
        return self._skew or 0.0

    @contextmanager
    def lock(self, key: str, timeout: float) -> Iterator[Lock]:
        """Hold the lock of a key, which all processes share. Continue without it if the storage fails."""
        manager = self.handler.lock(key, timeout)
        lock: Lock | None = self._get_breaker.call(manager.__enter__, None)
        try:
            yield lock or NullLock(is_held=False)
        finally:
            if lock is not None:
                # Always try, even if the breaker is open: a lock that is not released blocks all processes.
                try:
                    manager.__exit__(None, None, None)
                except Exception as error:
                    self._get_breaker.fail(error)

    @property
    def is_shared(self) -> bool:
        """Whether other processes share the storage."""
        return self._shared is not None

    @property
    def shares_purges(self) -> bool:
        """Whether purges reach the other workers of this machine."""
        return self._shared is not None or self.memory.shares_purges


def is_same(first: Entry, second: Entry) -> bool:
    """Return whether two entries of a key come from the same render."""
    return (
        (first.mark, first.status, first.headers, first.body)
        == (second.mark, second.status, second.headers, second.body)
        and abs(first.created - second.created) < _SAME_TIME
        and abs(first.retry_at - second.retry_at) < _SAME_TIME
    )


def _is_newer(first: Entry, second: Entry) -> bool:
    """Return whether an entry was rendered after another, or its refresh was tried later."""
    if abs(first.created - second.created) >= _SAME_TIME:
        return first.created > second.created
    return first.retry_at > second.retry_at + _SAME_TIME or first.mark.number > second.mark.number


def _move_times(entry: Entry, seconds: float) -> Entry:
    """Return an entry with its times moved to another clock."""
    if not seconds:
        return entry
    return replace(entry, created=entry.created + seconds, retry_at=entry.retry_at and entry.retry_at + seconds)


_stores: weakref.WeakSet[Store] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_stores):
        store.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
