"""Entries, as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

# Entries of 404 and 410 get 1/16 of the bytes of a storage, so that requests for URLs that do not exist never evict
# entries of URLs that do.
MISSING_SHARE = 16

# One entry takes at most 1/8 of the bytes of a storage.
ENTRY_SHARE = 8


class Mark(NamedTuple):
    """Position in the sequence of purges of a storage.

    The ``epoch`` identifies the sequence: a storage that is emptied starts a
    new one. The ``number`` is the number of the newest purge.
    """

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored response, or a stored value of ``cached()`` or ``fetch()``. Entries are never changed.

    :param key: The complete key. Storages compare it, so that an entry under the name of another key is not served.
    :param status: Status of a response; 0 for a value.
    :param headers: Headers of the handler. Headers that depend on the time are added when the response is sent.
    :param fallback: True for ``not_found()``: the body is made for each request.
    :param created: Seconds since 1970, by the clock of the storage.
    :param revalidate: Seconds until the entry is stale; ``None`` if that never happens.
    :param expire: Seconds until the entry is no longer served.
    :param mark: Taken before the render started. The render has not seen purges with higher numbers.
    :param retry_at: Time of the next try, after a refresh has failed.
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
        """Approximate bytes of memory: the text and the objects around it."""
        size = len(self.body) + 2 * len(self.key) + _OBJECTS
        for name, value in self.headers:
            size += len(name) + len(value) + 200
        for tag in self.tags:
            size += len(tag) + 60
        return size

    @property
    def is_missing(self) -> bool:
        """Whether the entry is a 404 or 410. These have a small share of their own, see ``MISSING_SHARE``."""
        return self.status in {404, 410}


# Bytes of the objects of one entry without their text, measured with tracemalloc.
_OBJECTS = 1_800


class Freshness(Enum):
    """How an entry may be used."""

    FRESH = "fresh"
    """Served."""

    STALE = "stale"
    """Served while it is refreshed."""

    GONE = "gone"
    """Not served."""


def fresh_until(entry: Entry) -> float:
    """Return the time at which an entry becomes stale, unless a purge comes first."""
    period = entry.expire if entry.revalidate is None else min(entry.revalidate, entry.expire)
    return entry.created + period


def hash_key(key: str) -> str:
    """Return the hash of a key, which names its file or its key in Redis: requests cannot choose these names."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
