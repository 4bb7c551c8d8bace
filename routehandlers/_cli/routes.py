"""``routehandlers routes``: list the URLs with their methods, caching and files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..app import RouteHandlers
from ..inspect import RouteNode, caching_policy, describe_routes, route_tree
from . import loading

_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "routes",
        help="list the URLs with their files",
        description="List the URLs with their methods, caching and files.",
    )
    loading.add_target(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON list, for other programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    mounted = loading.load_project(options.target, public=False).mounted
    if options.json:
        rows = [{"prefix": one.url_prefix, **row} for one in mounted for row in describe_routes(one.app)]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one in mounted:
        if len(mounted) > 1 or one.prefix:
            print(f"{'' if one is mounted[0] else chr(10)}{one.url_prefix or '/'}  ({one.app.directory})")
        _show(one.app)


def _show(app: RouteHandlers) -> None:
    if not app.routes:
        print(f"No routes yet. Write the first in {app.directory / 'route.py'}: def GET(request): …")
        return
    for line in _table(list(_rows(route_tree(app.routes), "", "", app.directory.parent))):
        print(line)


def _rows(node: RouteNode, lead: str, below: str, folder: Path) -> Iterator[tuple[str, str, str, str]]:
    label = f"{lead}{node.segment}"
    if node.route is None:
        yield label, "", "", ""
    else:
        file = node.route.file.relative_to(folder).as_posix()
        yield label, " ".join(node.route.methods), caching_policy(node.route.config), file
    children = sorted(node.children.values(), key=lambda child: child.segment)
    for child in children:
        last = child is children[-1]
        yield from _rows(child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), folder)


def _table(rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    """Format the rows: each column is as wide as its widest cell, and colours are for terminals only."""
    titled = [("route", "methods", "caching", "file"), *rows]
    widths = [max(len(row[column]) for row in titled) for column in range(4)]
    colour = sys.stdout.isatty()
    for index, row in enumerate(titled):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if colour:
            line = f"{_DIM}{line}{_PLAIN}" if index == 0 else f"{_BOLD}{line[: widths[0]]}{_PLAIN}{line[widths[0] :]}"
        yield line
