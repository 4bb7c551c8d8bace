"""Compare a wheel with the tree that it was built from."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path

from .files import files_below

# Files that no server needs. A handler may read any other file.
_NOT_NEEDED = (".*", "*.py[co]", "*~", "test_*.py", "*_test.py", "conftest.py")


@dataclass(frozen=True)
class Comparison:
    """Differences between a tree and a wheel.

    :param place: The folder of the wheel that holds the tree, such as ``shop/app``, or ``None``.
    :param count: Number of files that should be in the wheel.
    :param missing: Files of the tree that are not in the wheel.
    :param different: Files of the tree whose contents differ in the wheel.
    :param extra: Names in the wheel that are not in the tree.
    """

    wheel: Path
    app: Path
    place: str | None
    count: int
    missing: tuple[Path, ...] = ()
    different: tuple[Path, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.different or self.extra)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.is_equal:
            yield f"{self.wheel} holds all {self.count} files, in {self.place}."
        elif self.place is None:
            yield f"{self.wheel} contains no folder with files of {self.app}."
        else:
            yield f"{self.wheel} differs from {self.app}, which it contains as {self.place}."
        yield from _listed("Not in the wheel:", (file.as_posix() for file in self.missing))
        yield from _listed("Different in the wheel; build it again:", (file.as_posix() for file in self.different))
        yield from _listed("Only in the wheel; remove build/, which keeps files of earlier builds:", self.extra)
        if self.missing:
            yield "With setuptools, these lines of MANIFEST.in add all files of a folder inside a package:"
            yield from (f"  graft {folder.as_posix()}" for folder in dict.fromkeys(map(self._folder_of, self.missing)))
            yield "Other build backends include every file of a package: move the folder into a package."

    def _folder_of(self, file: Path) -> Path:
        return self.app if file.is_relative_to(self.app) else _public(self.app)


def _listed(title: str, names: Iterable[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        yield from [f"  {name}"] if place else [title, f"  {name}"]


def compare_with_wheel(app: Path, wheel: Path) -> Comparison:
    """Compare every file of a tree that a server may need with the files of a wheel.

    This includes a folder ``public`` beside the tree if both lie in a package.
    """
    files = _needed_files(app)
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and _is_needed(name)]
        place = _find_place(names, files, app)
        if place is None:
            return Comparison(wheel, app, None, len(files), missing=tuple(files.values()))

        package, public = place.rpartition("/")[0], _public(app)
        wanted = {f"{place}/{name}": file for name, file in files.items()}
        folders = [f"{place}/"]
        if package and public.is_dir():
            wanted |= {f"{package}/public/{name}": file for name, file in _needed_files(public).items()}
            folders.append(f"{package}/public/")
        found = {name: archive.read(name) for name in names if name.startswith(tuple(folders))}
    return Comparison(
        wheel,
        app,
        place,
        len(wanted),
        tuple(file for name, file in wanted.items() if name not in found),
        tuple(file for name, file in wanted.items() if name in found and found[name] != file.read_bytes()),
        tuple(sorted(set(found) - set(wanted))),
    )


def _public(app: Path) -> Path:
    return Path(os.path.normpath(app / ".." / "public"))


def _needed_files(folder: Path) -> dict[str, Path]:
    return {"/".join(names): folder.joinpath(*names) for names in files_below(folder) if _is_needed(names[-1])}


def _is_needed(name: str) -> bool:
    return not any(fnmatchcase(name.rpartition("/")[2], pattern) for pattern in _NOT_NEEDED)


def _find_place(names: Iterable[str], files: Iterable[str], app: Path) -> str | None:
    """Return the folder of a wheel with the most files of a tree. Between equals, the most similar path wins."""
    by_last_name: dict[str, list[str]] = {}
    for file in files:
        by_last_name.setdefault(file.rpartition("/")[2], []).append(file)
    places = Counter(
        name.removesuffix(f"/{file}")
        for name in names
        for file in by_last_name.get(name.rpartition("/")[2], ())
        if name.endswith(f"/{file}")
    )
    return max(places, key=lambda place: (places[place], _likeness(place, app.absolute()), place), default=None)


def _likeness(place: str, app: Path) -> int:
    """Count the last folders that have the same names."""
    pairs = zip(reversed(place.split("/")), reversed(app.parts), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
