"""Open files of the cache's folder.

The cache opens regular files only. It never follows a link inside its folder, and never waits for a FIFO. The folder
itself may be a link that the user has made.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

# O_NONBLOCK has no effect on regular files. Without it, opening a FIFO waits for its other end.
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def open_regular(file: Path, flags: int) -> int:
    """Open a regular file and return its descriptor.

    :raise OSError: Also for a link, a FIFO, a device or a folder.
    """
    descriptor = os.open(file, flags | _SAFELY, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "This is not a regular file", str(file))
    return descriptor


def open_or_replace(file: Path, flags: int) -> int:
    """Open a regular file, after removing what has its name and is no regular file. The target of a link stays."""
    try:
        return open_regular(file, flags)
    except OSError:
        if not _is_foreign(file):
            raise
    file.unlink(missing_ok=True)
    return open_regular(file, flags)


def read_regular(file: Path, longest: int) -> bytes:
    """Return the content of a regular file.

    :raise OSError: Also if the file is longer than ``longest``.
    """
    descriptor = open_regular(file, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        if size > longest:
            raise OSError(errno.EFBIG, "This file is too long for an entry", str(file))
        return os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)


def create(file: Path, content: bytes) -> None:
    """Create a file. What has its name is removed: it is left from a process that died."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o666)
    except FileExistsError:
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o666)
    with os.fdopen(descriptor, "wb") as writer:
        writer.write(content)


def remove(file: Path) -> None:
    """Remove what has a name, if anything: also a folder. The target of a link stays."""
    try:
        file.unlink(missing_ok=True)
    except OSError:
        if file.is_symlink() or not file.is_dir():
            raise
        shutil.rmtree(file)


def replace(draft: Path, file: Path) -> None:
    """Give a file the name of another, which may be a folder."""
    try:
        draft.replace(file)
    except IsADirectoryError:
        remove(file)
        draft.replace(file)


def refuse_links(*folders: Path) -> None:
    """Raise an error if one of these folders is a link."""
    for folder in folders:
        if folder.is_symlink():
            raise OSError(errno.ELOOP, "The cache follows no links in its folder", str(folder))


def has_name(descriptor: int, file: Path) -> bool:
    """Return whether an open file still has its name."""
    try:
        named, opened = file.lstat(), os.fstat(descriptor)
    except OSError:
        return False
    return (named.st_ino, named.st_dev) == (opened.st_ino, opened.st_dev)


def _is_foreign(file: Path) -> bool:
    try:
        mode = file.lstat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
