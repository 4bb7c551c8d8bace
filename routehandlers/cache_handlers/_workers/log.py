"""The log of a family's purges, in parts of limited size.

The number of a purge is the position at which its line ends, counted from the
first line of the first part. A part is named by the position at which it starts.
Entries never outlive their process, so a process reads only what comes after
its start, and one that has missed a whole part drops its entries.

::

    purges-0          {"application": "5a…", "tags": ["posts"], "until": 0.0, "at": 1795444978.2}
    purges-1048601    …
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from ..purges import Purges
from .board import At
from .place import Place
from .private_folder import open_private_file

# Bytes after which a part is complete.
_LONGEST = 2**20


class Log:
    """Purges of one application.

    :param place: The place of its family, whose applications all write into one log.
    """

    def __init__(self, place: Place, application: str) -> None:
        self._folder = place.folder
        self._board, self._numbers = place.board, place.board.numbers
        self._application = application
        self._position = 0
        self._part = 0
        self._epoch = -1
        self._purges = Purges()

    def read(self) -> Purges:
        """Return all purges so far. One thread at a time may call it.

        :raise OSError: If a part cannot be read.
        """
        numbers = self._numbers
        epoch, end = numbers[At.EPOCH], numbers[At.END]
        if epoch != self._epoch:
            self._start(epoch, end)
        while self._position < end or self._part != numbers[At.BASE]:
            base = numbers[At.BASE]  # after ``end``: the part from there on includes it, or an earlier one does
            self._read_part()
            if self._part != base:
                self._skip_to(base)
            elif self._position < end:
                # It was removed or damaged by hand.
                self._purges.raise_floor(end)
                self._position = end
        return self._purges

    def append(self, tags: Iterable[str], until: float | None) -> int:
        """Append a purge and return its number. Several threads may call it.

        :raise OSError: If it cannot be written.
        :raise StorageError: If another process did not finish its own purge in time.
        """
        record = {"application": self._application, "tags": list(tags), "until": until, "at": time.time()}
        line = json.dumps(record).encode() + b"\n"
        with self._board.locked():
            try:
                number = self._append(line)
            except OSError:
                self._complete(self._numbers[At.END])  # the next purge tries another part
                raise
            self._numbers[At.END] = number
            if number - self._numbers[At.BASE] > _LONGEST:
                self._complete(number)
            # Last: a process that sees the new version must also see the purge.
            self._numbers[At.VERSION] = number
        return number

    def _append(self, line: bytes) -> int:
        descriptor = self._open(self._numbers[At.BASE], os.O_RDWR | os.O_CREAT)
        try:
            base, size = self._numbers[At.BASE], os.fstat(descriptor).st_size
            if base + size < self._numbers[At.END]:
                raise OSError(errno.EIO, "The log of purges has lost its end", str(self._folder))
            # A process that was killed may have left half a line.
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            if os.pwrite(descriptor, line, size) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, "The purge was written only in part", str(self._folder))
        finally:
            os.close(descriptor)
        return int(base + size + len(line))

    def _start(self, epoch: int, end: int) -> None:
        """Begin at the present end of the log: there are no entries from before that could be served."""
        self._epoch = epoch
        self._part = self._numbers[At.BASE]
        self._position = max(end, self._part)
        # Its name is of this object alone: a render that started before this process joined again must not be stored.
        self._purges = Purges()
        self._purges.raise_floor(self._position)

    def _skip_to(self, base: int) -> None:
        if self._position != base:  # a part between them has been removed
            self._purges.raise_floor(base)
            self._position = base
        self._part = base

    def _read_part(self) -> None:
        try:
            descriptor = self._open(self._part, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            length = self._part + os.fstat(descriptor).st_size - self._position
            data = os.pread(descriptor, length, self._position - self._part) if length > 0 else b""
        finally:
            os.close(descriptor)
        # Half a line at the end is being written.
        for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            self._position += len(line)
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            if record["application"] != self._application:
                return
            until = record["until"]
            self._purges.apply(self._position, list(record["tags"]), until, float(record["at"]))
        except Exception:  # damaged in any way
            # It may have been a purge of any tag: all older entries are gone.
            self._purges.raise_floor(self._position)

    def _complete(self, end: int) -> None:
        """Let the next part start at ``end``. The present one stays for processes that have not read it yet."""
        present = self._file(self._numbers[At.BASE])
        for file in self._folder.glob("purges-*"):
            if file != present:
                file.unlink(missing_ok=True)
        self._numbers[At.BASE] = end

    def _file(self, part: int) -> Path:
        return self._folder / f"purges-{part}"

    def _open(self, part: int, flags: int) -> int:
        return open_private_file(self._file(part), flags)
