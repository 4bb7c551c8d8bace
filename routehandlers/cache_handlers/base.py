"""What a storage can do.

A storage knows nothing of requests, periods or clocks: it keeps entries, and
it numbers purges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .entry import Entry, Mark
from .purges import Purges

__all__ = ["CacheHandler", "Entry", "Lock", "Mark", "NullLock"]


class CacheHandler(Protocol):
    """A storage. ``memory://``, ``file:///…`` and ``redis://…`` are three, and yours may be another.

    Whatever a method raises counts as a failure of the storage. It is called by
    several threads, and in processes that were forked after it was made.

    https://nextjs.org/docs/app/api-reference/config/next-config-js/incrementalCacheHandlerPath
    """

    is_shared: bool
    """Whether other processes see what is stored here."""

    max_entry_size: int
    """The most bytes of one body."""

    def get(self, key: str) -> Entry | None:
        """The entry of a key. What cannot be read, or is another's, is no entry."""
        ...

    def set(self, entry: Entry) -> None:
        """Keep an entry, in place of an earlier one."""
        ...

    def delete(self, key: str) -> None:
        """Forget one entry, if it is there."""
        ...

    def purges(self) -> Purges:
        """All purges so far, those of other processes included."""
        ...

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        """Number a purge of tags and remember it; gives the number.

        :param until: Until when entries with these tags are served while they are
            refreshed, by the clock of the storage; ``None`` for without end.
        """
        ...

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:
        """Hold the lock of a key among processes, or go on without it after ``timeout`` seconds."""
        ...

    def clock_skew(self) -> float:
        """How many seconds the storage's clock is ahead of this process's; always the same in one process."""
        ...

    def entries(self) -> Iterator[Entry]:
        """All that is stored, for people who look into it."""
        ...

    def clear(self) -> None:
        """Forget everything, and begin another count."""
        ...

    def after_fork(self) -> None:
        """Give up what belongs to the process that this one was forked from."""
        ...


class Lock(Protocol):
    """A lock that was asked for."""

    @property
    def is_held(self) -> bool:
        """Whether it was got in time."""
        ...

    def release(self) -> None:
        """Let others have it. Once is enough, and twice is no harm."""
        ...


@dataclass(frozen=True, slots=True)
class NullLock:
    """A lock that excludes no other process: there is none, or the storage has failed."""

    is_held: bool

    def release(self) -> None:
        """Do nothing."""
