"""Variants: entries of one route for different queries. All of a route have one share of each storage.

Clients invent as many valid queries as they like, so without a bound they would evict the entries of other routes. The
key of a variant begins with the group of its route. A storage that other processes share has a number of slots for
each group: two variants may have the same slot, so the complete key lies in the entry and is compared.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

from .entry import Entry

# The variants of one route get 1/8 of the bytes in memory, and those of all routes half.
VARIANTS_SHARE = 8
ALL_VARIANTS_SHARE = 2

# The slots of one route in a storage that processes share. An entry in a slot takes at most this part of the largest
# entry of the storage, so that all slots together take no more than that entry could.
SLOTS = 1_024

# The beginning of the keys of variants, and the end of the group in them.
VARIANT = '["variant","'
GROUP_END = len(VARIANT) + 16

# The first tag of an entry in a slot, with its complete key. No purge has such a tag.
_TAG = "_N_K_"


def group_of_route(pattern: str) -> str:
    """Return the group of the variants of a route, the first part of their keys."""
    return hashlib.sha256(pattern.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def group_of(key: str) -> str | None:
    """Return the group of a key of ``make_key("variant", group, …)``, or ``None`` for other keys."""
    return key[:GROUP_END] if key.startswith(VARIANT) else None


def slot_of(key: str) -> str | None:
    """Return the key under which a shared storage keeps a variant, or ``None`` for a key that is none."""
    group = group_of(key)
    return f'{group}",{zlib.crc32(key.encode("utf-8", "surrogatepass")) % SLOTS}]' if group is not None else None


def in_slot(entry: Entry, slot: str) -> Entry:
    """Return a variant as a shared storage keeps it."""
    return replace(entry, key=slot, tags=(_TAG + entry.key, *entry.tags))


def from_slot(entry: Entry, key: str) -> Entry | None:
    """Return a variant out of a slot, or ``None`` if the slot holds another one."""
    if entry.tags[:1] != (_TAG + key,):
        return None
    return replace(entry, key=key, tags=entry.tags[1:])
