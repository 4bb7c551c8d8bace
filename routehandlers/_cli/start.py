"""``routehandlers start``: serve with gunicorn, with defaults for streams and blocking handlers."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from typing import Any

from . import loading


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "start",
        help="serve with gunicorn",
        description="Serve a folder with gunicorn. All other arguments go to gunicorn.",
        epilog="example: routehandlers start app --bind 0.0.0.0:8000 --workers 4 --access-logfile -",
        allow_abbrev=False,
    )
    loading.add_directory(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    if find_spec("gunicorn") is None:
        loading.fail(
            'start serves with gunicorn, which is not installed. Install it with: pip install "routehandlers[server]"'
        )
    # Load it here first: a mistake gives one clear message, and no worker that dies again and again.
    loading.load_app(options.directory)
    command = [sys.executable, "-m", "gunicorn", *_defaults(options.extra), *options.extra]
    sys.stdout.flush()
    # No shell is involved: the command is this interpreter.
    os.execv(sys.executable, [*command, f"routehandlers:create_app({str(options.directory)!r})"])  # noqa: S606


def _defaults(extra: list[str]) -> list[str]:
    """Return the default arguments of gunicorn. The user's arguments follow, and later ones win.

    Workers have threads, because gunicorn kills a sync worker when a stream takes
    longer than its timeout. The number of workers is gunicorn's advice, 2 × cores + 1,
    and at most 12.
    """
    port = os.environ.get("PORT", "8000")
    defaults = ["--worker-class", "gthread", "--threads", "8"]
    if not _has(extra, "-b", "--bind") and "GUNICORN_CMD_ARGS" not in os.environ:
        # Platforms that set PORT connect from outside.
        defaults += ["--bind", f"0.0.0.0:{port}" if "PORT" in os.environ else f"127.0.0.1:{port}"]
    if "WEB_CONCURRENCY" not in os.environ:
        defaults += ["--workers", str(min(2 * (os.cpu_count() or 1) + 1, 12))]
    return defaults


def _has(words: list[str], short: str, long: str) -> bool:
    return any((word.startswith(short) and not word.startswith("--")) or word.split("=")[0] == long for word in words)
