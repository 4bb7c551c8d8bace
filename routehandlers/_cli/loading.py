"""Parts that several commands share: the folder argument, the application in it, and failing with a message."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from ..app import RouteHandlers, create_app
from ..exceptions import RouteHandlersError

FAILED = 2


def fail(message: str) -> NoReturn:
    """Print a message and exit with the status for a wrong command."""
    print(f"routehandlers: {message}", file=sys.stderr)
    raise SystemExit(FAILED)


def add_directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", nargs="?", default="app", type=Path, help="the folder with the routes (default: app)"
    )


def load_app(directory: Path, **settings: Any) -> RouteHandlers:
    """Load the application in a folder, with the settings of ``pyproject.toml`` in the current folder.

    An exception of a user's file ends the command, and its traceback is printed.

    :param settings: They override those of the file.
    """
    try:
        return create_app(directory, **settings)
    except RouteHandlersError:
        raise
    except Exception as error:
        print("".join(traceback.format_exception(from_user_file(error))), end="", file=sys.stderr)
        fail(f"a file in {directory} raised {type(error).__name__}; its traceback is above.")


def from_user_file(error: BaseException) -> BaseException:
    """Return the exception with a traceback that starts in the user's files."""
    package = str(Path(__file__).parent.parent)
    trace = error.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame.f_code.co_filename, package):
        trace = trace.tb_next
    return error.with_traceback(trace)


def _is_machinery(filename: str, package: str) -> bool:
    return filename.startswith((package, "<frozen importlib"))
