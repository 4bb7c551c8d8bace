"""``routehandlers openapi``: print the OpenAPI document of an application, or compare it with a file."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from .._openapi.settings import SPEC_VERSIONS
from .._project.mounted import Mounted
from ..openapi import document
from . import loading

_DIFFERENT = 1

# A document that changed completely would fill the screen.
_MOST_LINES = 40


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "openapi",
        help="print the OpenAPI document",
        description="Print the OpenAPI document of an application. With --check, compare it with a file and end with"
        " exit status 1 if they differ, so that a test of CI notices each change of the interface.",
        epilog="example: routehandlers openapi --check openapi.json",
    )
    loading.add_target(parser)
    parser.add_argument("--prefix", metavar="PATH", help="describe only the routes below a path, such as /v1")
    parser.add_argument("--spec-version", choices=tuple(SPEC_VERSIONS), help="the version of OpenAPI (default: 3.1)")
    parser.add_argument("--check", type=Path, metavar="FILE", help="compare the document with a file")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the document to a file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    mounted, prefix = _chosen(loading.load_project(options.target, public=False).mounted, options.prefix)
    made = loading.run_user_code(
        lambda: document(mounted.app, prefix=prefix, spec_version=options.spec_version, server=mounted.url_prefix),
        "openapi.py",
    )
    for line in _left_out(mounted):
        print(line, file=sys.stderr)
    text = f"{json.dumps(made, indent=2, ensure_ascii=False)}\n"
    if options.check is not None:
        _compare(text, options.check)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    elif options.check is None:
        print(text, end="")


def _chosen(mounted: list[Mounted], prefix: str | None) -> tuple[Mounted, str | None]:
    """Return the application whose prefix a path has, and the rest of the path."""
    if prefix is None:
        return mounted[0], None
    path = f"/{prefix.strip('/')}/"
    fitting = [one for one in mounted if path.startswith(f"{one.prefix}/")]
    chosen = max(fitting, key=lambda one: len(one.prefix), default=mounted[0])
    rest = path.removeprefix(chosen.prefix).rstrip("/") if chosen in fitting else prefix
    return chosen, rest if rest or not chosen.prefix else None


def _left_out(mounted: Mounted) -> Iterator[str]:
    folder = mounted.app.directory.parent
    for one in mounted.app._described.left_out:
        file = one.route.route.file.relative_to(folder).as_posix()
        yield (
            f"routehandlers: {one.route.route.pattern} ({file}) is not described: to OpenAPI, {one.path.text} is the"
            f" same path as {one.described.route.pattern}, which comes first."
        )


def _compare(text: str, file: Path) -> None:
    """Compare the document with a file. End the command if they differ."""
    try:
        known = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        loading.fail(f"{file} does not exist. Write it: routehandlers openapi -o {file}")
    if known == text:
        print(f"{file} is up to date.")
        return
    lines = difflib.unified_diff(known.splitlines(), text.splitlines(), str(file), "the application", lineterm="", n=1)
    for line in islice(lines, _MOST_LINES):
        print(line)
    print(f"\n{file} is not what the application has. Write it again: routehandlers openapi -o {file}")
    raise SystemExit(_DIFFERENT)
