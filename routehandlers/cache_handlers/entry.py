"""Entries, as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

# Entries that say that there is nothing get at most this part of a storage, so that requests for what does not exist
# never push out what does.
MISSING_SHARE = 16

# One entry takes at most this part of a storage.
ENTRY_SHARE = 8


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


class Freshness(Enum):
    """What may be done with an entry."""

    FRESH = "fresh"
    STALE = "stale"
    """Served, while it is refreshed."""

    GONE = "gone"
    """Not served any more."""


def fresh_until(entry: Entry) -> float:
    """When its time runs out, if no purge comes first."""
    period = entry.expire if entry.revalidate is None else min(entry.revalidate, entry.expire)
    return entry.created + period


def hash_key(key: str) -> str:
    """Return the name under which a shared storage keeps a key: its hash, so that no request influences names."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
