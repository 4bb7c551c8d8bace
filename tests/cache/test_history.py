"""The judge of old reads, with values in place of servers."""

from __future__ import annotations

import pytest
from cache.checker.history import History, Purge, Read, report

MS = 1_000_000


def read(at: int, version: int, *, kind: str = "items", datum: int = 0, is_hit: bool = True) -> Read:
    return Read(kind, datum, at * MS, version, 1, is_hit)


def purge(
    called: int, returned: int, version: int, *, way: str = "tag", datum: int = 0, is_taken: bool = True
) -> Purge:
    return Purge(datum, way, called * MS, returned * MS, version, 2, is_taken)


def old(*records: Read | Purge, margin: float = 0.0) -> list[Read]:
    history = History(margin)
    for record in records:
        history.add(record)
    return [each.read for each in history.old_reads()]


def test_a_read_after_a_purge_with_the_version_from_before_it_is_old() -> None:
    late = read(11, 1)

    assert old(purge(5, 10, 2), read(11, 2), late) == [late]


def test_a_read_that_began_before_the_purge_had_returned_may_have_either_version() -> None:
    assert old(purge(5, 10, 2), read(4, 1), read(9, 1), read(10, 1), read(9, 2)) == []


def test_a_version_that_is_newer_than_the_purge_is_not_old() -> None:
    assert old(purge(5, 10, 2), read(11, 3)) == []


def test_the_newest_purge_counts_in_whatever_order_they_returned() -> None:
    late = read(31, 2)

    assert old(purge(5, 30, 2), purge(6, 10, 3), late, read(31, 3)) == [late]


@pytest.mark.parametrize("way", ["tag", "path"])
def test_a_purge_concerns_the_responses_and_the_values_of_its_datum(way: str) -> None:
    value = read(11, 1, kind="values")

    assert old(purge(5, 10, 2, way=way), value, read(11, 1, kind="values", datum=1), read(11, 1, datum=1)) == [value]


def test_reads_within_the_margin_may_be_old() -> None:
    late = read(16, 1)

    assert old(purge(5, 10, 2), read(15, 1), late, margin=0.005) == [late]


def test_a_purge_that_the_storage_did_not_take_makes_no_read_old_but_late() -> None:
    history = History(reads=[read(20, 1)], purges=[purge(5, 10, 2, is_taken=False)])

    assert history.old_reads() == []
    assert [each.late for each in history.late_reads()] == [0.01]


def test_the_report_shows_the_first_old_reads_with_their_times() -> None:
    history = History(
        reads=[read(1, 1, is_hit=False), *(read(at, 1) for at in range(11, 20))],
        purges=[purge(5, 10, 2)],
        failures=["GET /items/0: no response"],
        faults=[(6 * MS, "killed"), (900 * MS, "cut")],
    )

    assert report(history).splitlines() == [
        "12 operations: 10 reads by 1 workers, 90% hits; 1 purges, 1 failures",
        "A purge took 5.00 ms (median), 5.0 ms (longest).",
        "9 old reads, the first:",
        *(
            f"  {(at - 1) / 1e3:.4f} s: worker 1 answered /items/0 with version 1, a hit. {at - 10}.000 ms earlier, "
            "worker 2 had purged version 2 by tag, in 5.000 ms. Last fault: killed at 0.0050 s."
            for at in range(11, 16)
        ),
        "Failure: GET /items/0: no response",
    ]
