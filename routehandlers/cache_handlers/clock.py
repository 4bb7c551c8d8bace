"""Clocks of storages, compared with the clock of this process."""

from __future__ import annotations

from collections.abc import Callable

# Seconds: a smaller difference is noise of the measurement.
_NOISE = 1.0

# Measured once in each process. When a clock is corrected later, or a test moves it, ages change with it, as they
# should.
_skews: dict[str, float] = {}


def clock_skew(storage: str, measure: Callable[[], float]) -> float:
    """Return how many seconds the clock of a storage is ahead of the clock of this process.

    :param storage: Name that tells storages apart.
    :param measure: Called once in each process. If it raises, the next call measures again.
    """
    skew = _skews.get(storage)
    if skew is None:
        skew = _skews.setdefault(storage, measure())
    return skew if abs(skew) > _NOISE else 0.0
