"""``routehandlers build``: check the routes and fill the cache's storage before the first request."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

from ..app import RouteHandlers
from ..exceptions import RouteHandlersError
from ..inspect import Prerendered, prerender
from . import loading, typegen

# Moves the cursor to the beginning of the line and erases the line.
_CLEAR = "\r\x1b[2K"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "build",
        help="check the routes and prerender into the cache",
        description="Call register(), and then every cached GET: routes without parameters once, other routes with the"
        " params that generate_static_params() lists. Put the responses into the storage that the settings name."
        " Running servers use them at once. With memory://, only check that the responses can be made.",
    )
    loading.add_target(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    typegen.refresh(options.target)
    # Public files are served and not rendered, so that this command does without WhiteNoise.
    project = loading.load_project(options.target, public=False)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    results: list[Prerendered] = []
    apps = project.apps
    for app in apps:
        if len(apps) > 1:
            print(f"{'' if app is apps[0] else chr(10)}{app.directory}")
        results += _build(app)
    if any(result.error is not None for result in results):
        raise SystemExit(1)


def _build(app: RouteHandlers) -> list[Prerendered]:
    loading.run_user_code(app._begin, f"register() in {app.directory / 'instrumentation.py'}")
    begun = time.monotonic()
    results = list(_shown(prerender(app)))
    _report(app, results, time.monotonic() - begun)
    if not app.cache.store.is_shared:
        print(
            "Nothing was stored: the cache is memory://, which lies inside each server process. To fill it in advance,"
            " name a storage that servers share: cache = 'file:///var/cache/app' or 'redis://host'."
        )
    return results


def _shown(results: Iterator[Prerendered]) -> Iterator[Prerendered]:
    """Show the progress on a terminal. Without a terminal, print only the errors."""
    is_terminal = sys.stderr.isatty()
    for number, result in enumerate(results, 1):
        if is_terminal:
            print(f"{_CLEAR}{number}/{result.total}  {result.path}", end="", file=sys.stderr, flush=True)
        if result.error is not None:
            print(f"{_CLEAR if is_terminal else ''}{_told(result)}", file=sys.stderr)
        yield result
    if is_terminal:
        print(_CLEAR, end="", file=sys.stderr, flush=True)


def _told(result: Prerendered) -> str:
    error = result.error
    if isinstance(error, Exception) and not isinstance(error, RouteHandlersError):
        return f"{result.path} could not be prerendered:\n{loading.traceback_of(error).rstrip()}"
    return f"{result.path} could not be prerendered: {error}"


def _report(app: RouteHandlers, results: list[Prerendered], seconds: float) -> None:
    for route in sorted(app.routes, key=lambda route: route.pattern):
        own = [result for result in results if result.pattern == route.pattern]
        stored = sum(result.is_stored for result in own)
        dynamic = next((result.reason for result in own if result.reason), "")
        if stored:
            print(f"● {route.pattern}  {stored} prerendered")
        elif dynamic:
            print(f"ƒ {route.pattern}  dynamic: it reads {dynamic}")
        elif route.config.is_cacheable and "GET" in route.methods and not own:
            print(f"○ {route.pattern}  cached at the first request")
        elif not own:
            print(f"ƒ {route.pattern}  dynamic")
    failed = sum(result.error is not None for result in results)
    stored = sum(result.is_stored for result in results)
    print(f"{stored} prerendered{f', {failed} failed' if failed else ''} in {seconds:.1f} s")
