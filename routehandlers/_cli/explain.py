"""``routehandlers explain METHOD URL``: show the steps that a request takes."""

from __future__ import annotations

import argparse
import logging
from typing import Any

from .._project.mounted import Mounted
from ..inspect import explain
from . import loading


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="show the steps that a request takes",
        description="Show the steps of a request in order: the redirects, the route and why it matches, and the cache."
        " A cached GET without a stored response is called once, to see what it reads. Its response is not stored.",
        epilog="example: routehandlers explain GET /items/a",
    )
    parser.add_argument("method", help="GET, POST, …")
    parser.add_argument("url", help="a path, with or without a query")
    loading.add_target(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    # Keep the handler's log messages out of the output.
    logging.getLogger("routehandlers").addHandler(logging.NullHandler())
    mounted = _mounted_at(options.url, loading.load_project(options.target, debug=True).mounted)
    steps = explain(mounted.app, options.method.upper(), options.url, prefix=mounted.prefix)
    width = max(len(name) for name, _ in steps)
    print(f"{options.method.upper()} {options.url}")
    for name, text in steps:
        first, *rest = text.splitlines() or [""]
        print(f"  {name.ljust(width)}  {first}".rstrip())
        for line in rest:
            print(f"  {' ' * width}  {line}")


def _mounted_at(url: str, mounted: list[Mounted]) -> Mounted:
    """Return the application whose prefix a path has, the longest of them, or else the first application."""
    path = f"{url.partition('?')[0].rstrip('/')}/"
    fitting = [one for one in mounted if path.startswith(f"{one.prefix}/")]
    return max(fitting, key=lambda one: len(one.prefix), default=mounted[0])
