"""``routehandlers new NAME``: make a new application that runs."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

from . import loading

_FILES = {
    "app/route.py": '''
        """GET / says where to go from here."""

        from routehandlers import Request


        def GET(request: Request):
            return {"hello": "world", "try": ["/items/a", "/stream"]}
        ''',
    "app/items/[slug]/route.py": '''
        """GET /items/<slug> shows what the brackets matched."""

        from routehandlers import Request, Response, RouteContext


        def GET(request: Request, context: RouteContext):
            return Response.json({"slug": context.params["slug"], "query": request.args})


        def PUT(request: Request, context: RouteContext):
            return {"slug": context.params["slug"], "stored": request.json()}, 201
        ''',
    "app/stream/route.py": '''
        """GET /stream sends five lines, one each second."""

        import time


        def GET():
            for number in range(1, 6):
                yield f"line {number}\\n"
                time.sleep(1)
        ''',
    "tests/test_items.py": """
        from pathlib import Path

        from routehandlers import RouteHandlers

        client = RouteHandlers(Path(__file__).parent.parent / "app").test_client()


        def test_an_item_knows_its_slug():
            assert client.get("/items/a").get_json() == {"slug": "a", "query": {}}
        """,
    "pyproject.toml": """
        # The settings of routehandlers dev, start and routes, and of create_app().
        [tool.routehandlers]
        trailing_slash = false
        """,
    "README.md": """
        # {name}

            routehandlers dev       # serve on http://127.0.0.1:8000 and reload at every change
            routehandlers routes    # list the URLs with their files
            routehandlers start     # serve with gunicorn

            curl http://127.0.0.1:8000/items/a
        """,
    ".gitignore": """
        __pycache__/
        .pytest_cache/
        """,
}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("new", help="make an application that runs", description=__doc__)
    parser.add_argument("name", help="the folder to make")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    folder = Path(options.name)
    if not re.fullmatch(r"[\w.\-]+", folder.name):
        loading.fail(f"{folder.name!r} is not a valid name. Use letters, digits, '.', '-' and '_'.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        loading.fail(f"{folder} exists already. Choose another name, or empty it first.")
    for name, source in _FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source).lstrip().replace("{name}", folder.name), encoding="utf-8")
    print(f"Made {folder}. Next:\n  cd {folder}\n  routehandlers dev")
