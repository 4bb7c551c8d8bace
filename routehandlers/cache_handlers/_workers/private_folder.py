"""Folders and files of this user alone, below the temporary folder.

Every user may write into the temporary folder. So nothing in it is trusted
because of its name: owner and mode are checked, and links are not followed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_FOR_OTHERS = 0o077

# Errors that soon pass. They do not say that a folder or file cannot be used.
PASSING = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.EINTR, errno.ENOMEM})


def private_folder(name: str) -> Path:
    """Return ``<temporary folder>/routehandlers-<uid>/<name>``. Create it if it does not exist.

    :param name: One part of a path, chosen by the library and never by a client.
    :raise OSError: If a folder cannot be created, or may belong to another user.
    """
    folder = private_root() / name
    _make(folder)
    return folder


def private_root() -> Path:
    """Return the folder that holds the private folders of this user. Create it if it does not exist.

    :raise OSError: See ``private_folder()``.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, "Private folders need the users and modes of Unix.")
    # Links above it belong to the administrator, such as /tmp itself on macOS.
    temporary = Path(tempfile.gettempdir()).resolve()
    mode = temporary.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise _refuse(temporary, "lets other users replace folders of this user: set its sticky bit (chmod +t)")
    root = temporary / f"routehandlers-{os.geteuid()}"
    _make(root)
    return root


def open_private_file(file: Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """Open a regular file of this user and return its descriptor. It is created with the mode 0600.

    :param file: A file in a private folder.
    :raise OSError: If it is missing and ``flags`` do not create it, or if it is something else.
    """
    # O_NONBLOCK: opening a named pipe would wait for its other end. It changes nothing for a regular file.
    descriptor = os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _refuse(file, "is not a regular file")
        _check(file, found)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _make(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise _refuse(folder, "is not a folder")
    _check(folder, found)


def _check(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise _refuse(path, f"belongs to the user {found.st_uid}, and this process runs as {os.geteuid()}")
    if found.st_mode & _FOR_OTHERS:
        raise _refuse(path, f"can be used by other users: its mode is {stat.S_IMODE(found.st_mode):04o}")


def _refuse(path: Path, reason: str) -> OSError:
    return PermissionError(errno.EPERM, f"The path {reason}. Remove it, or set TMPDIR to another folder", str(path))
