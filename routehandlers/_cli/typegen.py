"""``routehandlers typegen``: write the module by which type checkers know the routes.

It looks at folders and imports nothing of the user's, so that a mistake in a
file does not keep the types of the others from being right.
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
from .._typegen.module import MARK, generate
from ..config import make_config, read_settings
from ..exceptions import InvalidAppError, RouteHandlersError
from . import loading

# Inside of the tree, where route modules reach it by a relative import; the underscore keeps it out of the URLs.
FILE = "_routes.py"

_OUTDATED = 1


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "typegen",
        help="write types of the routes, for mypy and pyright",
        description="Write a module with the patterns of all routes, their params, and href(). dev and build keep it"
        " up to date from then on.",
        allow_abbrev=False,
    )
    loading.add_directory(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"the module to write (default: {FILE} in the folder)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if the module is out of date")
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
            loading.fail(f"{file} is not one that typegen wrote. Name another with --output, or remove it first.")
        if options.check and written != text:
            _outdated(options, file, "is not there" if written is None else "is out of date")
        if written == text:
            print(f"{file} is up to date.")
            return
        _write(file, text)
    except (OSError, UnicodeDecodeError) as error:
        loading.fail(f"{file} cannot be written: {getattr(error, 'strerror', None) or error}.")
    print(f"Wrote {file}: {len(tree.routes)} route{'s' if len(tree.routes) != 1 else ''}.")


def refresh(directory: Path) -> None:
    """Bring the module of a folder up to date, where there is one. What is wrong with the folder, loading it tells."""
    file = directory / FILE
    try:
        written = _read(file)
        if written is None or not written.startswith(MARK):
            return
        tree = _scan(directory)
        # With converters that only Python knows, the module was made there: see routehandlers.inspect.route_types().
        if not find_unknown_converters(tree.routes, {}) and (text := _generate(tree)) != written:
            _write(file, text)
    except RouteHandlersError:
        return
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"routehandlers: {file} is left as it is: {reason}.", file=sys.stderr)


def _scan(directory: Path) -> RouteTree:
    """The folder's routes.

    :raise InvalidAppError: If they make no URLs together.
    """
    tree = scan(directory.absolute())
    # What a Python file of metadata answers is known when it is imported.
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
    """Whole or not at all: checkers and servers may read it meanwhile."""
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
