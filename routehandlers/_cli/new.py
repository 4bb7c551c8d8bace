"""``routehandlers new NAME``: make a new application that runs."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import loading
from .starter import KEPT, starter_files

# Beginnings of the names of files that a repository may have before its application.
_ABOUT_A_REPOSITORY = (
    "authors",
    "changelog",
    "changes",
    "contributing",
    "copying",
    "licence",
    "license",
    "notice",
    "readme",
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "new",
        help="make an application that runs",
        description="Make an application that runs, with a test and a pyproject.toml. The folder may exist if it has no"
        " code yet: files such as .git, .venv, README and LICENSE may be there. No file is overwritten.",
        epilog="example: routehandlers new .",
    )
    parser.add_argument("name", help="the folder to make, or a dot for the current folder")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    folder = Path(options.name)
    _check(folder)
    kept = [name for name in sorted(KEPT) if (folder / name).exists()]
    texts = starter_files(folder.resolve().name)
    try:
        _write(folder, {name: text for name, text in texts.items() if name not in kept})
    except OSError as error:
        loading.fail(f"{error.filename or folder} cannot be written: {error.strerror or error}.")
    if kept:
        print(f"Kept {' and '.join(kept)}.")
    is_here = folder.resolve() == Path.cwd()
    print(f"Made an application in {folder.resolve() if is_here else folder}. Next:")
    if not is_here:
        print(f"  cd {shlex.quote(str(folder))}")
    if find_spec("pydantic") is None:
        print("  pip install -e .   # pydantic, which checks the inputs, and gunicorn")
    print("  routehandlers dev")


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _check(folder: Path) -> None:
    """Fail unless the folder can be made, or has no files of an application."""
    if not folder.exists():
        if not re.fullmatch(r"[\w.\-]+", folder.name):
            loading.fail(f"{folder.name!r} is not a valid name. Use letters, digits, '.', '-' and '_'.")
        return
    if not folder.is_dir():
        loading.fail(f"{folder} exists already, and is not a folder. Choose another name.")
    in_the_way = sorted(entry.name for entry in folder.iterdir() if not _may_stay(entry))
    if in_the_way:
        more = f" and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""
        loading.fail(
            f"{folder / in_the_way[0]} exists already{more}, and nothing is overwritten. Choose another folder, or move"
            " it away first."
        )


def _may_stay(entry: Path) -> bool:
    """Return whether an entry of the folder is no part of an application."""
    name = entry.name.lower()
    return name.startswith((".", *_ABOUT_A_REPOSITORY)) or (entry / "pyvenv.cfg").is_file()
