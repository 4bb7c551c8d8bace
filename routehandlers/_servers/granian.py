"""Serve with Granian: translate the common options, and add checks of the address and of the application.

``start`` runs this module as a program, because the process that forks the
workers must not have imported the application: a reload would not see changes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .._project.reference import import_application
from . import addresses, defaults
from .access_log import with_access_log
from .options import Options, StartError, default_address
from .reloading import find_mistake

if TYPE_CHECKING:
    from ..typing import WSGIApplication

PACKAGE, EXTRA = "granian", "granian"
CANNOT = (
    "Granian passes on only decoded paths, so that %2F in a segment is a slash; it listens on one address; it does not"
    " end workers that hang (gunicorn's --timeout)."
)


def serve(options: Options, app: WSGIApplication) -> NoReturn:  # noqa: ARG001  # each worker loads its own
    sys.stdout.flush()
    command = [sys.executable, "-m", "routehandlers._servers.granian", *arguments(options)]
    # No shell is involved: the command is this interpreter.
    os.execv(sys.executable, command)  # noqa: S606


def arguments(options: Options) -> list[str]:
    """Return the arguments of Granian."""
    bind = [addresses.parse(text) for text in options.addresses()]
    if len(bind) > 1:
        raise StartError("Granian listens on one address. Give --bind once, or use --server gunicorn.")
    words = ["--interface", "wsgi"]
    for address in bind:
        words += ["--uds", address] if isinstance(address, str) else ["--host", address[0], "--port", str(address[1])]
    if options.workers is not None:
        words += ["--workers", str(options.workers)]
    if options.threads is not None:
        words += ["--blocking-threads", str(options.threads)]
    if options.access_log:
        words += ["--access-log"]
    return [*words, *options.rest, options.target]


def _defaults() -> dict[str, Any]:
    """Return the values of options that neither the command line nor a ``GRANIAN_…`` variable sets."""
    host, port = default_address()
    workers = os.environ.get("WEB_CONCURRENCY")
    return {
        "host": host,
        "port": port,
        # One for each core is enough: the threads that handle HTTP are not Python's.
        "workers": workers or os.cpu_count() or 1,
        "blocking_threads": defaults.THREADS,
        # As gunicorn does it. By default Granian ends when one worker does, and waits for streams for ever.
        "respawn_failed_workers": True,
        "workers_kill_timeout": defaults.GRACEFUL,
    }


def load_logged(target: str) -> WSGIApplication:
    """Load the application in a worker, with our access log around it."""
    return with_access_log(import_application(target))


def main(words: list[str]) -> None:
    """Run Granian's own command with our server in it."""
    # granian is an extra; start has made sure that it is there.
    from granian import cli
    from granian.log import DEFAULT_ACCESSLOG_FMT

    command: Any = cli
    # One of two classes, by the build of Python.
    base: Any = command.Server

    class Server(base):  # type: ignore[misc]  # a base of type Any
        def __init__(self, target: str, **settings: Any) -> None:
            # Granian's own lines have no size, and a line break in a decoded path would begin another line.
            self._writes_log = settings["log_access"] and settings["log_access_format"] in (None, DEFAULT_ACCESSLOG_FMT)
            if self._writes_log:
                settings["log_access"] = False
            if settings.get("uds") is None:
                host, port = settings["address"], settings["port"]
                addresses.check([(host, port)])
                settings["address"] = addresses.resolve(host, port)  # Granian knows no names
            else:
                addresses.check([str(settings["uds"])])
            super().__init__(target, **settings)

        def serve(self, *_: Any) -> None:
            print(f"routehandlers: {CANNOT}", file=sys.stderr, flush=True)
            super().serve(target_loader=load_logged if self._writes_log else import_application)

        def signal_handler_reload(self, *_: Any) -> None:
            if mistake := find_mistake(["granian", self.target], str(Path.cwd())):
                message = f"The old workers go on, because the application cannot be loaded: {mistake}"
                print(f"[ERROR] {message}", file=sys.stderr, flush=True)
            else:
                super().signal_handler_reload()

    # Its command makes the server of this name, and has no parameter for another.
    command.Server = Server
    command.cli(words, prog_name="granian", auto_envvar_prefix="GRANIAN", default_map=_defaults())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except StartError as error:
        print(f"routehandlers: {error}", file=sys.stderr)
        raise SystemExit(2) from None
