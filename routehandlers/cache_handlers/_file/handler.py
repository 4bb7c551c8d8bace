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
import stat
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
from .own_files import create, read_regular, refuse_links, remove, replace
from .purge_log import PurgeLog

# Seconds that a write waits for other writes. After that, the entry is not stored.
_PATIENCE = 2.0

# Bytes of an entry beside its body: the longest key, tags and headers. A longer file is not one of the cache.
_MOST_BESIDE_BODY = 2**20

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
        self._longest = self.max_entry_size + _MOST_BESIDE_BODY
        self._log = PurgeLog(self.directory / "purges")

    @property
    def identity(self) -> str:
        return f"file {self.directory.resolve()}"

    def after_fork(self) -> None:
        close_held_files()
        self._log = PurgeLog(self.directory / "purges")

    # Entries ----------------------------------------------------------------

    def get(self, key: str) -> Entry | None:
        name = hash_key(key)
        for share in ("entries", "missing"):
            file = self._file(share, name)
            try:
                entry = decode_frame(self._read(file))
            except OSError:  # missing or unreadable; the next set() replaces it
                continue
            if entry is not None and entry.key == key:
                with suppress(OSError):
                    os.utime(file)  # marks it as used: the oldest files are evicted first
                return entry
        return None

    def _read(self, file: Path) -> bytes:
        refuse_links(file.parent.parent, file.parent)
        return read_regular(file, self._longest)

    def set(self, entry: Entry) -> None:
        share, other = ("missing", "entries") if entry.is_missing else ("entries", "missing")
        frame, name = encode_frame(entry), hash_key(entry.key)
        with locked(self.directory / "size", _PATIENCE) as sizes:
            self._remove(sizes, other, name)
            if len(frame) > min(self._limits[share], self._longest):
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
            probe.unlink(missing_ok=True)  # of a process that was killed
            probe.touch(exist_ok=False)
            skew = probe.lstat().st_mtime - time.time()
            probe.unlink(missing_ok=True)
        except OSError:  # the folder is read-only, as in an image that was built with its responses
            return 0.0
        return skew

    def entries(self) -> Iterator[Entry]:
        for share in self._limits:
            for found in self._files(share):
                file = Path(found.path)
                with suppress(OSError):
                    entry = decode_frame(self._read(file))
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
        """Bytes in use. Reads the size of each file. Files that are evicted meanwhile do not count."""
        size = 0
        for share in self._limits:
            for found in self._files(share):
                with suppress(FileNotFoundError):
                    size += found.stat(follow_symlinks=False).st_size
        return size

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

    def _files(self, share: str, *, with_drafts: bool = False) -> Iterator[os.DirEntry[str]]:
        """Iterate over the files of a share, without entering folders that are links."""
        folder = self.directory / share
        if folder.is_symlink():
            return
        for inner in _scan(folder):
            if inner.is_dir(follow_symlinks=False):
                for found in _scan(inner.path):
                    is_wanted = found.name.endswith(".entry") or with_drafts
                    if is_wanted and not found.is_dir(follow_symlinks=False):
                        yield found

    def _write(self, sizes: int, share: str, name: str, frame: bytes) -> None:
        file = self._file(share, name)
        refuse_links(file.parent.parent, file.parent)
        counted = _read_sizes(sizes)
        used = max(0, counted.get(share, 0) - self._size_of(file))
        if used + len(frame) > self._limits[share]:
            remove(file)
            used = self._evict(share, len(frame))
        # Count first: if the process dies before the write, the count is too high, and the next eviction corrects it.
        _write_sizes(sizes, {**counted, share: used + len(frame)})
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        try:
            create(draft, frame)
            replace(draft, file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _remove(self, sizes: int, share: str, name: str) -> None:
        file = self._file(share, name)
        if os.path.lexists(file) and not (file.parent.is_symlink() or file.parent.parent.is_symlink()):
            size = self._size_of(file)
            remove(file)
            counted = _read_sizes(sizes)
            _write_sizes(sizes, {**counted, share: max(0, counted.get(share, 0) - size)})

    def _size_of(self, file: Path) -> int:
        """Return the bytes that were counted for a file: none if it is not one of the cache."""
        try:
            found = file.lstat()
        except FileNotFoundError:
            return 0
        return found.st_size if stat.S_ISREG(found.st_mode) and found.st_size <= self._longest else 0

    def _evict(self, share: str, needed: int) -> int:
        """Remove the least recently used files, and return the bytes that are still in use."""
        found = []
        for entry in self._files(share, with_drafts=True):
            file = Path(entry.path)
            if file.suffix != ".entry":  # a draft of a process that died: this one holds the lock
                file.unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, file))
        used = sum(size for _, size, _ in found)
        aim = min(int(self._limits[share] * _LEFT), self._limits[share] - needed)
        for _, size, file in sorted(found, key=lambda item: item[0]):
            if used <= aim:
                break
            file.unlink(missing_ok=True)
            used -= size
        return used


def _scan(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read_sizes(descriptor: int) -> dict[str, int]:
    words = os.pread(descriptor, 200, 0).split()
    try:
        return {"entries": int(words[0]), "missing": int(words[1])}
    except (ValueError, IndexError):  # new or damaged: at worst too small until the next eviction counts
        return {}


def _write_sizes(descriptor: int, sizes: dict[str, int]) -> None:
    os.pwrite(descriptor, b"%20d %20d\n" % (sizes.get("entries", 0), sizes.get("missing", 0)), 0)
