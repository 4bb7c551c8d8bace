"""``routehandlers typegen``: write a module that describes the routes to type checkers.

It reads folder names and imports no file of the user, so a mistake in one file
does not affect the types of the others.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any, NoReturn

from .._routing.conflicts import find_conflicts
from .._routing.converters import find_unknown_converters
from .._routing.tree import RouteTree, scan
from .._settings.pyproject import read_settings
from .._typegen.module import MARK, generate
from ..config import make_config
from ..exceptions import InvalidAppError, RouteHandlersError
from . import loading

# Inside the tree, so that route modules can import it relatively. The underscore keeps it out of the URLs.
FILE = "_routes.py"

_OUTDATED = 1


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "typegen",
        help="write types of the routes, for mypy and pyright",
        description="Write a module with the patterns of all routes, their params, and href(). Afterwards, dev and"
        " build keep it up to date.",
        allow_abbrev=False,
    )
    loading.add_directory(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"the module to write (default: {FILE} in the folder)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with status 1 if the module is out of date"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    directory: Path = options.directory
    file: Path = options.output if options.output is not None else directory / FILE
    tree = _scan(directory)
    for problem in find_unknown_converters(tree.routes, {}):
        print(f"routehandlers: {problem}\nIts values are Any until then.", file=sys.stderr)
    text = _generate(tree)
    try:
        written = _read(file)
        if written and not written.startswith(MARK):
            loading.fail(f"{file} was not written by typegen. Name another file with --output, or remove it first.")
        if options.check and written != text:
            _outdated(options, file, "does not exist" if written is None else "is out of date")
        if written == text:
            print(f"{file} is up to date.")
            return
        _write(file, text)
    except (OSError, UnicodeDecodeError) as error:
        loading.fail(f"{file} cannot be written: {getattr(error, 'strerror', None) or error}.")
    print(f"Wrote {file}: {len(tree.routes)} route{'s' if len(tree.routes) != 1 else ''}.")


def refresh(directory: Path) -> None:
    """Update the module of a folder if it has one. Loading the application reports the mistakes in the folder."""
    file = directory / FILE
    try:
        written = _read(file)
        if written is None or not written.startswith(MARK):
            return
        tree = _scan(directory)
        # Custom converters are known in Python only, so route_types() of routehandlers.inspect wrote this module.
        if not find_unknown_converters(tree.routes, {}) and (text := _generate(tree)) != written:
            _write(file, text)
    except RouteHandlersError:
        return
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"routehandlers: {file} could not be updated: {reason}.", file=sys.stderr)


def _scan(directory: Path) -> RouteTree:
    """Return the routes of a folder.

    :raise InvalidAppError: If folder names are invalid or routes conflict.
    """
    tree = scan(directory.absolute())
    # The URLs of a metadata file in Python are known only after its import.
    static = [route for route in tree.metadata if route.metadata is not None and not route.metadata.is_generated]
    problems = [*tree.problems, *find_conflicts([*tree.routes, *static])]
    if problems:
        raise InvalidAppError(tree.root, problems)
    return tree


def _generate(tree: RouteTree) -> str:
    config = make_config(read_settings(Path.cwd()))
    return generate(tree.routes, {}, base_path=config.base_path, trailing_slash=config.trailing_slash)


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _write(file: Path, text: str) -> None:
    """Replace the file at once, because checkers and servers may read it meanwhile."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _outdated(options: argparse.Namespace, file: Path, what: str) -> NoReturn:
    words = ["routehandlers", "typegen"]
    words += [str(options.directory)] if options.directory != Path("app") else []
    words += ["--output", str(options.output)] if options.output is not None else []
    print(f"routehandlers: {file} {what}. Run: {shlex.join(words)}", file=sys.stderr)
    raise SystemExit(_OUTDATED)
