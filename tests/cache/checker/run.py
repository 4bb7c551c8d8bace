"""One run: start a server, make the requests and the faults, and collect what happened."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cache.checker.faults import FAULTS
from cache.checker.history import History, Purge, Read
from cache.checker.load import DATA, Load, ask
from cache.checker.site import Site
from servers import Server

# A fault happens once in so many operations, and some times at least. It lasts some seconds at most.
_TURN = 400
_LEAST_TURNS = 4
_LONGEST_FAULT = 1.5

# Seconds in which the last request ends, and in which purges that were owed take effect after the last fault.
_LONGEST = 570.0
_SETTLED = 20.0

# Reads of a datum in a row that must be new, so that each worker has probably answered some.
_IN_A_ROW = 16


@contextmanager
def loaded(port: int, seed: int, number: int) -> Iterator[Load]:
    load = Load(port, seed, number)
    try:
        yield load
    finally:
        load.close()


def check(
    folder: Path,
    storage: str,
    *,
    operations: int,
    seed: int,
    worker: str = "gthread",
    options: tuple[str, ...] = (),
    faults: Sequence[str] = (),
    margin: float = 0.0,
    redis: Server | None = None,
) -> History:
    """Make requests of a site with four workers, and return what happened.

    :param faults: Names of faults, which take turns.
    """
    site = Site(folder, storage, redis=redis, is_small="full" in faults)
    history = History(margin)
    chance = random.Random(seed)
    with site.start(worker, *options) as server:
        _wait_for_workers(server)
        with loaded(server.port, seed, operations) as load:
            turns = max(_LEAST_TURNS, operations // _TURN) if faults else 0
            # A turn has as many operations before the fault as in it, and some are left after the last one.
            share = operations / (2 * turns + 1)
            for turn in range(turns):
                fault = faults[turn % len(faults)]
                _take(history, load, share, _LONGEST)
                with FAULTS[fault](site, server, chance):
                    history.faults.append((time.monotonic_ns(), fault))
                    _take(history, load, share, _LONGEST_FAULT)
            _take(history, load, operations, _LONGEST)
        _settle(history, server)
    return history


def _take(history: History, load: Load, number: float, seconds: float) -> None:
    for record in load.records(number, seconds):
        history.add(_parse(record))


def _parse(record: dict[str, Any]) -> Read | Purge | str:
    if "failure" in record:
        return str(record["failure"])
    kind, *way, datum = record["path"].strip("/").split("/")
    if way:
        return Purge(
            int(datum),
            way[0],
            record["called"],
            record["returned"],
            record["version"],
            record["worker"],
            record["taken"],
        )
    # A value has no Cache-Status of its own.
    is_hit = record["cache"].startswith("routehandlers; hit") if kind == "items" else None
    return Read(kind, int(datum), record["began"], record["version"], record["worker"], is_hit)


def _wait_for_workers(server: Server) -> None:
    """Wait until the last worker has started: none may answer before."""
    end = time.monotonic() + 30
    seen: set[int] = set()
    while len(seen) < len(server.worker_pids()) and time.monotonic() < end:
        answer = ask(server.port, "GET", f"/values/{DATA}")
        seen.add(answer.get("worker", 0))


def _settle(history: History, server: Server) -> None:
    """After the last fault, wait until all reads are new, which includes the purges that were owed."""
    newest = {
        datum: max((each.version for each in history.purges if each.datum == datum), default=0) for datum in range(DATA)
    }
    end = time.monotonic() + _SETTLED
    for datum, version in newest.items():
        in_a_row, old = 0, -1
        while in_a_row < _IN_A_ROW and time.monotonic() < end:
            found = ask(server.port, "GET", f"/items/{datum}").get("version", -1)
            in_a_row = in_a_row + 1 if found >= version else 0
            old = old if in_a_row else found
        if in_a_row < _IN_A_ROW:
            history.lost.append(f"/items/{datum} still had version {old} in place of {version}")
