"""Values: what was read and purged, and which reads were old. Knows neither servers nor storages."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

_MOST_SHOWN = 5


@dataclass(frozen=True)
class Read:
    """A response.

    :param kind: ``items`` for a cached response, ``values`` for a value of ``cached()``.
    :param began: Nanoseconds, when the worker got the request.
    :param is_hit: Whether the response came from the cache, or ``None`` if it does not say so.
    """

    kind: str
    datum: int
    began: int
    version: int
    worker: int
    is_hit: bool | None


@dataclass(frozen=True)
class Purge:
    """A call of ``revalidate_tag()`` or ``revalidate_path()``.

    :param version: Of the datum, when the call began.
    :param is_taken: Whether the storage had the purge when the call returned.
    """

    datum: int
    way: str
    called: int
    returned: int
    version: int
    worker: int
    is_taken: bool


@dataclass(frozen=True)
class OldRead:
    read: Read
    purge: Purge

    @property
    def late(self) -> float:
        """Seconds from the return of the purge to the read."""
        return (self.read.began - self.purge.returned) / 1e9


@dataclass
class History:
    """All that happened in a run.

    :param margin: Seconds after the return of a purge in which a read may be old.
    :ivar faults: Time in nanoseconds and name of each fault.
    :ivar lost: Data that were still old some time after the last fault.
    """

    margin: float = 0.0
    reads: list[Read] = field(default_factory=list)
    purges: list[Purge] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def add(self, record: Read | Purge | str) -> None:
        if isinstance(record, Read):
            self.reads.append(record)
        elif isinstance(record, Purge):
            self.purges.append(record)
        else:
            self.failures.append(record)

    @property
    def operations(self) -> int:
        return len(self.reads) + len(self.purges) + len(self.failures)

    def old_reads(self) -> list[OldRead]:
        """Return the reads that a purge should have prevented, in the order of their times."""
        return self._search(purge for purge in self.purges if purge.is_taken)

    def late_reads(self) -> list[OldRead]:
        """Return the reads between the call of a purge that the storage did not take at once, and its effect."""
        return self._search(purge for purge in self.purges if not purge.is_taken)

    def _search(self, purges: Iterable[Purge]) -> list[OldRead]:
        by_datum: dict[tuple[str, int], list[Purge]] = defaultdict(list)
        for purge in sorted(purges, key=lambda purge: purge.returned):
            for kind in ("items", "values"):
                by_datum[kind, purge.datum].append(purge)
        returned = {name: [purge.returned for purge in some] for name, some in by_datum.items()}
        newest = {name: list(accumulate(some, _newer)) for name, some in by_datum.items()}
        found = []
        for read in sorted(self.reads, key=lambda read: read.began):
            name = (read.kind, read.datum)
            before = bisect_left(returned.get(name, ()), read.began - int(self.margin * 1e9))
            if before and newest[name][before - 1].version > read.version:
                missed = next(purge for purge in by_datum[name] if purge.version > read.version)
                found.append(OldRead(read, missed))
        return found

    @property
    def share_of_hits(self) -> float:
        known = [read.is_hit for read in self.reads if read.is_hit is not None]
        return sum(known) / len(known) if known else 0.0

    @property
    def workers(self) -> Counter[int]:
        """Number of reads of each worker."""
        return Counter(read.worker for read in self.reads)

    def purge_times(self) -> list[float]:
        """Return the seconds that each purge took, the shortest first."""
        return sorted((purge.returned - purge.called) / 1e9 for purge in self.purges)


def _newer(first: Purge, second: Purge) -> Purge:
    return second if second.version > first.version else first


def report(history: History) -> str:
    """Return what happened, and the first old reads with their times."""
    old, late = history.old_reads(), history.late_reads()
    times = history.purge_times() or [0.0]
    lines = [
        f"{history.operations} operations: {len(history.reads)} reads by {len(history.workers)} workers, "
        f"{history.share_of_hits:.0%} hits; {len(history.purges)} purges, {len(history.failures)} failures",
        f"A purge took {times[len(times) // 2] * 1e3:.2f} ms (median), {times[-1] * 1e3:.1f} ms (longest).",
    ]
    owed = sum(not purge.is_taken for purge in history.purges)
    if owed:
        longest = max((each.late for each in late), default=0.0)
        lines.append(f"{owed} purges were owed. {len(late)} reads missed them, for {longest:.3f} s at most.")
    lines.append(f"{len(old)} old reads" + (", the first:" if old else "."))
    lines += [_line(each, history) for each in old[:_MOST_SHOWN]]
    lines += [f"Lost: {lost}" for lost in history.lost]
    lines += [f"Failure: {failure}" for failure in history.failures[:_MOST_SHOWN]]
    return "\n".join(lines)


def _line(old: OldRead, history: History) -> str:
    read, purge = old.read, old.purge
    start = min(each.began for each in history.reads)
    hit = {True: ", a hit", False: ", no hit", None: ""}[read.is_hit]
    faults = [f"{name} at {(at - start) / 1e9:.4f} s" for at, name in history.faults if at <= read.began]
    return (
        f"  {(read.began - start) / 1e9:.4f} s: worker {read.worker} answered /{read.kind}/{read.datum} with version "
        f"{read.version}{hit}. {old.late * 1e3:.3f} ms earlier, worker {purge.worker} had purged version {purge.version} "
        f"by {purge.way}, in {(purge.returned - purge.called) / 1e6:.3f} ms. Last fault: {faults[-1] if faults else 'none'}."
    )
