"""Purges of a folder: a log to which every process appends, and whose end every process reads.

::

    {"epoch": "4f…", "number": 7, "floor": 3}      the first line
    {"number": 8, "tags": ["posts"], "until": 0, "at": 1795444978.2}
    {"number": 9, "tags": ["a", "b"], "until": null, "at": 1795444980.1}

A new size means new purges: the log only grows, and it is emptied when another
file replaces it. A long log is rewritten as another file. If the log is damaged,
cut or removed, a new epoch starts, and all entries of the old epoch are gone.

Writers hold the lock of the file. If it is held elsewhere for too long, for example
by a process that was stopped, they append without it: ``O_APPEND`` keeps the lines
whole. The holder of the lock may be rewriting the log. Before it reads the log for
the last time, it closes it with a line. A line without the lock counts if it stands
before that one.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ...exceptions import StorageError
from ..purges import Purges
from .lock import acquire, locked, release
from .own_files import create, has_name, open_regular
from .purge_lines import CLOSED, LONGEST_FIRST_LINE, apply_line, epoch_of, first_line, purge_line

# Bytes after which the log is rewritten, without purges that later ones have replaced.
_LONGEST = 4 * 2**20

# Seconds that a purge waits for the lock before it appends without it.
_LOCK_PATIENCE = 0.4

# Seconds to wait for another thread, and for the lock where it cannot be done without.
_PATIENCE = 0.5

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
        self._closed_at = -1
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
        """Append a purge and return its number. If it cannot be written, start a new epoch: all entries are gone.

        :raise OSError: If the purge is not in effect, and also if the new epoch has made it so.
        """
        tags = list(tags)
        try:
            for _ in range(_MOST_TRIES):
                descriptor = acquire(self._file, _LOCK_PATIENCE, os.O_APPEND)
                if descriptor is None:
                    return self._append_unlocked(tags, until)
                try:
                    if number := self._append_locked(descriptor, tags, until):
                        return number
                finally:
                    release(descriptor)
        except StorageError:
            raise
        except OSError:
            # The disk is full. Removing the log needs no space, and the new epoch includes this purge.
            self.restart()
            raise
        raise StorageError(f"{self._file} was damaged {_MOST_TRIES} times while a purge was written.")

    def _append_locked(self, descriptor: int, tags: list[str], until: float | None) -> int:
        """Append a purge and return its number, or 0 if the log was damaged and has been removed."""
        if os.fstat(descriptor).st_size == 0:
            os.write(descriptor, first_line(Purges()))
        elif _is_damaged(descriptor):
            self._remove(descriptor)
            return 0
        number, line = self._next(tags, until)
        _write(descriptor, line)
        self._read_more()
        if self._closed_at >= 0 or os.fstat(descriptor).st_size > _LONGEST:
            self._rewrite(descriptor)
        return number

    def _append_unlocked(self, tags: list[str], until: float | None) -> int:
        number, line = self._next(tags, until)
        descriptor = open_regular(self._file, os.O_RDWR | os.O_APPEND)
        try:
            if os.fstat(descriptor).st_size:
                _write(descriptor, line)
                start = os.lseek(descriptor, 0, os.SEEK_CUR) - len(line)
                self._read_more()
                if has_name(descriptor, self._file) and not 0 <= self._closed_at < start:
                    return number
        finally:
            os.close(descriptor)
        raise StorageError(f"{self._file} is locked by another process, which is rewriting it. The purge is not taken.")

    def _next(self, tags: list[str], until: float | None) -> tuple[int, bytes]:
        """Return the number and the line of a new purge."""
        # At least the time in microseconds, so that no number is used twice if the log has lost its end.
        now = time.time()
        number = max(self._read_more().number + 1, int(now * 1e6))
        return number, purge_line(number, tags, until, now)

    def restart(self, is_wanted: Callable[[int], bool] = lambda _: True) -> None:
        """Start a new epoch: remove the file, and tell processes that have it open.

        :param is_wanted: Called while holding the lock, with a descriptor: another process may have done it.
        """
        if not os.path.lexists(self._file):
            return
        with locked(self._file, _PATIENCE) as descriptor:
            if is_wanted(descriptor):
                self._remove(descriptor)

    def _remove(self, descriptor: int) -> None:
        self._file.unlink(missing_ok=True)
        _shrink(descriptor)

    def _read_more(self) -> Purges:
        if not self._lock.acquire(timeout=_PATIENCE):
            raise StorageError(f"{self._file} could not be read in {_PATIENCE:g} seconds.")
        try:
            for _ in range(_MOST_TRIES):
                if self._read_to_end():
                    return self._purges
            raise StorageError(f"{self._file} was locked or replaced {_MOST_TRIES} times while it was read.")
        finally:
            self._lock.release()

    def _read_to_end(self) -> bool:
        """Read new lines. Return false if the file was replaced meanwhile."""
        if not has_name(self._descriptor, self._file) and not self._open():
            return False
        known = max(self._size, 0)
        length = os.fstat(self._descriptor).st_size
        data = os.pread(self._descriptor, length - known, known) if length > known else b""
        if not length or length < known or len(data) < length - known:
            # Emptied: another file has taken its name, or it was damaged.
            if 0 < length < known:
                self._restart_if_cut(known)
            self._open()
            return False
        if not known and not epoch_of(data):
            self.restart(_is_damaged)  # without a first line, the epoch is unknown
            return False
        complete = data[: data.rfind(b"\n") + 1]
        if len(complete) < len(data) and not self._is_being_written():
            return False
        for line in complete.splitlines(keepends=True):
            if line == CLOSED:
                self._closed_at = known
            else:
                apply_line(line, self._purges)
            known += len(line)
        self._size = known
        self._trusted_until = time.monotonic() + _TRUST
        return True

    def _restart_if_cut(self, known: int) -> None:
        """Start a new epoch if the log has lost its end. Do not, if it was emptied and has begun another epoch."""

        def is_cut(descriptor: int) -> bool:
            is_same = os.path.sameopenfile(descriptor, self._descriptor)
            return is_same and _epoch_in(descriptor) == self._purges.epoch and os.fstat(descriptor).st_size < known

        self.restart(is_cut)

    def _is_being_written(self) -> bool:
        """Return whether the last line, which is incomplete, may still be completed. Otherwise, remove the log."""
        try:
            descriptor = acquire(self._file, 0)
        except OSError:  # the folder is read-only
            return True
        if descriptor is None:  # its writer has the lock
            return True
        try:
            if _is_damaged(descriptor):
                self._remove(descriptor)
        finally:
            release(descriptor)
        return False

    def _open(self) -> bool:
        """Open the file, and create it if it does not exist. Return false if it was replaced meanwhile."""
        self._size = self._closed_at = -1
        try:
            if not _is_written(self._file) and not self._begin():
                return False
            opened = _open_log(self._file)
        except FileNotFoundError:  # replaced meanwhile
            return False
        if self._descriptor < 0:
            self._descriptor = opened
        else:
            if not has_name(self._descriptor, self._file):
                # Replaced by hand, unless it is empty already. Tell other processes that have it open.
                with suppress(OSError):
                    _shrink(self._descriptor)
            # Keep the descriptor's number: another thread may be reading the size.
            os.dup2(opened, self._descriptor, inheritable=False)
            os.close(opened)
        self._purges = Purges()
        return True

    def _begin(self) -> bool:
        """Write the first line. Return false if another process has the lock, which may be writing it."""
        descriptor = acquire(self._file, _PATIENCE / _MOST_TRIES)
        if descriptor is None:
            return False
        try:
            if os.fstat(descriptor).st_size == 0:
                os.pwrite(descriptor, first_line(Purges()), 0)
        finally:
            release(descriptor)
        return True

    def _rewrite(self, descriptor: int) -> None:
        _write(descriptor, CLOSED)
        purges = self._read_more()
        lines: list[bytes] = []
        room = _LONGEST // 2
        for number, tag, until in reversed(purges.records()):
            line = purge_line(number, [tag], until, 0, is_kept=True)
            room -= len(line)
            if room < 0:
                purges.raise_floor(number)  # older entries are gone, whatever their tags
                break
            lines.append(line)
        draft = self._file.with_suffix(".draft")
        create(draft, b"".join([first_line(purges), *reversed(lines)]))
        # In this order: if the process dies in between, it leaves an empty log, and a new epoch starts.
        _shrink(descriptor)
        draft.replace(self._file)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _open_log(file: Path) -> int:
    """Open a log to read it, and to shrink it where that is allowed."""
    try:
        return open_regular(file, os.O_RDWR)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        return open_regular(file, os.O_RDONLY)


def _write(descriptor: int, line: bytes) -> None:
    written = os.write(descriptor, line)
    if written < len(line):
        raise OSError(errno.ENOSPC, "The line was written only in part")
    os.fsync(descriptor)


def _shrink(descriptor: int) -> None:
    """Empty a file: processes that have it open then notice that another has its name. Needs no disk space."""
    os.ftruncate(descriptor, 0)


def _is_written(file: Path) -> bool:
    try:
        found = file.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def _is_damaged(descriptor: int) -> bool:
    """Return whether a log that is not being written lacks its first line or the end of its last one."""
    size = os.fstat(descriptor).st_size
    return not _epoch_in(descriptor) or os.pread(descriptor, 1, size - 1) != b"\n"


def _epoch_in(descriptor: int) -> str:
    return epoch_of(os.pread(descriptor, LONGEST_FIRST_LINE, 0))
