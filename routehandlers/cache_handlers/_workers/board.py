"""A few numbers in memory that all processes of a family see at once.

Reading one costs less than 0.1 µs, a look at a file five times as much.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from ...exceptions import StorageError
from ..flock import try_lock
from .private_folder import open_private_file

# Bytes of the file. The numbers take the first ones.
_SIZE = 4096

# Seconds to wait for a change by another process. It takes so long only if that process has been stopped.
_PATIENCE = 0.5
_PAUSE = 0.001


class At(IntEnum):
    """Places of the numbers, each of 64 bits."""

    VERSION = 0
    """Changes with each purge. Every value is used once."""

    EPOCH = 1
    """Identifies the sequence of purges."""

    END = 2
    """Number of the newest purge."""

    BASE = 3
    """Number of the newest purge before the present part of the log."""


class Board:
    """The numbers of a family.

    :param file: Created if it does not exist.
    :ivar numbers: Indexed with ``At``.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        descriptor = _open(file)
        try:
            stat = os.fstat(descriptor)
            if stat.st_size < _SIZE:
                raise OSError(errno.EIO, "The file is damaged", str(file))
            self._inode = stat.st_ino  # not used for another file as long as this one is mapped
            self.numbers = memoryview(mmap.mmap(descriptor, _SIZE)).cast("Q")
        finally:
            os.close(descriptor)

    def is_in_place(self) -> bool:
        """Return whether other processes that open the file get these numbers."""
        try:
            return self._file.stat().st_ino == self._inode
        except OSError:
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Exclude changes by other threads and processes, except for a new epoch. It polls, so that it ends in time.

        :raise StorageError: If it was locked elsewhere for too long.
        """
        descriptor = open_private_file(self._file, os.O_RDWR)
        try:
            waited = 0.0  # adds up the pauses, because a test may have stopped the clock
            while not try_lock(descriptor):
                if waited >= _PATIENCE:
                    raise StorageError(f"{self._file} has been locked for more than {_PATIENCE:g} seconds.")
                time.sleep(_PAUSE)
                waited += _PAUSE
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # for all copies: one in a forked child would keep the lock
        finally:
            os.close(descriptor)

    def start_epoch(self) -> None:
        """Start a new epoch: all entries are gone in all processes. It needs no lock and no space on the disk."""
        self.numbers[At.EPOCH] = secrets.randbits(64)
        # Last: a process that sees the new version must also see the new epoch. Purges use the lower half.
        self.numbers[At.VERSION] = secrets.randbits(63) | 1 << 63


def _open(file: Path) -> int:
    with suppress(FileNotFoundError):
        return open_private_file(file, os.O_RDWR)
    # Other processes must never see it without its numbers, so it gets its name when it is complete.
    draft = file.with_name(f"{file.name}-{secrets.token_hex(8)}")
    descriptor = open_private_file(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    try:
        # Write all bytes: on a full disk, a store into a hole of a mapped file would kill the process.
        first = b"".join(number.to_bytes(8, sys.byteorder) for number in (0, secrets.randbits(64), 0, 0))
        if os.write(descriptor, first.ljust(_SIZE, b"\0")) < _SIZE:
            raise OSError(errno.ENOSPC, "The file was written only in part", str(file))
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
    return open_private_file(file, os.O_RDWR)
