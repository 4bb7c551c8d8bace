"""After a purge has returned, no worker answers with anything older.

For long: ``pytest tests/cache/test_old_reads.py --operations 10000 --seed 7 -rP``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cache.checker.history import History, report
from cache.checker.run import check
from cache.checker.site import can_mount
from optional_servers import run_redis

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

# ``{store}`` is a folder, ``{redis}`` the address of a Redis that no other test uses.
STORAGES = {
    "memory": "memory://",
    "file": "file://{store}",
    "redis": "redis://{redis}",
    "strict": "redis://{redis}?strict=1",
}

# Seconds in which the message of a purge arrives. Without ``strict``, reads in them may be old.
MARGINS = {"redis": 0.005}

# Seconds. Far more than a purge takes in any of the faults, and far less than for ever.
LONGEST_PURGE = 10.0

Check = Callable[..., History]


@pytest.fixture
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Check]:
    """Run the checker, print what it found, and fail if a read was old."""
    operations, seed = (request.config.getoption(name) for name in ("--operations", "--seed"))
    with ExitStack() as stack:

        def run(storage: str, **choices: Any) -> History:
            url, redis = STORAGES[storage], None
            if "{redis}" in url:
                redis = stack.enter_context(run_redis())
                url = url.replace("{redis}", f"127.0.0.1:{redis.port}")
            history = check(
                tmp_path, url, operations=operations, seed=seed, margin=MARGINS.get(storage, 0.0), redis=redis, **choices
            )  # fmt: skip
            again = f"Again: pytest '{request.node.nodeid}' --operations {operations} --seed {seed}"
            print(f"{report(history)}\n{again}")
            assert not history.old_reads()
            assert not history.lost
            assert history.purge_times()[-1] < LONGEST_PURGE
            # Without hits, and with one worker, it would prove nothing. While Redis hangs, requests go on without it.
            assert history.share_of_hits > (0.1 if "hung" in choices.get("faults", ()) else 0.3)
            assert len(history.workers) >= 3
            return history

        yield run


@pytest.mark.parametrize(
    ("worker", "options"),
    [(worker, options) for worker in ("sync", "gthread", "gevent") for options in ((), ("--preload",))],
    ids=lambda value: "".join(value),
)
def test_no_read_is_old_in_the_memory_of_workers(checked: Check, worker: str, options: tuple[str, ...]) -> None:
    assert not checked("memory", worker=worker, options=options).failures


@pytest.mark.parametrize("storage", ["file", "redis", "strict"])
def test_no_read_is_old_in_a_shared_storage(checked: Check, storage: str) -> None:
    assert not checked(storage).failures


@pytest.mark.parametrize("storage", ["file", "redis", "strict"])
def test_no_read_is_old_in_a_shared_storage_with_gevent_and_preload(checked: Check, storage: str) -> None:
    assert not checked(storage, worker="gevent", options=("--preload",)).failures


@pytest.mark.parametrize("storage", STORAGES)
def test_no_read_is_old_when_workers_are_killed_or_stopped_for_a_while(checked: Check, storage: str) -> None:
    history = checked(storage, faults=("killed", "stopped"))

    # The requests of the killed workers.
    assert len(history.failures) < history.operations / 20


@pytest.mark.parametrize("storage", ["redis", "strict"])
def test_no_read_is_old_when_redis_cuts_connections_or_does_not_answer(checked: Check, storage: str) -> None:
    assert not checked(storage, faults=("cut", "hung")).failures


# A small disk needs root, or a user with namespaces. The limit on files needs no rights, so one of them always runs.
@pytest.mark.parametrize(
    "fault", [pytest.param("full", marks=pytest.mark.skipif(not can_mount(), reason="may not mount a disk")), "limited"]
)
@pytest.mark.parametrize("storage", ["memory", "file"])
def test_no_read_is_old_when_the_disk_is_full(checked: Check, storage: str, fault: str) -> None:
    assert not checked(storage, faults=(fault,)).failures
