"""Which processes belong together: the workers of one server that serve one folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

# First part of the name of each family's folder.
PREFIX = "workers-"

# Change it with the files of a family: after an upgrade, a server may reload with workers of both versions.
_LAYOUT = b"1"


class Family(NamedTuple):
    """Processes of one server that serve the same application.

    :ivar name: Identifies the processes. It names their folder.
    :ivar application: Identifies the application among others in the same processes.
    """

    name: str
    application: str


def family_of(directory: Path) -> Family:
    """Return the family of this process for an application.

    It is the same in all processes that the same parent started. Take it when the application is made:
    a process that is forked later then belongs to the family of its parent.

    :param directory: The folder of the application.
    """
    parent = os.getppid()
    name = PREFIX + _hash(_LAYOUT, b"%d" % parent, _start_of(parent))
    return Family(name, _hash(os.fsencode(directory.resolve())))


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _start_of(process: int) -> bytes:
    """Return the start time of a process, because numbers of processes are used again. Empty where it is unknown."""
    try:
        # Field 22 of Linux's stat. The second field is a name in parentheses, which may contain anything.
        # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[19]
    except (OSError, IndexError):
        return b""
