"""``file:///path``: one file for each entry, shared by the workers of one machine.

::

    entries/ab/abc….entry     one frame each; the name is the hash of the key
    missing/ab/abc….entry     entries of 404 and 410, with a share of their own
    locks/abc….lock           held with flock() during a render; freed at once if the process is killed
    purges                    the log of purges
    size                      bytes of both shares, changed while holding its flock()
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from ..base import Lock
from ..clock import clock_skew
from ..entry import ENTRY_SHARE, MISSING_SHARE, Entry, hash_key
from ..frame import decode_frame, encode_frame
from ..purges import Purges
from .lock import FileLock, close_held_files, locked
from .purge_log import PurgeLog

# Seconds that a write waits for other writes. After that, the entry is not stored.
_PATIENCE = 2.0

# Part of the bytes that is still in use after an eviction. Evicting reads the size of all files, so free much at once.
_LEFT = 0.9


class FilesystemCacheHandler:
    """Storage in a folder.

    Files get the permissions of the process's umask. Do not let other users
    write to the folder: its files are sent to clients.

    :param directory: Used by the cache alone. Created if it does not exist.
    :param max_size: Maximum bytes of all entries.
    """

    is_shared = True

    def __init__(self, directory: str | os.PathLike[str], max_size: int = 2**30) -> None:
        self.directory = Path(directory).absolute()
        self.max_size = max_size
        self.max_entry_size = max_size // ENTRY_SHARE
        self._limits = {"missing": max_size // MISSING_SHARE}
        self._limits["entries"] = max_size - self._limits["missing"]
        self._log = PurgeLog(self.directory / "purges")

    def after_fork(self) -> None:
        close_held_files()
        self._log = PurgeLog(self.directory / "purges")

    # Entries ----------------------------------------------------------------

    def get(self, key: str) -> Entry | None:
        name = hash_key(key)
        for share in ("entries", "missing"):
            file = self._file(share, name)
            try:
                entry = decode_frame(file.read_bytes())
            except OSError:  # missing or unreadable; the next set() replaces it
                continue
            if entry is not None and entry.key == key:
                with suppress(OSError):
                    os.utime(file)  # marks it as used: the oldest files are evicted first
                return entry
        return None

    def set(self, entry: Entry) -> None:
        share, other = ("missing", "entries") if entry.is_missing else ("entries", "missing")
        frame, name = encode_frame(entry), hash_key(entry.key)
        with locked(self.directory / "size", _PATIENCE) as sizes:
            self._remove(sizes, other, name)
            if len(frame) > self._limits[share]:
                self._remove(sizes, share, name)
            else:
                self._write(sizes, share, name, frame)

    def delete(self, key: str) -> None:
        with locked(self.directory / "size", _PATIENCE) as sizes:
            for share in self._limits:
                self._remove(sizes, share, hash_key(key))

    def clock_skew(self) -> float:
        """Compare with the clock of the file system, which all processes that write into the folder share."""
        return clock_skew(str(self.directory), self._measure_skew)

    def _measure_skew(self) -> float:
        probe = self.directory / f"clock-{os.getpid()}-{threading.get_ident()}"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            probe.touch()
            skew = probe.stat().st_mtime - time.time()
            probe.unlink(missing_ok=True)
        except OSError:  # the folder is read-only, as in an image that was built with its responses
            return 0.0
        return skew

    def entries(self) -> Iterator[Entry]:
        for share in self._limits:
            for file in self._files(share):
                with suppress(FileNotFoundError):
                    entry = decode_frame(file.read_bytes())
                    if entry is not None and hash_key(entry.key) == file.stem:
                        yield entry

    def clear(self) -> None:
        self._log.restart()
        with locked(self.directory / "size", _PATIENCE) as sizes:
            for share in self._limits:
                shutil.rmtree(self.directory / share, ignore_errors=True)
            _write_sizes(sizes, {})

    @property
    def size(self) -> int:
        """Bytes in use. Reads the size of each file."""
        return sum(file.stat().st_size for share in self._limits for file in self._files(share))

    # Purges and locks -------------------------------------------------------

    def purges(self) -> Purges:
        return self._log.read()

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        return self._log.append(tags, until)

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:
        return FileLock(self.directory / "locks" / f"{hash_key(key)}.lock", timeout)

    # Files ------------------------------------------------------------------

    def _file(self, share: str, name: str) -> Path:
        return self.directory / share / name[:2] / f"{name}.entry"

    def _files(self, share: str) -> Iterator[Path]:
        return (self.directory / share).glob("*/*.entry")

    def _write(self, sizes: int, share: str, name: str, frame: bytes) -> None:
        file = self._file(share, name)
        counted = _read_sizes(sizes)
        used = counted.get(share, 0) - _size_of(file)
        if used + len(frame) > self._limits[share]:
            with suppress(FileNotFoundError):
                file.unlink()
            used = self._evict(share, len(frame))
        # Count first: if the process dies before the write, the count is too high, and the next eviction corrects it.
        _write_sizes(sizes, {**counted, share: used + len(frame)})
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        try:
            draft.write_bytes(frame)
            draft.replace(file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _remove(self, sizes: int, share: str, name: str) -> None:
        file = self._file(share, name)
        size = _size_of(file)
        if size:
            file.unlink(missing_ok=True)
            counted = _read_sizes(sizes)
            _write_sizes(sizes, {**counted, share: max(0, counted.get(share, 0) - size)})

    def _evict(self, share: str, needed: int) -> int:
        """Remove the least recently used files, and return the bytes that are still in use."""
        found = []
        for file in (self.directory / share).glob("*/*"):
            if file.suffix == ".draft":  # of a process that died: this one holds the lock
                file.unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):
                stat = file.stat()
                found.append((stat.st_mtime, stat.st_size, file))
        used = sum(size for _, size, _ in found)
        aim = min(int(self._limits[share] * _LEFT), self._limits[share] - needed)
        for _, size, file in sorted(found, key=lambda item: item[0]):
            if used <= aim:
                break
            file.unlink(missing_ok=True)
            used -= size
        return used


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _read_sizes(descriptor: int) -> dict[str, int]:
    words = os.pread(descriptor, 200, 0).split()
    try:
        return {"entries": int(words[0]), "missing": int(words[1])}
    except (ValueError, IndexError):  # new or damaged: at worst too small until the next eviction counts
        return {}


def _write_sizes(descriptor: int, sizes: dict[str, int]) -> None:
    os.pwrite(descriptor, b"%20d %20d\n" % (sizes.get("entries", 0), sizes.get("missing", 0)), 0)
