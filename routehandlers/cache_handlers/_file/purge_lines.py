"""Lines of the log of purges."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..purges import Purges

# Ends a log that is being rewritten. Lines behind it that were written without the lock do not count.
CLOSED = b'{"closed": true}\n'

LONGEST_FIRST_LINE = 1_000


def first_line(purges: Purges) -> bytes:
    first = {"epoch": purges.epoch, "number": purges.number, "floor": purges.floor}
    return json.dumps(first).encode() + b"\n"


def epoch_of(data: bytes) -> str:
    """Return the epoch from the first line of a log, or an empty string."""
    line, end, _ = data.partition(b"\n")
    try:
        first = json.loads(line) if end else {}
        return str(first["epoch"]) if int(first["number"]) >= int(first["floor"]) >= 0 else ""
    except Exception:  # damaged in any way
        return ""


def purge_line(number: int, tags: Iterable[str], until: float | None, at: float, *, is_kept: bool = False) -> bytes:
    """Return the line of a purge.

    :param is_kept: Whether it comes from an earlier log, and has its final number.
    """
    record: dict[str, object] = {"number": number, "tags": list(tags), "until": until, "at": at}
    if is_kept:
        record["kept"] = True
    return json.dumps(record).encode() + b"\n"


def apply_line(line: bytes, purges: Purges) -> None:
    """Add the purge of a line to the purges."""
    try:
        record = json.loads(line)
        if "epoch" in record:
            purges.epoch = str(record["epoch"])
            purges.raise_floor(int(record["floor"]))
            purges.number = int(record["number"])
            return
        number, until = int(record["number"]), record["until"]
        if not record.get("kept"):
            # Two processes without the lock may have chosen the same number. The order of the lines decides.
            number = max(number, purges.number + 1)
        purges.apply(number, list(record["tags"]), until if until is None else float(until), float(record["at"]))
    except Exception:  # damaged in any way
        # It may have been a purge of any tag: all older entries are gone.
        purges.raise_floor(purges.number + 1)
