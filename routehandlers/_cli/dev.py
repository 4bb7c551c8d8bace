"""``routehandlers dev``: serve for development, with reload and debugger."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import is_running_from_reloader

from .._dev.loading import make_served
from .._dev.serving import serve
from .._dev.watching import Watch
from .._project.project import Project, find_target, load_dotenv, read_dotenv
from .._servers.addresses import check
from .._settings.rules import is_strings
from .._settings.sources import read_settings
from .._start.development import Development, developing
from ..exceptions import AppFolderError
from . import loading, typegen

if TYPE_CHECKING:
    from ..app import RouteHandlers
    from ..typing import WSGIApplication


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "dev",
        help="serve for development, with reload and debugger",
        description="Serve for development, with reload and debugger.",
        allow_abbrev=False,
    )
    loading.add_target(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", default=8000, type=int, help="the port (default: 8000)")
    parser.add_argument(
        "--extra-files",
        action="append",
        default=[],
        metavar="PATHS",
        help=f"further files, folders or patterns that reload at a change, separated by {os.pathsep!r}; repeatable",
    )
    parser.add_argument(
        "--exclude-patterns",
        action="append",
        default=[],
        metavar="PATTERNS",
        help=f"patterns of files that do not reload at a change, separated by {os.pathsep!r}; repeatable",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    # The first process only restarts the second, which serves. The first imports no file of the user.
    if not is_running_from_reloader():
        _check(options)
    watch = partial(Watch, _split(options.extra_files), _split(options.exclude_patterns))
    serve(partial(_make_served, options), watch, options.host, options.port)


def _check(options: argparse.Namespace) -> None:
    """Report what is wrong at start and needs no code of the user."""
    # .env is not loaded, because the second process inherits the environment and loads the file itself.
    folder = find_target(options.target, {**read_dotenv(is_quiet=True), **os.environ}).folder
    if folder is not None and not folder.is_dir():
        raise AppFolderError(folder)
    if options.host not in {"127.0.0.1", "localhost", "::1"}:
        print(
            f"routehandlers: {options.host} may be reachable from other machines, and the debugger runs any code. Use"
            " 127.0.0.1 unless you need this.",
            file=sys.stderr,
        )
    check([(options.host, options.port)])


def _split(values: Sequence[str]) -> list[str]:
    return [part for value in values for part in value.split(os.pathsep) if part]


def _make_served(options: argparse.Namespace, watch: Watch) -> WSGIApplication:
    development = Development(partial(_before_import, watch))
    return make_served(partial(load_project, options.target, watch, development), development, options.host)


def _before_import(watch: Watch, app: RouteHandlers) -> None:
    # A route module may import the generated types of a new route.
    with watch.adding(app.directory):
        typegen.refresh_before_import(app)


def load_project(name: str | None, watch: Watch, development: Development) -> Project:
    """Load the application. All settings are read here, so that each mistake is shown and ends with the next change.

    :param name: The target, if the command line names one.
    """
    load_dotenv()
    target = find_target(name)
    if target.folder is not None:
        watch.add(target.folder.absolute())
        development.folders.append(target.folder.absolute())
    settings = read_settings(Path.cwd())
    hosts: Any = settings.get("trusted_hosts")
    # Known before a module is imported, which may fail. An invalid value is reported later.
    development.trusted_hosts += hosts if is_strings(hosts) else ()
    development.debug = settings.get("debug", True)
    if target.folder is None:
        # As "flask run --debug" does. Flask's own default hides exceptions from the debugger.
        os.environ.setdefault("FLASK_DEBUG", "1")
    with developing(development):
        return target.load()
