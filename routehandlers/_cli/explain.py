"""``routehandlers explain METHOD URL``: show the steps that a request takes."""

from __future__ import annotations

import argparse
import logging
from typing import Any

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
    loading.add_directory(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    # Keep the handler's log messages out of the output.
    logging.getLogger("routehandlers").addHandler(logging.NullHandler())
    app = loading.load_app(options.directory, debug=True)
    steps = explain(app, options.method.upper(), options.url)
    width = max(len(name) for name, _ in steps)
    print(f"{options.method.upper()} {options.url}")
    for name, text in steps:
        first, *rest = text.splitlines() or [""]
        print(f"  {name.ljust(width)}  {first}".rstrip())
        for line in rest:
            print(f"  {' ' * width}  {line}")
