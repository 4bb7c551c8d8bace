"""``routehandlers explain METHOD URL``: what would happen to a request, in order."""

from __future__ import annotations

import argparse
import logging
from typing import Any

from ..inspect import explain
from . import loading


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="show what would happen to a request",
        description="Show the redirects, the route and why it won, and the cache, as a request meets them. A cached GET"
        " of which nothing is stored is called once, to see what it reads; its answer is not kept.",
        epilog="example: routehandlers explain GET /items/a",
    )
    parser.add_argument("method", help="GET, POST, …")
    parser.add_argument("url", help="a path, with or without a query")
    loading.add_directory(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    # What the handler logs is not what was asked for.
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
