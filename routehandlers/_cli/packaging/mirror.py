"""Mirror a tree under names that are identifiers, for programs that accept no others.

Each character that is not allowed in a Python identifier is written as a letter
of Linear A: ``[slug]`` needs two of them. That script is undeciphered, so no
source file or message contains its letters. They can therefore be translated
back one by one in the output of a program, in paths and in names of modules.
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
# One letter stands for each ASCII character. Any other character is written as the hexadecimal digits of its code
# point, with one letter per digit.
_ASCII = 0x10600
_DIGITS = 0x10700
_DIGITS_OF_ONE = 6
_MADE_UP = re.compile("[\U00010600-\U0001067f]|[\U00010700-\U0001070f]{6}")
# The same letters as json.dumps() escapes them.
_MADE_UP_IN_JSON = re.compile(r"\\ud801\\ude[0-7][0-9a-f]|(?:\\ud801\\udf0[0-9a-f]){6}")

_SUFFIXES = {".py", ".pyi"}


def identifier(name: str) -> str:
    """Convert a name to an identifier: ``café`` stays as it is, and ``[slug]`` changes."""
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

    :param root: The folder of the mirror. Module names begin below it.
    :param base: The folder that ``root`` mirrors.
    :param top: The mirror of the tree, below ``root``.
    :param app: The tree, which ``top`` mirrors.
    :param modules: The Python files in the mirror, without those that have a stub (``.pyi``) beside them.
    """

    root: Path
    base: Path
    top: Path
    app: Path
    modules: tuple[Path, ...]

    def real_names(self, line: str) -> str:
        """Replace the paths and names of the mirror in a line of output by those of the tree."""
        for made_up, real in self._prefixes():
            line = line.replace(made_up, real).replace(_quoted(made_up), _quoted(real))
        return _MADE_UP_IN_JSON.sub(_read_in_json, _MADE_UP.sub(_read, line))

    def _prefixes(self) -> Iterator[tuple[str, str]]:
        for made_up, real in ((self.top, self.app), (self.root, self.base)):
            yield f"{made_up}{os.sep}", f"{real}{os.sep}"
            if self.root.is_relative_to(Path.cwd()):
                yield f"{os.path.relpath(made_up)}{os.sep}", _relative(real)


def _relative(folder: Path) -> str:
    """Return the prefix of a folder's files relative to the current folder."""
    relative = os.path.relpath(folder)
    return "" if relative == os.curdir else f"{relative}{os.sep}"


def make_mirror(root: Path, app: Path, base: Path) -> Mirror:
    """Make a mirror of a tree, or update the existing one.

    :param root: A folder for the mirror alone.
    :param app: The tree.
    :param base: A folder above the tree. The mirror has the folders in between, without their files.
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
    """Return the name of a file in the mirror.

    If a folder beside it has the same name, the folder keeps the name and the file gets another one, as in the
    application.
    """
    first = _written(file.stem[0]) if file.with_suffix("").is_dir() else identifier(file.stem[0])
    return first + identifier(f"a{file.stem[1:]}")[1:] + file.suffix


def _remove_others(root: Path, links: dict[Path, Path]) -> None:
    """Remove stale files and folders. Another command may do the same at the same time."""
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
    except OSError:  # Windows, where only administrators may create links
        shutil.copy2(file, link)
