"""A folder that exists as long as it has members.

Each member holds a shared ``flock()`` of the folder, which also keeps
systemd-tmpfiles from removing old files in it. The member that can get the
exclusive lock is the last one, and removes the folder. A killed process loses
its lock: the next process that starts removes what it left.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..flock import try_lock
from .family import PREFIX
from .private_folder import private_folder, private_root

# Tries to join while a last member removes the folder, and the seconds between them.
_MOST_TRIES, _PAUSE = 100, 0.002

_swept_by = 0


class Membership:
    """Share of this process in a folder.

    :param name: Name of the folder.
    :raise OSError: If no temporary folder can be used.
    """

    def __init__(self, name: str) -> None:
        _sweep_once(name)
        self._process = os.getpid()
        self.folder, self._descriptor = _join(name)

    def leave(self) -> None:
        """Give up the share, and remove the folder if there is no other member. A second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            # A forked child has a copy of the parent's lock, and must neither change it nor use it.
            if self._process == os.getpid() and _is_free(descriptor, self.folder):
                with suppress(OSError):
                    _remove(self.folder)
        finally:
            os.close(descriptor)


def _join(name: str) -> tuple[Path, int]:
    private_root()  # raises if there is no temporary folder, which trying again does not change
    for _ in range(_MOST_TRIES):
        with suppress(FileNotFoundError):  # removed while being opened
            folder = private_folder(name)
            descriptor = _open(folder)
            with _closed_on_error(descriptor):
                if try_lock(descriptor, is_shared=True) and _has_its_name(descriptor, folder):
                    return folder, descriptor
            os.close(descriptor)
        time.sleep(_PAUSE)
    raise OSError(errno.EAGAIN, f"The private folder {name} was removed {_MOST_TRIES} times while it was opened")


def _sweep_once(name: str) -> None:
    """Remove the folders of killed servers, once in each process."""
    global _swept_by  # it is about the process
    if _swept_by == os.getpid():
        return
    _swept_by = os.getpid()
    for folder in private_root().glob(f"{PREFIX}*"):
        if folder.name != name:
            with suppress(OSError):  # another process removes it, too
                _remove_if_free(folder)


def _remove_if_free(folder: Path) -> None:
    descriptor = _open(folder)
    try:
        if _is_free(descriptor, folder):
            _remove(folder)
    finally:
        os.close(descriptor)


def _is_free(descriptor: int, folder: Path) -> bool:
    """Lock a folder, unless it has a member or another folder has taken its name."""
    return try_lock(descriptor) and _has_its_name(descriptor, folder)


def _remove(folder: Path) -> None:
    """Remove a locked folder. A process that is joining meanwhile cannot lock it, and makes another."""
    for file in list(folder.iterdir()):
        file.unlink(missing_ok=True)
    folder.rmdir()


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _has_its_name(descriptor: int, folder: Path) -> bool:
    try:
        named = folder.lstat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))


@contextmanager
def _closed_on_error(descriptor: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        os.close(descriptor)
        raise
