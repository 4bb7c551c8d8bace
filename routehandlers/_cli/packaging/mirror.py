"""The tree under names that are identifiers, for programs that know no others.

Every character that cannot be part of a name in Python is written as a letter
of Linear A, ``[slug]`` with two of them. That script has not been deciphered,
so that no source or message holds a letter of it, and what a program prints is
read back letter by letter, in paths as in the names of modules.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .files import files_below

# U+10600 to U+10736 are letters without a gap: https://www.unicode.org/charts/PDF/U10600.pdf
# One for each character of ASCII, and then one for each hexadecimal digit of any other character's number.
_ASCII = 0x10600
_DIGITS = 0x10700
_DIGITS_OF_ONE = 6
_MADE_UP = re.compile("[\U00010600-\U0001067f]|[\U00010700-\U0001070f]{6}")
# The same as json.dumps() writes them.
_MADE_UP_IN_JSON = re.compile(r"\\ud801\\ude[0-7][0-9a-f]|(?:\\ud801\\udf0[0-9a-f]){6}")

_SUFFIXES = {".py", ".pyi"}


def identifier(name: str) -> str:
    """A name as one that Python could import: ``café`` stays, and ``[slug]`` becomes another."""
    return "".join(
        letter if (f"a{letter}" if place else letter).isidentifier() else _written(letter)
        for place, letter in enumerate(name)
    )


def _written(character: str) -> str:
    number = ord(character)
    if number < 0x80:
        return chr(_ASCII + number)
    return "".join(chr(_DIGITS + int(digit, 16)) for digit in f"{number:0{_DIGITS_OF_ONE}x}")


def _read(match: re.Match[str]) -> str:
    written = match[0]
    if len(written) == 1:
        return chr(ord(written) - _ASCII)
    return chr(int("".join(f"{ord(letter) - _DIGITS:x}" for letter in written), 16))


def _read_in_json(match: re.Match[str]) -> str:
    return _quoted(_MADE_UP.sub(_read, json.loads(f'"{match[0]}"')))


def _quoted(text: str) -> str:
    return json.dumps(text)[1:-1]


@dataclass(frozen=True)
class Mirror:
    """A folder of links to the files of a tree.

    :param root: Where it is. Names of modules begin below it.
    :param base: The folder that it stands for.
    :param top: Where in it the tree begins.
    :param app: The folder that this stands for.
    :param modules: Its Python files, but for those that a stub beside them speaks for.
    """

    root: Path
    base: Path
    top: Path
    app: Path
    modules: tuple[Path, ...]

    def real_names(self, line: str) -> str:
        """What a program printed of the mirror, as if it had been about the tree."""
        for made_up, real in self._prefixes():
            line = line.replace(made_up, real).replace(_quoted(made_up), _quoted(real))
        return _MADE_UP_IN_JSON.sub(_read_in_json, _MADE_UP.sub(_read, line))

    def _prefixes(self) -> Iterator[tuple[str, str]]:
        for made_up, real in ((self.top, self.app), (self.root, self.base)):
            yield f"{made_up}{os.sep}", f"{real}{os.sep}"
            if self.root.is_relative_to(Path.cwd()):
                yield f"{os.path.relpath(made_up)}{os.sep}", _relative(real)


def _relative(folder: Path) -> str:
    """What the names of files in a folder begin with, as seen from the current one."""
    relative = os.path.relpath(folder)
    return "" if relative == os.curdir else f"{relative}{os.sep}"


def make_mirror(root: Path, app: Path, base: Path) -> Mirror:
    """Make a mirror of a tree, or bring the one of the last time up to date.

    :param root: A folder that holds nothing else.
    :param app: The tree.
    :param base: A folder above it. Of the packages in between the mirror has the folders only.
    """
    links: dict[Path, Path] = {}
    top = root.joinpath(*map(identifier, app.relative_to(base).parts))
    for names in files_below(app):
        file = app.joinpath(*names)
        if file.suffix in _SUFFIXES:
            links[top.joinpath(*map(identifier, names[:-1]), _file_name(file))] = file
    _remove_others(root, links)
    for link, target in links.items():
        _link(link, target)
    return Mirror(
        root,
        base,
        top,
        app,
        tuple(path for path in links if path.suffix == ".pyi" or path.with_suffix(".pyi") not in links),
    )


def _file_name(file: Path) -> str:
    """A file beside a folder of its name is another module, as it is for the application: the folder has the name."""
    first = _written(file.stem[0]) if file.with_suffix("").is_dir() else identifier(file.stem[0])
    return first + identifier(f"a{file.stem[1:]}")[1:] + file.suffix


def _remove_others(root: Path, links: dict[Path, Path]) -> None:
    """Two commands may be here at once, so that what is gone already is no surprise."""
    wanted = {folder for link in links for folder in link.parents}
    for folder, folders, files in os.walk(root, topdown=False):
        for file in (Path(folder, name) for name in files):
            if links.get(file) is None or not file.is_symlink() or file.readlink() != links[file]:
                with suppress(FileNotFoundError):
                    file.unlink()
        for gone in {Path(folder, name) for name in folders} - wanted:
            with suppress(FileNotFoundError):
                gone.rmdir()


def _link(link: Path, file: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(file)
    except FileExistsError:
        pass
    except OSError:  # Windows, where links are for administrators
        shutil.copy2(file, link)
