"""Purges that processes owe to a storage, on the disk of this machine.

Each process has a file of its own, which it creates when the storage does not
accept a purge, and holds its ``flock()``. The lock of a process that has ended
is free: the next process takes the file over and sends its purges.

::

    {"tags": ["posts"], "until": 0.0}      one line for each purge

A file that is empty, cut or damaged means that everything is to be purged.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import math
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..cache_handlers._workers.private_folder import PASSING, open_private_file, private_folder, private_root
from ..cache_handlers.flock import try_lock

logger = logging.getLogger("routehandlers")

# Maximum bytes of a file. Beyond them, everything is purged.
_LONGEST = 2**20

_SUFFIX = ".purges"

# Stands for the size of a file that cannot be read.
_UNREADABLE = -1

# Tries to create a file, while another process that starts takes it for a file that was left.
_MOST_TRIES = 20


@dataclass(frozen=True, eq=False)
class Purge:
    """A purge that is owed.

    :param tags: Its tags; ``None`` for all entries.
    """

    tags: tuple[str, ...] | None
    until: float | None = 0.0


@dataclass(frozen=True)
class _File:
    path: Path
    descriptor: int


class Spool:
    """The purges that processes of this user owe to one storage.

    :param owner: Text that tells the storage from others. Only its hash is used.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._name = f"owed-{hashlib.sha256(owner.encode(errors='surrogatepass')).hexdigest()[:32]}"
        self._own: _File | None = None
        self._taken_over: list[_File] = []
        # Sizes of the files of running processes, as far as they have been read.
        self._read: dict[str, int] = {}
        # Read, and not returned yet: reading another file has failed.
        self._found: list[Purge] = []
        self._is_everything = False
        self._has_failed = False

    def after_fork(self) -> Spool:
        """Return the spool of a forked child. The files stay the parent's."""
        for file in [*self._taken_over, *([self._own] if self._own is not None else [])]:
            with suppress(OSError):
                os.close(file.descriptor)  # without unlocking it, which would unlock the parent's copy
        self._own, self._taken_over = None, []
        return Spool(self._owner)

    def write(self, owed: list[Purge]) -> None:
        """Add the last of the purges that this process owes, or all of them if there is no file yet.

        There is none for earlier ones if it could not be created, or if the parent process has it.
        """
        new = owed[-1:]
        if self._own is None:
            new = owed
            try:
                self._own = self._create()
            except OSError as error:
                if not self._has_failed:
                    logger.error("Purges that the cache storage has not accepted are lost at a restart: %s", error)
                self._has_failed = True
                return
            self._is_everything = False
        if not self._is_everything:
            lines = b"".join(map(_encode, new))
            if any(purge.tags is None for purge in new) or not self._append(self._own.descriptor, lines):
                self._is_everything = True
                os.ftruncate(self._own.descriptor, 0)  # needs no space on the disk

    @staticmethod
    def _append(descriptor: int, lines: bytes) -> bool:
        try:
            return os.fstat(descriptor).st_size + len(lines) <= _LONGEST and os.write(descriptor, lines) == len(lines)
        except OSError:  # the disk is full
            return False

    def clear(self) -> None:
        """Remove the files of this process and those that it has taken over: all of their purges were accepted."""
        files = [*self._taken_over, *([self._own] if self._own is not None else [])]
        self._own, self._taken_over = None, []
        for file in files:
            with suppress(OSError):
                file.path.unlink(missing_ok=True)
            os.close(file.descriptor)
        if files:
            with suppress(OSError):  # other processes have files in it
                files[0].path.parent.rmdir()

    def read_others(self) -> list[Purge]:
        """Return the purges of other processes that were not read before. Take over the files of those that ended.

        :raise OSError: If it is unknown what they owe, for example because this process has too many open files.
        """
        known = {file.path for file in [*self._taken_over, *([self._own] if self._own is not None else [])]}
        try:
            folder = private_root() / self._name
            files = sorted(_names_in(private_folder(self._name))) if folder.exists() else []
        except OSError as error:
            if error.errno in PASSING:
                raise
            return []  # there is no folder in which a process can have written
        names = {file.name for file in files}
        self._read = {name: size for name, size in self._read.items() if name in names}
        for file in files:
            if file not in known:
                self._found += self._read_file(file)
        found, self._found = self._found, []
        return found

    def _read_file(self, path: Path) -> list[Purge]:
        try:
            descriptor = open_private_file(path, os.O_RDWR)
        except FileNotFoundError:  # its owner has just removed it
            return []
        except OSError as error:
            if error.errno in PASSING:
                raise
            # It cannot be read, so it may owe anything. Purge everything, once.
            is_known, self._read[path.name] = path.name in self._read, _UNREADABLE
            return [] if is_known else [Purge(None)]
        is_taken_over = False
        try:
            size = os.fstat(descriptor).st_size
            with suppress(OSError):  # without flock(), it is left where it is
                is_taken_over = _lock(descriptor, path)
            # The process of an empty file will soon write a line, or purges everything itself.
            if not is_taken_over and (not size or self._read.get(path.name) == size):
                return []
            self._read[path.name] = size
            return _decode(os.pread(descriptor, _LONGEST + 1, 0))
        finally:
            if is_taken_over:
                self._taken_over.append(_File(path, descriptor))
            else:
                os.close(descriptor)

    def _create(self) -> _File:
        for _ in range(_MOST_TRIES):
            with suppress(FileNotFoundError):  # another process has just removed the empty folder
                path = private_folder(self._name) / f"{secrets.token_hex(8)}{_SUFFIX}"
                descriptor = open_private_file(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND)
                try:
                    if _lock(descriptor, path):
                        return _File(path, descriptor)
                except OSError:  # a file system without flock(): the file would look like one of a running process
                    path.unlink(missing_ok=True)
                    os.close(descriptor)
                    raise
                os.close(descriptor)
        raise OSError(errno.EAGAIN, "Other processes have taken over each file before it was locked", self._name)


def _lock(descriptor: int, path: Path) -> bool:
    """Lock a file, unless another process has locked or removed it."""
    try:
        return try_lock(descriptor) and os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _names_in(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if file.suffix == _SUFFIX]


def _encode(purge: Purge) -> bytes:
    return json.dumps({"tags": purge.tags, "until": purge.until}).encode() + b"\n"


def _decode(data: bytes) -> list[Purge]:
    try:
        if len(data) > _LONGEST:
            raise ValueError("too long")
        return [_decode_line(line) for line in data.removesuffix(b"\n").split(b"\n")]
    except Exception:  # empty, cut or damaged in any way
        return [Purge(None)]


def _decode_line(line: bytes) -> Purge:
    record = json.loads(line)
    tags, until = record["tags"], record["until"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError(line)
    if until is not None and not (isinstance(until, float) and math.isfinite(until)):
        raise ValueError(line)
    return Purge(tuple(tags), until)
