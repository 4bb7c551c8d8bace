"""``routehandlers shell``: open a Python prompt with the application."""

from __future__ import annotations

import argparse
import code
import os
import sys
from pathlib import Path
from typing import Any

from .. import testing
from . import loading


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "shell",
        help="open a Python prompt with the application",
        description="Open a Python prompt with the names app, the application; cache, its cache; and client, which"
        " sends requests without a server. register() has been called. PYTHONSTARTUP is run first.",
        epilog="example: echo 'print(app.routes)' | routehandlers shell",
    )
    loading.add_target(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    project = loading.load_project(options.target)
    app = project.apps[0]
    for one in project.apps:
        loading.run_user_code(one._begin, f"register() in {one.directory / 'instrumentation.py'}")
    names: dict[str, Any] = {
        "app": app,
        "apps": project.apps,
        "cache": app.cache,
        "client": testing.client(project.wsgi_app),
        "wsgi_app": project.wsgi_app,
    }
    startup = os.environ.get("PYTHONSTARTUP")
    if startup and Path(startup).is_file():
        exec(compile(Path(startup).read_text(), startup, "exec"), names)  # noqa: S102 — Python's own prompt runs it too
    _complete(names)
    version = ".".join(map(str, sys.version_info[:3]))
    banner = f"Python {version}, {app!r}\nNames: {', '.join(sorted(names.keys() - {'__builtins__'}))}"
    code.interact(banner=banner, local=names, exitmsg="")


def _complete(names: dict[str, Any]) -> None:
    """Complete names with the tabulator key, where the terminal can."""
    try:
        import readline  # not on every system
        import rlcompleter
    except ImportError:
        return
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
