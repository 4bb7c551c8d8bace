"""``routehandlers check``: report every mistake in a tree, or in a wheel built from it."""

from __future__ import annotations

import argparse
import os
import zipfile
from pathlib import Path
from typing import Any

from .._project.project import Target
from ..exceptions import AppFolderError, RouteHandlersError, UnknownApplicationError
from . import loading
from .packaging.wheel import Comparison, compare_with_wheel

_PROBLEMS = 1


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="report every mistake in a tree",
        description="Load every file as a server would, and report every mistake. With --wheel, also compare the files"
        " of the wheel with those of the tree, since packaging tools leave out folders with brackets. The exit status"
        " is 1 if there is a mistake.",
        epilog="example: routehandlers check app --wheel dist/shop-1.0-py3-none-any.whl",
    )
    loading.add_target(parser)
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="a wheel that should contain the tree")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    target: Target = options.target
    if options.wheel is not None and not zipfile.is_zipfile(options.wheel):
        state = "is not a wheel" if options.wheel.exists() else "does not exist"
        loading.fail(f"{options.wheel} {state}. Build a wheel with: pip wheel --no-deps --wheel-dir dist .")
    folders = _check(target)
    is_sound = folders is not None
    if options.wheel is not None:
        # Paths are printed as the user wrote the folder.
        own = [Path(os.path.relpath(folder)) for folder in folders or []]
        for folder in own if target.folder is None else [target.folder]:
            is_sound = _check_wheel(compare_with_wheel(folder, options.wheel)) and is_sound
    if not is_sound:
        raise SystemExit(_PROBLEMS)


def _check(target: Target) -> list[Path] | None:
    """Load an application. Return the folders of its routes, or ``None`` if there is a mistake."""
    try:
        apps = target.load().apps
    except (AppFolderError, UnknownApplicationError):  # a wrong argument: main() ends with status 2
        raise
    except RouteHandlersError as error:
        print(error)
    # A file that calls sys.exit() would end this command, possibly with status 0.
    except (Exception, SystemExit) as error:
        print(loading.traceback_of(error), end="")
        print(f"\nA file of {target} raised {type(error).__name__}; its traceback is above.")
    else:
        count = sum(len(app.routes) for app in apps)
        print(f"{count} route{'s' if count != 1 else ''} in {target}, and nothing wrong.")
        return [app.directory for app in apps]
    return None


def _check_wheel(comparison: Comparison) -> bool:
    print(comparison)
    return comparison.is_equal
