"""Purges, in the order of their numbers.

Numbers decide, never clocks: a purge affects entries whose render started at a
lower number. Clocks only decide when an entry that a soft purge made stale is
gone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from itertools import chain, count
from typing import NamedTuple

from .entry import Entry, Freshness, Mark

# Maximum number of tags with a purge of their own. Beyond it, the older half is replaced by one number, the floor, and
# all entries from before the floor are gone. This bounds the memory and never serves a purged entry.
MOST_TAGS = 50_000

# The tags of paths begin with this prefix of Next. Its users also pass such tags to revalidateTag().
PATH_PREFIX = "_N_T_"

_versions = count(1)


class _Soft(NamedTuple):
    number: int
    until: float | None


class Purges:
    """Purges of one storage that this process has read.

    :param epoch: Identifies the sequence of numbers.
    :ivar number: Number of the newest purge.
    :ivar path_number: Number of the newest purge of a path.
    :ivar floor: Entries with a lower number are gone, whatever their tags.
    :ivar version: Changes with each purge, and is different in each object.
    """

    def __init__(self, epoch: str | None = None) -> None:
        self.epoch = secrets.token_hex(16) if epoch is None else epoch
        self.number = 0
        self.path_number = 0
        self.floor = 0
        self.version = next(_versions)
        self._hard: dict[str, int] = {}
        self._soft: dict[str, _Soft] = {}

    @property
    def mark(self) -> Mark:
        return Mark(self.epoch, self.number)

    def apply(self, number: int, tags: Iterable[str], until: float | None = 0.0, now: float = 0.0) -> None:
        """Record a purge.

        :param until: See ``CacheHandler.expire_tags``: 0 for a hard purge, otherwise a soft one.
        :param now: Time of the purge. Earlier soft purges whose ``until`` has passed have become hard ones.
        """
        self.number = max(self.number, number)
        for tag in tags:
            if tag.startswith(PATH_PREFIX):
                self.path_number = max(self.path_number, number)
            if until == 0.0:
                self._hard[tag] = max(number, self._hard.get(tag, 0))
                continue
            earlier = self._soft.get(tag)
            if earlier is not None and earlier.until is not None and earlier.until <= now:
                self._hard[tag] = max(earlier.number, self._hard.get(tag, 0))
                earlier = None
            if earlier is not None and earlier.until is not None:
                until = earlier.until if until is None else min(until, earlier.until)
            self._soft[tag] = _Soft(number, until)
        if len(self._hard) + len(self._soft) > MOST_TAGS:
            self._fold()
        # Last: a thread that sees the new version must also see the purge.
        self.version = next(_versions)

    def raise_floor(self, number: int) -> None:
        """Replace all purges up to a number by that number: older entries are gone."""
        self.floor = max(self.floor, number)
        self._hard = {tag: at for tag, at in self._hard.items() if at > self.floor}
        self._soft = {tag: soft for tag, soft in self._soft.items() if soft.number > self.floor}
        self.number = max(self.number, number)
        self.version = next(_versions)

    def judge(self, entry: Entry, now: float, also: Iterable[str] = ()) -> Freshness:
        """Return how fresh an entry is, as far as purges decide.

        :param now: Time by the clock of the storage.
        :param also: Tags of paths that count as those of the entry for this reader, although other readers have others.
            They are only read if a path was purged since the render of the entry started.
        """
        epoch, seen = entry.mark
        if epoch != self.epoch or seen < self.floor:
            return Freshness.GONE
        freshness = Freshness.FRESH
        if seen >= self.number:
            return freshness
        for tag in entry.tags if seen >= self.path_number else chain(entry.tags, also):
            if self._hard.get(tag, 0) > seen:
                return Freshness.GONE
            soft = self._soft.get(tag)
            if soft is not None and soft.number > seen:
                if soft.until is not None and soft.until <= now:
                    return Freshness.GONE
                freshness = Freshness.STALE
        return freshness

    def records(self) -> list[tuple[int, str, float | None]]:
        """Return number, tag and until of each purge, oldest first."""
        hard = [(number, tag, 0.0) for tag, number in self._hard.items()]
        soft = [(soft.number, tag, soft.until) for tag, soft in self._soft.items()]
        return sorted([*hard, *soft], key=lambda record: record[0])

    def _fold(self) -> None:
        numbers = sorted([*self._hard.values(), *(soft.number for soft in self._soft.values())])
        self.raise_floor(numbers[len(numbers) // 2])
