"""The purges of a folder: a log that every process appends to and reads the end of.

::

    {"epoch": "4f…", "number": 7, "floor": 3}      the first line
    {"number": 8, "tags": ["posts"], "until": 0, "at": 1795444978.2}
    {"number": 9, "tags": ["a", "b"], "until": null, "at": 1795444980.1}

Its size tells whether there is something new: the log only grows, and is made
empty when another file takes its place. One that has grown long is written
anew as another file; one that was damaged, or removed by hand, begins another
epoch, in which nothing old counts.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from ...exceptions import StorageError
from ..purges import Purges
from .lock import locked

# Bytes after which the log is written anew, without what later purges made needless.
_LONGEST = 4 * 2**20

_PATIENCE = 2.0

_LONGEST_FIRST_LINE = 1_000

# How often a log that is replaced while it is read is opened again.
_MOST_TRIES = 20

# Seconds after which it is looked whether somebody has removed the file by hand.
_TRUST = 1.0


class PurgeLog:
    """The purges in one file.

    :param file: Made where it is missing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._descriptor = -1
        self._size = -1
        self._trusted_until = 0.0
        self._purges = Purges()

    def __del__(self) -> None:
        self._close()

    def read(self) -> Purges:
        """All purges so far, those that other processes have just made included."""
        try:
            size = os.lseek(self._descriptor, 0, os.SEEK_END)
        except OSError:  # not open yet
            return self._read_more()
        if size == self._size and time.monotonic() < self._trusted_until:
            return self._purges
        return self._read_more()

    def append(self, tags: Iterable[str], until: float | None) -> int:
        """Write a purge down; gives its number. One that cannot be written takes everything with it."""
        try:
            with locked(self._file, _PATIENCE) as descriptor:
                end = os.fstat(descriptor).st_size
                if end == 0:
                    end += os.pwrite(descriptor, _first_line(Purges()), 0)
                # Up from the microseconds of the moment, so that no number comes again where the log has lost its end.
                now = time.time()
                number = max(self._read_more().number + 1, int(now * 1e6))
                line = _line(number, tags, until, now)
                written = os.pwrite(descriptor, line, end)
                if written < len(line):
                    raise OSError(28, "The purge was written in part only")
                os.fsync(descriptor)
                purges = self._read_more()
                if end + len(line) > _LONGEST:
                    self._write_anew(purges, descriptor)
        except OSError:
            # A full disk. Removing needs no room, and another epoch forgets all that this purge should have.
            self.restart()
            raise
        return number

    def restart(self, *, only_if_damaged: bool = False) -> None:
        """Begin another epoch: remove the file, and tell those who still read it.

        :param only_if_damaged: Look again, since somebody else may have done it.
        """
        if not self._file.exists():
            return
        with locked(self._file, _PATIENCE) as descriptor:
            if only_if_damaged and _epoch_of(os.pread(descriptor, _LONGEST_FIRST_LINE, 0)):
                return
            self._file.unlink(missing_ok=True)
            _shrink(descriptor)

    def _read_more(self) -> Purges:
        if not self._lock.acquire(timeout=_PATIENCE):
            raise StorageError(f"{self._file} could not be read in time.")
        try:
            for _ in range(_MOST_TRIES):
                if self._read_to_end():
                    return self._purges
            raise StorageError(f"{self._file} was replaced again and again.")
        finally:
            self._lock.release()

    def _read_to_end(self) -> bool:
        """Read what is new; false if the file was replaced meanwhile."""
        try:
            is_open = self._file.stat().st_ino == os.fstat(self._descriptor).st_ino
        except OSError:
            is_open = False
        if not is_open and not self._open():
            return False
        known = max(self._size, 0)
        length = os.fstat(self._descriptor).st_size
        data = os.pread(self._descriptor, length - known, known) if length > known else b""
        if not length or length < known or len(data) < length - known:
            # Emptied: it is not the file of its name any more, or somebody has damaged it.
            self._open()
            return False
        if not known and not _epoch_of(data):
            self.restart(only_if_damaged=True)  # without its first line nobody knows whose count it is
            return False
        complete = data[: data.rfind(b"\n") + 1]
        for line in complete.splitlines():
            self._take(line)
        self._size = known + len(complete)
        self._trusted_until = time.monotonic() + _TRUST
        return True

    def _open(self) -> bool:
        """Open the file of that name, which is made where it is missing."""
        self._size = -1
        try:
            if not self._file.exists() or not self._file.stat().st_size:
                with locked(self._file, _PATIENCE) as descriptor:
                    if os.fstat(descriptor).st_size == 0:
                        os.pwrite(descriptor, _first_line(Purges()), 0)
            opened = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # replaced in between
            return False
        if self._descriptor < 0:
            self._descriptor = opened
        else:
            # The number stays ours: another thread may be asking for its size just now.
            os.dup2(opened, self._descriptor, inheritable=False)
            os.close(opened)
        self._purges = Purges()
        return True

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            if "epoch" in record:
                self._purges.epoch = str(record["epoch"])
                self._purges.raise_floor(int(record["floor"]))
                self._purges.number = int(record["number"])
            else:
                until = record["until"]
                if until is not None:
                    until = float(until)
                self._purges.apply(int(record["number"]), list(record["tags"]), until, float(record["at"]))
        except Exception:  # whatever somebody wrote there
            # It may have been a purge of anything: nothing from before it counts.
            self._purges.raise_floor(self._purges.number + 1)

    def _write_anew(self, purges: Purges, descriptor: int) -> None:
        lines: list[bytes] = []
        room = _LONGEST // 2
        for number, tag, until in reversed(purges.records()):
            line = _line(number, [tag], until, 0)
            room -= len(line)
            if room < 0:
                purges.raise_floor(number)  # what is older is gone, whatever its tags
                break
            lines.append(line)
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(b"".join([_first_line(purges), *reversed(lines)]))
        # In this order: who dies in between leaves an empty log, which begins another epoch.
        _shrink(descriptor)
        draft.replace(self._file)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _shrink(descriptor: int) -> None:
    """Tell those who still read a file that it is not the one of its name any more. It needs no room on the disk."""
    os.ftruncate(descriptor, 0)


def _epoch_of(data: bytes) -> str:
    """The epoch in the first line of a log, or nothing."""
    line, end, _ = data.partition(b"\n")
    try:
        first = json.loads(line) if end else {}
        return str(first["epoch"]) if int(first["number"]) >= int(first["floor"]) >= 0 else ""
    except Exception:  # whatever somebody wrote there
        return ""


def _line(number: int, tags: Iterable[str], until: float | None, at: float) -> bytes:
    return json.dumps({"number": number, "tags": list(tags), "until": until, "at": at}).encode() + b"\n"


def _first_line(purges: Purges) -> bytes:
    first = {"epoch": purges.epoch, "number": purges.number, "floor": purges.floor}
    return json.dumps(first).encode() + b"\n"
