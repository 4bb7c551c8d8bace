"""``routehandlers dev``: serve for development, with reload and debugger."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import is_running_from_reloader

from .._dev.loading import Made, make_served
from .._dev.serving import serve
from .._dev.watching import Watch
from .._project.project import Target, load_dotenv
from .._settings.sources import read_settings
from ..app import create_app
from ..exceptions import AppFolderError, InvalidConfigError
from . import loading, typegen

if TYPE_CHECKING:
    from ..config import Settings
    from ..typing import WSGIApplication


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "dev", help="serve for development, with reload and debugger", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "directory", nargs="?", default="app", type=Path, help="the folder with the routes (default: app)"
    )
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
    directory: Path = options.directory.absolute()
    # The first process only restarts the second, which serves. The first imports no file of the user.
    if not is_running_from_reloader():
        if not directory.is_dir():
            raise AppFolderError(options.directory)
        _check_address(options.host, options.port)
    serve(partial(_make, directory, options.host), partial(_watch, directory, options), options.host, options.port)


def _watch(directory: Path, options: argparse.Namespace) -> Watch:
    # Before the first look at the files, since it may write one of them, and before the imports: a route module may
    # import the generated types of a new route.
    typegen.refresh(Target(str(directory)))
    return Watch(directory, _split(options.extra_files), _split(options.exclude_patterns))


def _split(values: Sequence[str]) -> list[str]:
    return [part for value in values for part in value.split(os.pathsep) if part]


def _check_address(host: str, port: int) -> None:
    if host not in {"127.0.0.1", "localhost", "::1"}:
        print(
            f"routehandlers: {host} may be reachable from other machines, and the debugger runs any code. Use 127.0.0.1"
            " unless you need this.",
            file=sys.stderr,
        )
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        loading.fail(f"cannot listen on {host}:{port}: {reason}. Choose another --port.")


def _make(directory: Path, host: str) -> WSGIApplication:
    # In this process, so that a change of the file counts.
    load_dotenv()
    return make_served(partial(make_app, directory), directory, host, _trusted_hosts())


def make_app(directory: Path) -> Made:
    """Load the application.

    The cache is in memory, so that each change empties it: changed code makes other responses. ``dev`` checks the host
    itself, and also answers this machine's own names, which the setting ``trusted_hosts`` seldom has.
    """
    settings: Settings = {"debug": True, "cache": "memory://"}
    if _trusted_hosts():
        settings["trusted_hosts"] = None
    app = create_app(directory, **settings)
    return Made(app, app.routes)


def _trusted_hosts() -> Sequence[str]:
    """Return the setting ``trusted_hosts``. It is empty if there is none, or if it is invalid."""
    try:
        hosts = read_settings(Path.cwd()).get("trusted_hosts")
    except InvalidConfigError:  # make_app() reports it
        return ()
    return hosts if isinstance(hosts, list) and all(isinstance(host, str) and host for host in hosts) else ()
