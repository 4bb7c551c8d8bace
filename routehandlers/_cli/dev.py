"""``routehandlers dev``: serve for development, with reload and debugger."""

from __future__ import annotations

import argparse
import socket
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.debug import DebuggedApplication
from werkzeug.serving import is_running_from_reloader, run_simple

from .._dev.pages import show
from .._dev.watching import watch
from .._project.project import Target, load_dotenv
from ..app import create_app
from ..exceptions import AppFolderError, RouteHandlersError
from . import loading, typegen

if TYPE_CHECKING:
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
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    directory: Path = options.directory.absolute()
    if not directory.is_dir():
        raise AppFolderError(options.directory)
    # The first process only restarts the second, which serves. The first imports no file of the user.
    if is_running_from_reloader():
        load_dotenv()
        # Before the imports: a route module may import the generated types of a new route.
        typegen.refresh(Target(str(directory)))
        watch(directory)
        application = _make_app(directory)
    else:
        _check_address(options.host, options.port)
        application = show("")
    run_simple(options.host, options.port, application, use_reloader=True, threaded=True, reloader_type="stat")


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


def _make_app(directory: Path) -> WSGIApplication:
    """Return the application or, if it cannot be loaded, an application that shows the error.

    The server keeps running after an error and loads again at the next change. The cache is in memory, so that each
    change empties it: changed code makes other responses.
    """
    try:
        app = create_app(directory, debug=True, cache="memory://")
    except RouteHandlersError as error:
        message = str(error)
    except Exception as error:
        message = "".join(traceback.format_exception(loading.from_user_file(error)))
    else:
        return DebuggedApplication(app, evalex=True)
    print(message, file=sys.stderr, flush=True)
    return show(message)
