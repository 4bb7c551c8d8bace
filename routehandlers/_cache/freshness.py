"""Decide how fresh an entry is, and when a failed refresh is tried again."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..cache_handlers.entry import Entry, Freshness, fresh_until
from ..cache_handlers.purges import Purges

__all__ = ["LONGEST_PERIOD", "Freshness", "age_of", "fresh_until", "freshness_of", "retry_after"]

# Seconds that mean "as long as possible" in headers: a year, as in Next.
LONGEST_PERIOD = 31_536_000

# An entry that is more seconds than this in the future was made while a clock was wrong: it counts as stale.
_TOLERANCE = 1.0


def freshness_of(entry: Entry, purges: Purges, skew: float = 0.0, also: Iterable[str] = ()) -> Freshness:
    """Return how fresh an entry is now.

    :param skew: Seconds by which the clock of the purges is ahead.
    :param also: See ``Purges.judge()``.
    """
    now = time.time()
    judged = purges.judge(entry, now + skew, also)
    age = age_of(entry, now)
    if judged is Freshness.GONE or age >= entry.expire:
        return Freshness.GONE
    if (
        judged is Freshness.STALE
        or entry.created > now + _TOLERANCE
        or (entry.revalidate is not None and age >= entry.revalidate)
    ):
        return Freshness.STALE
    return Freshness.FRESH


def age_of(entry: Entry, now: float) -> float:
    """Return the seconds since an entry was rendered; 0 if another machine's clock put it in the future."""
    return max(0.0, now - entry.created)


def retry_after(revalidate: float | None) -> float:
    """Return the seconds until a failed refresh is tried again. The numbers are Next's."""
    return min(max(revalidate or 3, 3), 30)
