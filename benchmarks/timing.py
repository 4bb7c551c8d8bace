"""Taking turns: medians of short rounds in a random order."""

from __future__ import annotations

import gc
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

# Gets ready for one round, which is not timed, and gives what is: a function
# that makes some calls and says how many.
Candidate = Callable[[int], Callable[[], int]]


def take_turns(candidates: Mapping[str, Candidate], rounds: int = 40) -> dict[str, float]:
    """Microseconds for each of a candidate's calls: the median of its rounds.

    The clock is the processor time of this process, so that what else runs on
    the machine does not count. Garbage is collected before each round and not
    during it; what exists when the rounds begin is left out of that, or else
    collecting would empty the processor's caches for the next to be timed.

    :param candidates: By name; each is told the number of its round.
    """
    order = list(candidates)
    times: dict[str, list[float]] = {name: [] for name in order}
    for name in order:
        candidates[name](rounds)()  # not counted
    gc.collect()
    gc.freeze()
    for turn in range(rounds):
        random.shuffle(order)
        for name in order:
            run = candidates[name](turn)
            gc.collect()
            gc.disable()
            started = time.process_time()
            calls = run()
            times[name].append((time.process_time() - started) / calls * 1e6)
            gc.enable()
    gc.unfreeze()
    return {name: statistics.median(measured) for name, measured in times.items()}


def run_together(threads: Sequence[threading.Thread]) -> float:
    """Run threads at the same time, and return the seconds until the last has ended."""
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def table(title: str, columns: list[str], rows: Mapping[str, list[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {title} | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])


class Goal(NamedTuple):
    """The most that something may take, as a multiple of the time of a peer in the same run."""

    times: float
    peer: str


# The name of a ratio, its value and the most that it may be.
Bound = tuple[str, float, float]


def bounds_of(goals: Mapping[str, Goal], results: Mapping[str, float]) -> list[Bound]:
    """Return the bound of each candidate that has a goal."""
    return [(f"{name} / {goal.peer}", results[name] / results[goal.peer], goal.times) for name, goal in goals.items()]


def verdicts(bounds: Iterable[Bound]) -> tuple[list[str], int]:
    """Return a line for each bound, and how many are missed."""
    lines = [
        f"{'held  ' if value <= most else 'MISSED'} {name}: {value:.2f} (at most {most})"
        for name, value, most in bounds
    ]
    return lines, sum(line.startswith("MISSED") for line in lines)
