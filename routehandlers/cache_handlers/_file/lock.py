"""``flock()`` with a timeout."""

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
    raise ImportError("file:// needs flock(), which Windows lacks. Use memory:// or redis:// there.")

import fcntl

from ..flock import try_lock
from .own_files import has_name, open_or_replace, refuse_links

_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05

# Open descriptors of lock files, with the process that opened them. A forked child inherits copies, which would
# hold the locks until the child ends.
_held: dict[int, int] = {}


def close_held_files() -> None:
    """Close the copies of the parent's lock files. Call it in a forked child."""
    for descriptor, process in list(_held.items()):
        if process != os.getpid():
            del _held[descriptor]
            with suppress(OSError):
                os.close(descriptor)


def _open(file: Path, flags: int) -> int:
    flags |= os.O_RDWR | os.O_CREAT
    try:
        return open_or_replace(file, flags)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        return open_or_replace(file, flags)


def _take(descriptor: int, file: Path) -> bool:
    """Lock an open file, unless it is locked already or another file has taken its name."""
    return try_lock(descriptor) and has_name(descriptor, file)


def acquire(file: Path, timeout: float, flags: int = 0) -> int | None:
    """Lock a file and return its descriptor, or ``None`` after ``timeout`` seconds.

    :param flags: Flags to open it with, beside those for reading, writing and creating it.

    It polls, because a thread that waits in ``flock()`` cannot be interrupted.
    """
    # Add up the pauses, and do not read a clock: a test may have stopped it.
    waited, pause = 0.0, _FIRST_PAUSE
    while True:
        descriptor = _open(file, flags)
        _held[descriptor] = os.getpid()  # before locking: a child that is forked now must close its copy
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
        del _held[descriptor]
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # for all copies: a copy in a child would keep the lock
        os.close(descriptor)


@contextmanager
def locked(file: Path, timeout: float) -> Iterator[int]:
    """Lock a file and yield its descriptor. No other process changes the file meanwhile.

    :raise StorageError: If it was locked elsewhere for ``timeout`` seconds.
    """
    descriptor = acquire(file, timeout)
    if descriptor is None:
        raise StorageError(f"{file} has been locked for more than {timeout:g} seconds.")
    try:
        yield descriptor
    finally:
        release(descriptor)


class FileLock:
    """Lock with a file of its own, which is removed on release.

    :param timeout: Seconds to wait before continuing without the lock.
    """

    def __init__(self, file: Path, timeout: float) -> None:
        self._file = file
        self._timeout = timeout
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def __enter__(self) -> FileLock:
        refuse_links(self._file.parent)
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
                # Unlink while locked: _take() in other processes notices that the file has lost its name.
                self._file.unlink(missing_ok=True)
            finally:
                release(descriptor)
