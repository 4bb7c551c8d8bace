"""Parts that several commands share: the argument with the application, loading it, and failing with a message."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from .._project.frames import UserFrames
from .._project.project import Project, Target
from ..exceptions import RouteHandlersError

FAILED = 2


def fail(message: str) -> NoReturn:
    """Print a message and exit with the status for a wrong command."""
    print(f"routehandlers: {message}", file=sys.stderr)
    raise SystemExit(FAILED)


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the argument with the application: a folder or ``module:app``."""
    parser.add_argument(
        "target",
        nargs="?",
        metavar="APP",
        help="the folder with the routes, or module:app (default: app of [tool.routehandlers], or the folder app)",
    )


def load_project(target: Target, **settings: Any) -> Project:
    """Load an application.

    An exception of a user's file ends the command, and its traceback is printed.

    :param settings: They override the settings of a folder.
    """
    return run_user_code(lambda: target.load(**settings), f"a file of {target}")


_T = TypeVar("_T")


def run_user_code(function: Callable[[], _T], what: str) -> _T:
    """Call a function that runs code of the user's. An exception ends the command, and its traceback is printed.

    :param what: What raised it, for the message.
    """
    try:
        return function()
    except RouteHandlersError:
        raise
    # Code that ends the process would end this command, possibly with status 0.
    except (Exception, SystemExit) as error:
        print(traceback_of(error), end="", file=sys.stderr)
        fail(f"{what} raised {type(error).__name__}; its traceback is above.")


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an exception as text. It begins in the user's files."""
    return UserFrames(()).format(error)
