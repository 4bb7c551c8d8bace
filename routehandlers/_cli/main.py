"""``routehandlers COMMAND``: parse the command line and run the command.

An error prints one clear sentence and ends with exit status 2. An exception in
a user's file is shown with the traceback of that file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from .._hints import hint
from .._project.project import find_target, load_dotenv
from .._project.reference import add_to_path
from ..exceptions import RouteHandlersError
from . import build, cache, check, dev, explain, new, openapi, routes, shell, start, typecheck, typegen
from .loading import fail

_EXAMPLES = """examples:
  routehandlers new shop            make a folder "shop" with an application that runs
  routehandlers dev                 serve app/ on 127.0.0.1:8000 and reload at every change
  routehandlers start -w 4          serve app/ with gunicorn and four workers
  routehandlers typegen             write types of the routes, for mypy and pyright
  routehandlers routes              list the URLs with their files
  routehandlers explain GET /a      show the steps that a request takes
  routehandlers openapi             print the OpenAPI document
  routehandlers check               report every mistake in app/
  routehandlers cache list          list the entries of a shared cache
  routehandlers shell               open a Python prompt with the application

Commands take a folder or an application: routehandlers dev wsgi:app
"""


_COMMANDS: dict[str, Any] = {
    "dev": dev,
    "build": build,
    "start": start,
    "typegen": typegen,
    "routes": routes,
    "explain": explain,
    "openapi": openapi,
    "check": check,
    "typecheck": typecheck,
    "cache": cache,
    "shell": shell,
    "new": new,
}

# Commands that pass every argument after their folder to another program.
_PASSING_ON = {"start", "typecheck"}

# The process of dev that serves is started by another one. It reads .env and finds the application itself, so that
# changes of .env and pyproject.toml count.
_LOADS_LATER = {"dev", "new"}

# The status that a shell shows for other programs whose reader has ended: 128 and the number of SIGPIPE.
_CLOSED_PIPE = 141


class _Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that reports errors as the other commands do."""

    def error(self, message: str) -> NoReturn:
        fail(message)


def _build_parser() -> _Parser:
    parser = _Parser(
        prog="routehandlers",
        description="A folder of route.py files is the API.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"routehandlers {version('routehandlers')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in _COMMANDS.values():
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. This is the entry point of the package."""
    _replace_closed_outputs()
    try:
        try:
            _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _leave_closed_pipe()


def _replace_closed_outputs() -> None:
    """Let commands print if the shell has closed an output, as with ``>&-``. Python then has no file for it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # open until the end


def _leave_closed_pipe() -> NoReturn:
    """End because the reader of the output has ended, such as ``head``. That is no mistake, so print nothing."""
    # The interpreter writes the rest of the buffers when it ends, and would report that it cannot.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    raise SystemExit(_CLOSED_PIPE)


def _run(arguments: Sequence[str] | None) -> None:
    words = list(sys.argv[1:] if arguments is None else arguments)
    own, extra = _split(words)
    parser = _build_parser()
    if own and not own[0].startswith("-") and own[0] not in _COMMANDS:
        fail(f"there is no command {own[0]!r}. {hint(own[0], _COMMANDS)}")
    options = parser.parse_args(own)
    if options.command is None:
        parser.print_help()
        return
    options.extra = extra
    # As servers do: a module beside the folder can be imported.
    add_to_path(Path.cwd())
    try:
        if options.command not in _LOADS_LATER:
            load_dotenv()
            if "target" in options:
                options.target = find_target(options.target)
        options.run(options)
    except RouteHandlersError as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split the arguments into ours and those for gunicorn (``start``) or mypy (``typecheck``), after the folder."""
    if not words or words[0] not in _PASSING_ON or {"-h", "--help"} & set(words):
        return words, []
    own = 2 if len(words) > 1 and not words[1].startswith("-") else 1
    extra = words[own:]
    return words[:own], extra[1:] if extra[:1] == ["--"] else extra


if __name__ == "__main__":
    main()
