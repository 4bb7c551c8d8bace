"""Interface of a storage.

A storage keeps entries and numbers purges. It knows nothing of requests and
does not decide what is fresh.
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
    """Interface of a storage, as implemented by ``memory://``, ``file:///…`` and ``redis://…``.

    Any exception of a method counts as a failure of the storage. Several threads
    call the methods, also in processes that were forked after the storage was
    created.

    https://nextjs.org/docs/app/api-reference/config/next-config-js/incrementalCacheHandlerPath
    """

    is_shared: bool
    """Whether other processes see these entries."""

    max_entry_size: int
    """Maximum size of a body in bytes."""

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key, or ``None`` if it is missing, damaged, or has another key."""
        ...

    def set(self, entry: Entry) -> None:
        """Store an entry, replacing an earlier one."""
        ...

    def delete(self, key: str) -> None:
        """Delete the entry of a key, if there is one."""
        ...

    def purges(self) -> Purges:
        """Return all purges so far, including those of other processes."""
        ...

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        """Purge tags and return the number of this purge, or 0 if all entries were purged instead.

        It makes one try, which takes a bounded time. The caller tries again if it raises.

        :param until: 0 makes the entries with these tags gone. Otherwise they are stale,
            and gone from this time on, by the clock of the storage; ``None`` means that
            they only become stale.
        """
        ...

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:
        """Hold the lock of a key, which all processes share. Continue without it after ``timeout`` seconds."""
        ...

    def clock_skew(self) -> float:
        """Return how many seconds the clock of the storage is ahead; always the same in one process."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Iterate over all entries. Used by the command line and by tests, never by requests."""
        ...

    def clear(self) -> None:
        """Delete all entries and start a new epoch of purges."""
        ...

    def after_fork(self) -> None:
        """Give up locks, connections and threads of the parent process.

        Also called before the first request of a process if gevent has replaced the locks of ``threading`` meanwhile.
        """
        ...


class Lock(Protocol):
    """Lock of a key. It may not have been acquired in time."""

    @property
    def is_held(self) -> bool:
        """Whether this process holds the lock."""
        ...

    def release(self) -> None:
        """Release the lock, if it is held. A second call does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class NullLock:
    """Lock that excludes no other process: there is no other, or the storage has failed."""

    is_held: bool

    def release(self) -> None:
        """Do nothing."""


class HasIdentity(Protocol):
    """A storage that says which one it is, so that processes of several applications and releases know it."""

    @property
    def identity(self) -> str:
        """Text that tells the storage from others that this machine uses, without passwords.

        Purges that the storage has not accepted are kept under this name, and any process of this user with the same
        name may send them. Without it, the name is the class and the folder of the application.
        """
        ...


class Patience(Protocol):
    """Attribute ``patience`` of a storage over a network: lets the commands of one request share one deadline."""

    def begin_request(self) -> bool:
        """Begin a request in this thread. Return false if one has begun already."""
        ...

    def end_request(self) -> None:
        """End the request of this thread."""
        ...
