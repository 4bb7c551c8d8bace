"""Try to lock an open file or folder with ``flock()``."""

from __future__ import annotations

import errno
import sys

if sys.platform != "win32":
    import fcntl


def try_lock(descriptor: int, *, is_shared: bool = False) -> bool:
    """Lock an open file. Return false if another process holds a lock that excludes this one.

    :param is_shared: Whether others may hold a shared lock at the same time.
    :raise OSError: If the file system has no locks, as on Windows.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, "Windows has no flock()")
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
