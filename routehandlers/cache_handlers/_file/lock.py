"""``flock()`` with an end to waiting."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from ...exceptions import StorageError

if sys.platform == "win32":
    raise ImportError("file:// needs flock(), which Windows has not. Use memory:// or redis:// there.")

import fcntl

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05

# What this process holds open for locks. A forked child has copies, and would
# hold every lock for as long as it lives.
_held: set[int] = set()


def close_held_files() -> None:
    """In a forked child: give back the copies of its parent's locks."""
    while _held:
        with suppress(OSError):
            os.close(_held.pop())


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _take(descriptor: int, file: Path) -> bool:
    """Lock an open file, if nobody has it, and if it is still the one of that name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        return file.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def acquire(file: Path, timeout: float) -> int | None:
    """The descriptor of a locked file, or ``None`` at the end of patience.

    Polled, since a thread that waits in ``flock()`` cannot be told to stop.
    """
    # Counted, not measured: a clock that a test has stopped must not stop this too.
    waited, pause = 0.0, _FIRST_PAUSE
    while True:
        descriptor = _open(file)
        _held.add(descriptor)  # before it is locked: a child that is forked now must know of its copy
        if _take(descriptor, file):
            return descriptor
        release(descriptor)
        if waited >= timeout:
            return None
        time.sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def release(descriptor: int) -> None:
    if descriptor in _held:
        _held.discard(descriptor)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # for all copies: a child's would keep it
        os.close(descriptor)


@contextmanager
def locked(file: Path, timeout: float) -> Iterator[int]:
    """The descriptor of a file that only this process changes meanwhile.

    :raise StorageError: If others have it for longer than ``timeout`` seconds.
    """
    descriptor = acquire(file, timeout)
    if descriptor is None:
        raise StorageError(f"{file} has been locked for more than {timeout:g} seconds.")
    try:
        yield descriptor
    finally:
        release(descriptor)


class FileLock:
    """A lock with a file of its own, which goes away with it.

    :param timeout: Seconds to wait. At their end one goes on without it.
    """

    def __init__(self, file: Path, timeout: float) -> None:
        self._file = file
        self._timeout = timeout
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def __enter__(self) -> FileLock:
        self._descriptor = acquire(self._file, self._timeout)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                # While it is still locked: who opened it meanwhile will find another of that name, or none.
                self._file.unlink(missing_ok=True)
            finally:
                release(descriptor)
