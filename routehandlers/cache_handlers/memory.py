"""``memory://``: entries in this process. The least recently used entry is evicted first."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ._workers.family import Family
from .base import Lock, NullLock
from .entry import ENTRY_SHARE, MISSING_SHARE, Entry, fresh_until
from .local_purges import LocalPurges, PurgeSequence
from .purges import Purges
from .variants import ALL_VARIANTS_SHARE, GROUP_END, VARIANT, VARIANTS_SHARE, group_of


class Held:
    """An entry in memory, with results of earlier requests.

    :ivar checked: Version of the purges at which the entry was fresh.
    :ivar until: Time at which the entry becomes stale, unless a purge comes first.
    :ivar second: Second of the clock for which ``headers`` were made.
    :ivar headers: Complete headers of a response in that second.
    :ivar private_headers: The same for a response that depends on the client; empty until they are needed.
    :ivar response: A response with one of these lists, for requests that pass middleware.
    """

    __slots__ = ("body", "checked", "entry", "headers", "private_headers", "response", "second", "until")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.body: tuple[bytes, ...] = (entry.body,) if entry.body else ()
        self.checked = -1
        self.until = fresh_until(entry)
        self.second = -1
        self.headers: list[tuple[str, str]] = []
        self.private_headers: list[tuple[str, str]] = []
        self.response: Any = None


class MemoryCacheHandler:
    """Storage in the memory of this process.

    Its entries belong to this process. In an application, purges also reach the
    other worker processes of the machine.

    :param max_size: Maximum bytes of all entries. 0 stores nothing.
    :ivar sequence: The purges.
    """

    is_shared = False

    def __init__(self, max_size: int = 50 * 2**20) -> None:
        self.max_size = max_size
        self.max_entry_size = max_size // ENTRY_SHARE
        self.sequence: PurgeSequence = LocalPurges()
        self._drop()

    def share_purges(self, family: Family) -> None:
        """Share purges with other processes on this machine from now on. A second call changes nothing.

        Nothing happens on Windows, which lacks ``flock()``.

        :param family: These processes, and the application.
        """
        if sys.platform == "win32" or not isinstance(self.sequence, LocalPurges):
            return
        from ._workers.shared_purges import SharedPurges  # cannot be imported on Windows

        self.sequence = SharedPurges(family)

    @property
    def shares_purges(self) -> bool:
        """Whether purges reach other processes. False if they cannot share a folder; the log says why."""
        return self.sequence.is_shared

    def after_fork(self) -> None:
        self._drop()
        self.sequence.after_fork()

    def _drop(self) -> None:
        # The segments of variants take their bytes from the main segment, as far as they use them.
        self._variants: dict[str, _Segment] = {}
        self._missing = _Segment(self.max_size // MISSING_SHARE)
        self._main = _Segment(self.max_size - self._missing.max_size)
        self._lock = threading.Lock()

    def held(self, key: str) -> Held | None:
        """Return the entry of a key with earlier results, and mark it as used."""
        if not key.startswith(VARIANT):
            return self._main.get(key) or self._missing.get(key)
        segment = self._variants.get(key[:GROUP_END])
        return (segment.get(key) if segment is not None else None) or self._missing.get(key)

    def get(self, key: str) -> Entry | None:
        held = self.held(key)
        return held.entry if held is not None else None

    def set(self, entry: Entry) -> None:
        self.hold(entry)

    def hold(self, entry: Entry) -> Held:
        """Store an entry if there is room for it."""
        held = Held(entry)
        key = entry.key
        group = key[:GROUP_END] if key.startswith(VARIANT) else None
        with self._lock:
            if group is not None:
                if not entry.is_missing:
                    self._missing.delete(key)
                    self._hold_variant(group, key, held)
                    return held
                self._delete_variant(group, key)
            segment, other = (self._missing, self._main) if entry.is_missing else (self._main, self._missing)
            other.delete(key)
            segment.set(key, held)
        return held

    def _hold_variant(self, group: str, key: str, held: Held) -> None:
        segment = self._variants.get(group)
        if segment is None:
            segment = self._variants[group] = _Segment(self.max_size // VARIANTS_SHARE)
        segment.set(key, held)
        # A large number of routes share half of the bytes: the route that has just stored something gives way.
        others = sum(other.size for other in self._variants.values()) - segment.size
        segment.shrink(max(0, self.max_size // ALL_VARIANTS_SHARE - others))
        self._main.max_size = self.max_size - self._missing.max_size - others - segment.size
        self._main.shrink(self._main.max_size)

    def _delete_variant(self, group: str | None, key: str) -> None:
        segment = self._variants.get(group) if group is not None else None
        if segment is not None:
            before = segment.size
            segment.delete(key)
            self._main.max_size += before - segment.size

    def delete(self, key: str) -> None:
        with self._lock:
            self._delete_variant(group_of(key), key)
            self._main.delete(key)
            self._missing.delete(key)

    def purges(self) -> Purges:
        return self.sequence.read()

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        return self.sequence.append(tags, until)

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:  # noqa: ARG002  # no other process
        return nullcontext(NullLock(is_held=True))

    def clock_skew(self) -> float:
        return 0.0

    def entries(self) -> Iterator[Entry]:
        with self._lock:
            segments = (self._main, self._missing, *self._variants.values())
            held = [held for segment in segments for held in segment.values()]
        return (item.entry for item in held)

    def clear(self) -> None:
        self.sequence.start_epoch()
        self._drop()

    @property
    def size(self) -> int:
        """Bytes in use."""
        return self._main.size + self._missing.size + sum(segment.size for segment in self._variants.values())


class _Segment:
    """Entries in the order of their use, up to a number of bytes."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.size = 0
        self._entries: OrderedDict[str, Held] = OrderedDict()

    def get(self, key: str) -> Held | None:
        # Two steps in C without a lock: if another thread evicts the entry between them, it is used once more.
        held = self._entries.get(key)
        if held is None:
            return None
        try:  # suppress() would take longer than the rest of the method
            self._entries.move_to_end(key)
        except KeyError:
            return held
        return held

    def set(self, key: str, held: Held) -> None:
        self.delete(key)
        size = held.entry.size
        if size > self.max_size:
            return
        self.size += size
        self._entries[key] = held
        if self.size > self.max_size:
            self.shrink(self.max_size)

    def shrink(self, size: int) -> None:
        """Evict the least recently used entries until the others take no more than a number of bytes."""
        while self.size > size:
            _, oldest = self._entries.popitem(last=False)
            self.size -= oldest.entry.size

    def delete(self, key: str) -> None:
        held = self._entries.pop(key, None)
        if held is not None:
            self.size -= held.entry.size

    def values(self) -> list[Held]:
        return list(self._entries.values())
