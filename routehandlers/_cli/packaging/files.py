"""List the files below a folder, whatever the names of its folders are.

Globs read brackets as character classes, and checkers and packaging tools skip
folders whose names are not Python identifiers. This module does neither.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# Folders that tools create. ".well-known" is a normal folder.
_LEFT_BEHIND = re.compile(r"__pycache__|node_modules|\.git|\..+_cache")


def files_below(root: Path) -> Iterator[tuple[str, ...]]:
    """Yield each file as the tuple of names from a folder down to it, in order.

    Links are followed as in the search for routes: not out of the folder, and not upwards.
    """
    yield from _walk(root, root.resolve(), ())


def _walk(folder: Path, real_root: Path, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    with os.scandir(folder) as entries:
        listing = sorted(entries, key=lambda entry: entry.name)
    for entry in listing:
        path = folder / entry.name
        if entry.is_file():
            yield (*names, entry.name)
        elif entry.is_dir() and not _LEFT_BEHIND.fullmatch(entry.name) and _stays_inside(path, real_root):
            yield from _walk(path, real_root, (*names, entry.name))


def _stays_inside(folder: Path, real_root: Path) -> bool:
    if not folder.is_symlink():
        return True
    target = folder.resolve()
    return target.is_relative_to(real_root) and not folder.parent.resolve().is_relative_to(target)
