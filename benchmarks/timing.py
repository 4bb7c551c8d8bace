"""Taking turns: medians of short rounds in a random order."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping


def take_turns(candidates: Mapping[str, Callable[[], int]], rounds: int = 40) -> dict[str, float]:
    """Microseconds for each of a candidate's calls: the median of its rounds.

    :param candidates: By name, a function that makes some calls and says how many.
    """
    order = list(candidates)
    times: dict[str, list[float]] = {name: [] for name in order}
    for name in order:
        candidates[name]()  # not counted
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            gc.collect()
            gc.disable()
            started = time.perf_counter()
            calls = candidates[name]()
            times[name].append((time.perf_counter() - started) / calls * 1e6)
            gc.enable()
    return {name: statistics.median(measured) for name, measured in times.items()}


def table(title: str, columns: list[str], rows: Mapping[str, list[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {title} | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])
