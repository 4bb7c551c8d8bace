"""Notice changes of files: in the folder of the routes, in Python modules, in settings and in extra files."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from glob import glob, has_magic
from pathlib import Path

# Private, but the only list of importable files that also has those whose import failed.
from werkzeug._reloader import _find_stat_paths

# Seconds between two scans of the files.
_PAUSE = 0.5

# The pause is at least this many times as long as a scan.
_RARELY = 5

# An editor, a formatter or "git checkout" changes several files. A change counts when nothing has changed for this
# many seconds, or at the latest after the second number.
_QUIET = 0.1
_LONGEST_UNREST = 2.0

# Files in the current folder that have settings.
_SETTINGS = ("pyproject.toml", ".env")

_IGNORED_FOLDERS = frozenset(
    "__pycache__ .git .hg .svn .jj .idea .vscode .venv .tox .nox .mypy_cache .pytest_cache .ruff_cache .hypothesis"
    " node_modules".split()
)

# Files that editors and file managers make beside the one that is edited, and files that programs write while they run.
_IGNORED_FILES = (
    "*.py[co]", "*~", "*.sw[a-p]", ".*.sw?", "*.swpx", ".#*", "#*#", "4913", "*.un~", "*.tmp", ".DS_Store", "._*",
    "*___jb_tmp___", "*___jb_old___", ".~lock.*#", ".goutputstream-*", ".fuse_hidden*", ".nfs*", "*.log",
    "*.db", "*.db-*", "*.sqlite", "*.sqlite-*", "*.sqlite3", "*.sqlite3-*",
)  # fmt: skip

Snapshot = dict[str, tuple[int, int] | None]


class Watch:
    """The files whose changes restart the server.

    :param extra_files: Further files, folders and patterns of ``glob``.
    :param exclude: Patterns of ``fnmatch`` for names or paths of files that do not count.
    """

    def __init__(self, extra_files: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._folders: list[Path] = []
        self._lock = threading.Lock()
        self._extra_files = tuple(extra_files)
        self._exclude = tuple(exclude)
        self._seen = self._snapshot()

    def add(self, folder: Path) -> None:
        """Watch a folder, too. All its files count, and so does the folder itself."""
        with self.adding(folder):
            pass

    @contextmanager
    def adding(self, folder: Path) -> Iterator[None]:
        """Watch a folder, too. Changes in it that the block makes do not count."""
        with self._lock:
            yield
            if folder not in self._folders:
                self._folders.append(folder)
            self._seen.update(self._states(_tree(folder)))

    def wait(self) -> list[str]:
        """Wait for a change, and return the files and folders that changed."""
        pause = _PAUSE
        while True:
            time.sleep(pause)
            begin = time.monotonic()
            with self._lock:
                changed = self._changed()
            if changed:
                return changed
            # A scan of many files must not keep a processor busy.
            pause = max(_PAUSE, _RARELY * (time.monotonic() - begin))

    def _changed(self) -> list[str]:
        now = self._snapshot()
        self._learn(now)
        if now == self._seen:
            return []
        now = self._when_quiet(now)
        # The files may be as they were before, for example after "mv app app2 && mv app2 app".
        changed = _difference(self._seen, now)
        self._seen = now
        return changed

    def _learn(self, now: Snapshot) -> None:
        """Take note of files whose modules were imported late. They are new to the watch, and not to the disk."""
        if now.keys() <= self._seen.keys():
            return
        imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        self._seen.update({path: now[path] for path in (now.keys() - self._seen.keys()) & imported})

    def _when_quiet(self, before: Snapshot) -> Snapshot:
        end = time.monotonic() + _LONGEST_UNREST
        while True:
            time.sleep(_QUIET)
            now = self._snapshot()
            if now == before or time.monotonic() > end:
                return now
            before = now

    def _snapshot(self) -> Snapshot:
        return self._states(self._paths())

    def _states(self, paths: Iterable[str]) -> Snapshot:
        """Return the time of the last change and the size of each file, and ``None`` for each folder."""
        found: Snapshot = {}
        for path in paths:
            if path in found or self._is_excluded(path):
                continue
            try:
                state = os.stat(path)  # noqa: PTH116  # a Path for each of many files takes as long as the call
            except OSError:  # the file was removed after the listing
                continue
            found[path] = None if os.path.isdir(path) else (state.st_mtime_ns, state.st_size)  # noqa: PTH112
        return found

    def _paths(self) -> Iterator[str]:
        for folder in self._folders:
            yield from _tree(folder)
        yield from (str(Path.cwd() / name) for name in _SETTINGS)
        yield from _find_stat_paths(set(), set())
        for extra in self._extra_files:
            # "app/[slug]/page.html" is a file, and also a pattern that does not match itself.
            matches = [extra] if os.path.exists(extra) or not has_magic(extra) else glob(extra, recursive=True)  # noqa: PTH110, PTH207
            for match in matches:
                path = Path(match).absolute()
                yield from _tree(path) if path.is_dir() else (str(path),)

    def _is_excluded(self, path: str) -> bool:
        name = os.path.basename(path)  # noqa: PTH119
        return any(fnmatch(path, pattern) or fnmatch(name, pattern) for pattern in self._exclude)


def _tree(top: Path) -> Iterator[str]:
    """Yield a folder, and the files and folders in it."""
    if not top.is_dir():
        return
    entered: set[str] = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:  # a link to a folder above
            folders.clear()
            continue
        entered.add(real)
        folders[:] = [name for name in folders if name not in _IGNORED_FOLDERS]
        yield folder
        for name in files:
            if not any(fnmatch(name, pattern) for pattern in _IGNORED_FILES):
                yield os.path.join(folder, name)  # noqa: PTH118


def _difference(before: Snapshot, now: Snapshot) -> list[str]:
    """Return the paths that differ in two snapshots. A folder that was removed or added stands before its files."""
    paths = sorted({**before, **now})
    return [path for path in paths if before.get(path, ()) != now.get(path, ())]
