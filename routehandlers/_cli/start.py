"""``routehandlers start``: serve with gunicorn, Granian or waitress, with defaults for streams and slow handlers."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import Any

from .._servers import granian, gunicorn, waitress
from .._servers.options import Options, check_environment
from . import loading

_SERVERS: dict[str, Any] = {"gunicorn": gunicorn, "granian": granian, "waitress": waitress}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "start",
        help="serve with gunicorn, granian or waitress",
        description="Serve an application. All arguments that are not listed here go to the server.",
        epilog="example: routehandlers start app --bind 0.0.0.0:8000 --workers 4 --access-log",
        allow_abbrev=False,
    )
    loading.add_target(parser)
    _add_options(parser)
    parser.set_defaults(run=run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", choices=_SERVERS, default="gunicorn", help="the server (default: gunicorn)")
    parser.add_argument("--host", help="the address to listen on (default: 127.0.0.1; with PORT set: 0.0.0.0)")
    parser.add_argument("--port", type=int, help="the port (default: PORT, or 8000)")
    parser.add_argument("-b", "--bind", action="append", default=[], help="HOST:PORT or unix:PATH")
    parser.add_argument("-w", "--workers", type=_count, help="the number of processes (default: WEB_CONCURRENCY)")
    parser.add_argument("--threads", type=_count, help="the threads of each process (default: 8)")
    parser.add_argument("--access-log", action="store_true", help="write a line for each request to standard output")


def _count(text: str) -> int:
    """Read a number of processes or threads. With 0 workers, gunicorn would listen and answer no request."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def run(options: argparse.Namespace) -> None:
    parser = _Parser(prog="routehandlers start", add_help=False, allow_abbrev=False)
    _add_options(parser)
    common, rest = parser.parse_known_args(options.extra)
    check_environment()
    server = _SERVERS[common.server]
    if find_spec(server.PACKAGE) is None:
        loading.fail(f'{common.server} is not installed. Install it with: pip install "routehandlers[{server.EXTRA}]"')
    # Load it here first: a mistake gives one clear message, and no worker that dies again and again.
    project = loading.load_project(options.target)
    chosen = Options(
        options.target.for_servers,
        tuple(common.bind),
        common.host,
        common.port,
        common.workers,
        common.threads,
        common.access_log,
        rest,
    )
    server.serve(chosen, project.wsgi_app)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        loading.fail(message)
