"""``routehandlers typegen``: write a module that describes the routes to type checkers.

For a folder it reads names and imports no file of the user, so a mistake in one file
does not affect the types of the others. An application in a module is imported, since
its code gives the settings and converters.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from .._project.project import Target, find_target
from .._routing.conflicts import find_conflicts
from .._routing.converters import find_unknown_converters
from .._routing.tree import RouteTree, scan
from .._settings.sources import read_settings
from .._typegen.module import MARK, generate
from ..app import RouteHandlers
from ..config import make_config
from ..exceptions import InvalidAppError, RouteHandlersError
from ..inspect import route_types
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
    loading.add_target(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help=f"the module to write (default: {FILE} in the folder)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with status 1 if the module is out of date"
    )
    # For dev and build: update the module if it exists, and leave mistakes to them.
    parser.add_argument("--refresh", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    target: Target = options.target
    if target.folder is not None:
        tree = _scan(target.folder)
        for problem in find_unknown_converters(tree.routes, {}):
            print(f"routehandlers: {problem}\nIts values are Any until then.", file=sys.stderr)
        _update(options, target.folder, _generate(tree), len(tree.routes))
        return
    apps = loading.run_user_code(target.find_apps, f"a file of {target}")
    if options.output is not None and len(apps) > 1:
        loading.fail(f"{target} has {len(apps)} folders with routes, and --output names one file. Leave it out.")
    for app in apps:
        tree = _scan(app.directory)
        if options.refresh:
            _refresh(app.directory / FILE, partial(route_types, app))
        else:
            _update(options, app.directory, route_types(app), len(tree.routes))


def _update(options: argparse.Namespace, directory: Path, text: str, count: int) -> None:
    """Write the module of a folder, or compare it with ``--check``."""
    file: Path = options.output if options.output is not None else directory / FILE
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
    except BrokenPipeError:  # of the output, see main()
        raise
    except (OSError, UnicodeDecodeError) as error:
        loading.fail(f"{file} cannot be written: {getattr(error, 'strerror', None) or error}.")
    print(f"Wrote {file}: {count} route{'s' if count != 1 else ''}.")


def refresh(target: Target) -> None:
    """Update the modules of an application that exist. Loading the application reports its mistakes.

    An application in a module is imported in a process of its own, since it would be imported here without its routes.
    """
    if target.folder is None:
        command = [sys.executable, "-m", "routehandlers", "typegen", target.name, "--refresh"]
        # No shell is involved: the command is this interpreter.
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
        return
    folder = target.folder

    def generate_text() -> str | None:
        tree = _scan(folder)
        # Custom converters are known in Python only, so another command wrote this module.
        return _generate(tree) if not find_unknown_converters(tree.routes, {}) else None

    _refresh(folder / FILE, generate_text)


def refresh_before_import(app: RouteHandlers) -> None:
    """Update the module of an application that is being made, if it exists."""

    def generate_text() -> str | None:
        is_known = not find_unknown_converters(_scan(app.directory).routes, app.config.converters)
        return route_types(app) if is_known else None

    _refresh(app.directory / FILE, generate_text)


def _refresh(file: Path, generate_text: Callable[[], str | None]) -> None:
    try:
        written = _read(file)
        if written is None or not written.startswith(MARK):
            return
        text = generate_text()
        if text is not None and text != written:
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
    if str(options.target) != str(find_target(None)):
        words.append(str(options.target))
    words += ["--output", str(options.output)] if options.output is not None else []
    print(f"routehandlers: {file} {what}. Run: {shlex.join(words)}", file=sys.stderr)
    raise SystemExit(_OUTDATED)
