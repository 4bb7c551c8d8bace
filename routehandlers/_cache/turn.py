"""Let one process at a time render a key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ..cache_handlers.base import Lock, NullLock
from ..cache_handlers.entry import Entry
from .freshness import Freshness
from .store import Store

# Seconds after which a process that waits for a lock looks whether the entry is there: a process that renders without
# the lock may have stored it.
_LOOKS_EVERY = 0.5


@contextmanager
def turn(
    store: Store, key: str, patience: float, deadline: float, also: Iterable[str] = ()
) -> Iterator[tuple[Entry | None, Callable[[], None]]]:
    """Wait until this process may render a key.

    A process that is stopped or stuck may hold the lock of the key without end. So after ``patience`` seconds, the
    waiting processes compete for a second lock. Its holder renders, and the others wait for ``deadline`` seconds more.

    :param also: Implicit tags of the reader, see ``Store.find()``.
    :return: The entry if another process has stored it meanwhile; and a function that ends the turn early.
    """
    if not store.is_shared:
        yield _fresh(store, key, also), _nothing
        return
    with _wait(store, key, key, patience, also) as (entry, lock):
        if entry is not None or lock.is_held or isinstance(lock, NullLock):
            yield entry, lock.release
            return
    with _wait(store, key, f"second {key}", deadline, also) as (entry, lock):
        yield entry, lock.release


@contextmanager
def _wait(
    store: Store, key: str, name: str, patience: float, also: Iterable[str]
) -> Iterator[tuple[Entry | None, Lock]]:
    # Count the looks, and do not read a clock: a test may have stopped it.
    while True:
        with store.lock(name, max(0.0, min(patience, _LOOKS_EVERY))) as lock:
            entry = _fresh(store, key, also)
            patience -= _LOOKS_EVERY
            # With a NullLock the storage has failed: there is nothing to wait for.
            if entry is not None or lock.is_held or patience <= 0 or isinstance(lock, NullLock):
                yield entry, lock
                return


def _fresh(store: Store, key: str, also: Iterable[str]) -> Entry | None:
    found = store.find(key, also)
    return found[0].entry if found is not None and found[1] is Freshness.FRESH else None


def _nothing() -> None:
    """End the turn where there is no other process."""
