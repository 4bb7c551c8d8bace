"""What a storage holds, and what it can do.

A storage knows nothing of requests, periods or clocks: it keeps entries, and
it numbers purges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from .purges import Purges


class Mark(NamedTuple):
    """How far a storage's purges had counted at some moment.

    The ``epoch`` is which count this is (a storage that was emptied begins
    another), and the ``number`` that of the newest purge.
    """

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored answer, or one value of ``cached()`` or ``fetch()``. It is never changed.

    :param key: Its own, whole, so that an entry under another's name is found out.
    :param status: Of an answer; 0 of a value.
    :param headers: As the handler gave them; what depends on the moment is added when it is sent.
    :param fallback: Whether the body is made for each request: that of ``not_found()``.
    :param created: Seconds since 1970, by the clock of the storage.
    :param revalidate: After so many seconds it is stale; ``None`` for never.
    :param expire: After so many seconds it is not served any more.
    :param mark: Taken before the render began: a purge with a newer number is one that the render has not seen.
    :param retry_at: When a refresh that failed is tried again.
    """

    key: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    created: float
    revalidate: float | None
    expire: float
    tags: tuple[str, ...]
    mark: Mark
    fallback: bool = False
    retry_at: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of memory, more or less: the text, and the objects around it."""
        headers = sum(len(name) + len(value) + 200 for name, value in self.headers)
        tags = sum(len(tag) + 60 for tag in self.tags)
        return len(self.body) + 2 * len(self.key) + headers + tags + _OBJECTS

    @property
    def is_missing(self) -> bool:
        """Whether it says that there is nothing: such entries have a small share of their own."""
        return self.status in {404, 410}


# What the objects of one entry take beside their text, measured with tracemalloc.
_OBJECTS = 1_000


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
