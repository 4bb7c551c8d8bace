"""Purges of a folder: a log to which every process appends, and whose end every process reads.

::

    {"epoch": "4f…", "number": 7, "floor": 3}      the first line
    {"number": 8, "tags": ["posts"], "until": 0, "at": 1795444978.2}
    {"number": 9, "tags": ["a", "b"], "until": null, "at": 1795444980.1}

A new size means new purges: the log only grows, and it is emptied when another
file replaces it. A long log is rewritten as another file. If the log is damaged
or removed, a new epoch starts, and all entries of the old epoch are gone.
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

# Bytes after which the log is rewritten, without purges that later ones have replaced.
_LONGEST = 4 * 2**20

# Seconds to wait for locks.
_PATIENCE = 2.0

_LONGEST_FIRST_LINE = 1_000

# How often to open the log again if it is replaced while being read.
_MOST_TRIES = 20

# Seconds between checks whether the file has been removed by hand.
_TRUST = 1.0


class PurgeLog:
    """Purges in one file.

    :param file: Created if it does not exist.
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
        """Return all purges so far, including those that other processes have just made."""
        try:
            size = os.lseek(self._descriptor, 0, os.SEEK_END)
        except OSError:  # not open yet
            return self._read_more()
        if size == self._size and time.monotonic() < self._trusted_until:
            return self._purges
        return self._read_more()

    def append(self, tags: Iterable[str], until: float | None) -> int:
        """Append a purge and return its number. If it cannot be written, start a new epoch: all entries are gone."""
        try:
            with locked(self._file, _PATIENCE) as descriptor:
                end = os.fstat(descriptor).st_size
                if end == 0:
                    end += os.pwrite(descriptor, _first_line(Purges()), 0)
                # At least the time in microseconds, so that no number is used twice if the log has lost its end.
                now = time.time()
                number = max(self._read_more().number + 1, int(now * 1e6))
                line = _line(number, tags, until, now)
                written = os.pwrite(descriptor, line, end)
                if written < len(line):
                    raise OSError(28, "The purge was written only in part")
                os.fsync(descriptor)
                purges = self._read_more()
                if end + len(line) > _LONGEST:
                    self._rewrite(purges, descriptor)
        except OSError:
            # The disk is full. Removing the log needs no space, and the new epoch includes this purge.
            self.restart()
            raise
        return number

    def restart(self, *, only_if_damaged: bool = False) -> None:
        """Start a new epoch: remove the file, and tell processes that have it open.

        :param only_if_damaged: Check again while holding the lock, because another process may have done it.
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
            raise StorageError(f"{self._file} could not be read in {_PATIENCE:g} seconds.")
        try:
            for _ in range(_MOST_TRIES):
                if self._read_to_end():
                    return self._purges
            raise StorageError(f"{self._file} was replaced {_MOST_TRIES} times while it was read.")
        finally:
            self._lock.release()

    def _read_to_end(self) -> bool:
        """Read new lines. Return false if the file was replaced meanwhile."""
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
            # Emptied: another file has taken its name, or it was damaged.
            self._open()
            return False
        if not known and not _epoch_of(data):
            self.restart(only_if_damaged=True)  # without a first line, the epoch is unknown
            return False
        complete = data[: data.rfind(b"\n") + 1]
        for line in complete.splitlines():
            self._take(line)
        self._size = known + len(complete)
        self._trusted_until = time.monotonic() + _TRUST
        return True

    def _open(self) -> bool:
        """Open the file, and create it if it does not exist. Return false if it was replaced meanwhile."""
        self._size = -1
        try:
            if not self._file.exists() or not self._file.stat().st_size:
                with locked(self._file, _PATIENCE) as descriptor:
                    if os.fstat(descriptor).st_size == 0:
                        os.pwrite(descriptor, _first_line(Purges()), 0)
            opened = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # replaced meanwhile
            return False
        if self._descriptor < 0:
            self._descriptor = opened
        else:
            # Keep the descriptor's number: another thread may be reading the size.
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
        except Exception:  # damaged in any way
            # It may have been a purge of any tag: all older entries are gone.
            self._purges.raise_floor(self._purges.number + 1)

    def _rewrite(self, purges: Purges, descriptor: int) -> None:
        lines: list[bytes] = []
        room = _LONGEST // 2
        for number, tag, until in reversed(purges.records()):
            line = _line(number, [tag], until, 0)
            room -= len(line)
            if room < 0:
                purges.raise_floor(number)  # older entries are gone, whatever their tags
                break
            lines.append(line)
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(b"".join([_first_line(purges), *reversed(lines)]))
        # In this order: if the process dies in between, it leaves an empty log, and a new epoch starts.
        _shrink(descriptor)
        draft.replace(self._file)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _shrink(descriptor: int) -> None:
    """Empty a file: processes that have it open then notice that another has its name. Needs no disk space."""
    os.ftruncate(descriptor, 0)


def _epoch_of(data: bytes) -> str:
    """Return the epoch from the first line of a log, or an empty string."""
    line, end, _ = data.partition(b"\n")
    try:
        first = json.loads(line) if end else {}
        return str(first["epoch"]) if int(first["number"]) >= int(first["floor"]) >= 0 else ""
    except Exception:  # damaged in any way
        return ""


def _line(number: int, tags: Iterable[str], until: float | None, at: float) -> bytes:
    return json.dumps({"number": number, "tags": list(tags), "until": until, "at": at}).encode() + b"\n"


def _first_line(purges: Purges) -> bytes:
    first = {"epoch": purges.epoch, "number": purges.number, "floor": purges.floor}
    return json.dumps(first).encode() + b"\n"
