"""How fresh an entry is, and when it is tried to be made fresh again."""

from __future__ import annotations

import time

from ..cache_handlers.entry import Entry, Freshness, fresh_until
from ..cache_handlers.purges import Purges

__all__ = ["LONGEST_PERIOD", "Freshness", "age_of", "fresh_until", "freshness_of", "retry_after"]

# What a period of "as long as possible" is in headers: a year, as in Next.
LONGEST_PERIOD = 31_536_000


# An entry that is newer than now by more than these seconds was made while a clock was wrong, and is made anew.
_NOISE = 1.0


def freshness_of(entry: Entry, purges: Purges, skew: float = 0.0) -> Freshness:
    """What may be done with an entry now.

    :param skew: How many seconds the clock of the purges is ahead of ours.
    """
    now = time.time()
    judged = purges.judge(entry, now + skew)
    age = age_of(entry, now)
    if judged is Freshness.GONE or age >= entry.expire:
        return Freshness.GONE
    if (
        judged is Freshness.STALE
        or entry.created > now + _NOISE
        or (entry.revalidate is not None and age >= entry.revalidate)
    ):
        return Freshness.STALE
    return Freshness.FRESH


def age_of(entry: Entry, now: float) -> float:
    """Seconds since it was rendered. Another machine's clock may be ahead of ours: such an entry is new."""
    return max(0.0, now - entry.created)


def retry_after(revalidate: float | None) -> float:
    """Seconds until a refresh that failed is tried again; Next's numbers."""
    return min(max(revalidate or 3, 3), 30)
