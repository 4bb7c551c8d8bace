"""``routehandlers explain METHOD URL``: show the steps that a request takes."""

from __future__ import annotations

import argparse
import logging
import re
from typing import Any
from urllib.parse import urlsplit

from .._project.mounted import Mounted
from ..inspect import explain
from . import loading

_VARIABLE = re.compile("<[^<>]+>")


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
    steps = _steps(options.method.upper(), options.url, loading.load_project(options.target, debug=True).mounted)
    width = max(len(name) for name, _ in steps)
    print(f"{options.method.upper()} {options.url}")
    for name, text in steps:
        first, *rest = text.splitlines() or [""]
        print(f"  {name.ljust(width)}  {first}".rstrip())
        for line in rest:
            print(f"  {' ' * width}  {line}")


def _steps(method: str, url: str, mounted: list[Mounted]) -> list[tuple[str, str]]:
    """Return the steps in the application whose prefix a path has, the longest of them."""
    try:
        path = f"{urlsplit(url).path.rstrip('/')}/"
    except ValueError as error:
        loading.fail(f"{url!r} is not a URL: {error}.")
    fitting = [(prefix, one.app) for one in mounted if (prefix := _prefix_of(path, one.prefix)) is not None]
    if not fitting:
        prefixes = ", ".join(sorted({one.prefix for one in mounted}))
        return [("path", f"the application around the routes answers. The routes lie below {prefixes}")]
    prefix, app = max(fitting, key=lambda found: len(found[0]))
    return explain(app, method, url, prefix=prefix)


def _prefix_of(path: str, prefix: str) -> str | None:
    """Return the beginning of a path that is a prefix, which may have variables in Flask: ``/<lang>/api``."""
    if not prefix:
        return ""
    found = re.match(f"({_VARIABLE.sub('[^/]+', re.escape(prefix))})/", path)
    return found[1] if found is not None else None
