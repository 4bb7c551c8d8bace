"""Serve with gunicorn: translate the common options, check the addresses, and become its master."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import addresses
from .access_log import GUNICORN_FORMAT
from .options import Options

if TYPE_CHECKING:
    from ..typing import WSGIApplication

PACKAGE, EXTRA = "gunicorn", "server"


def serve(options: Options, app: WSGIApplication) -> NoReturn:  # noqa: ARG001  # each worker loads its own
    words = arguments(options)
    _check_addresses(words)
    master = str(Path(__file__).with_name("gunicorn_master.py"))
    sys.stdout.flush()
    # No shell is involved: the command is this interpreter.
    os.execv(sys.executable, [sys.executable, master, *words])  # noqa: S606


def arguments(options: Options) -> list[str]:
    """Return the arguments of gunicorn. Later ones win, so those that only gunicorn knows are last."""
    words = [word for address in options.addresses() for word in ("--bind", address)]
    if options.workers is not None:
        words += ["--workers", str(options.workers)]
    if options.threads is not None:
        words += ["--threads", str(options.threads)]
    if options.access_log:
        words += ["--access-logfile", "-", "--access-logformat", GUNICORN_FORMAT]
    return [*words, *options.rest, options.target]


def _check_addresses(words: list[str]) -> None:
    """Check the addresses of all of gunicorn's sources: the arguments, its file and the environment."""
    if {"LISTEN_FDS", "GUNICORN_FD"} & os.environ.keys():
        return  # the sockets exist already
    # gunicorn is an extra; start has made sure that it is there.
    from .gunicorn_master import Application

    folder, before = Path.cwd(), sys.argv
    sys.argv = ["gunicorn", *words]
    try:
        configuration = Application(prog="gunicorn").cfg
    finally:
        # Reading the configuration follows --chdir, and the master will follow it again.
        os.chdir(folder)
        sys.argv = before
    if not configuration.reuse_port:
        addresses.check(address for address in configuration.address if not isinstance(address, int))
