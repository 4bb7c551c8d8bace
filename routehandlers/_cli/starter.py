"""The files of a new application."""

from __future__ import annotations

import re
from textwrap import dedent

# The project itself is not installed: an application runs from its folder, and pip installs what it needs.
_PYPROJECT = """
    [project]
    name = "{project}"
    version = "0.1.0"
    requires-python = ">=3.10"
    dependencies = ["routehandlers[server,pydantic]"]

    [project.optional-dependencies]
    dev = ["mypy", "pyright", "pytest"]

    # The application runs from this folder: "pip install -e ." installs what it needs.
    [build-system]
    requires = ["setuptools>=70.1"]
    build-backend = "setuptools.build_meta"

    [tool.setuptools]
    packages = []

    # The settings of the routehandlers commands and of create_app().
    [tool.routehandlers]
    trailing_slash = false

    # mypy cannot read folders with brackets: "routehandlers typecheck" shows them to it.
    [tool.mypy]
    strict = true
    exclude = ["^app/"]

    [tool.pyright]
    typeCheckingMode = "strict"

    [tool.pytest.ini_options]
    testpaths = ["tests"]
    """

_FILES = {
    "app/route.py": '''
        """GET / says where to go from here."""

        from routehandlers.typing import HandlerResult


        def GET() -> HandlerResult:
            return {"hello": "world", "try": ["/items/a", "/stream"]}
        ''',
    "app/openapi.py": '''
        """GET /openapi.json describes the routes, and GET /docs shows them."""

        info = {"title": "{name}", "version": "0.1.0"}
        viewer = "plain"
        ''',
    "app/items/_models.py": '''
        """What an item is made of. Files with an underscore are never a URL."""

        from pydantic import BaseModel, Field


        class NewItem(BaseModel):
            name: str = Field(min_length=1)
            price: float = Field(gt=0)


        class Item(NewItem):
            slug: str
        ''',
    "app/items/[slug]/route.py": '''
        """GET /items/<slug> shows what the brackets matched. PUT takes a body that is checked."""

        from typing import Literal

        from routehandlers import Request, Response, RouteContext
        from routehandlers.typing import HandlerResult

        from .._models import Item, NewItem


        def GET(request: Request, context: RouteContext) -> HandlerResult:
            return Response.json({"slug": context.params["slug"], "query": request.args})


        def PUT(request: Request, context: RouteContext, *, body: NewItem) -> tuple[Item, Literal[201]]:
            """Store an item."""
            return Item(slug=context.params["slug"], name=body.name, price=body.price), 201
        ''',
    "app/stream/route.py": '''
        """GET /stream sends five lines, one each second."""

        import time
        from collections.abc import Iterator


        def GET() -> Iterator[str]:
            for number in range(1, 6):
                yield f"line {number}\\n"
                time.sleep(1)
        ''',
    "tests/test_items.py": """
        from routehandlers.testing import TestClient


        def test_an_item_knows_its_slug(routehandlers_client: TestClient) -> None:
            response = routehandlers_client.get("/items/a")

            assert response.get_json() == {"slug": "a", "query": {}}


        def test_an_item_can_be_stored(routehandlers_client: TestClient) -> None:
            response = routehandlers_client.put("/items/a", json={"name": "Hat", "price": 25})

            assert response.status_code == 201
            assert response.get_json() == {"name": "Hat", "price": 25, "slug": "a"}


        def test_an_item_without_a_price_is_refused(routehandlers_client: TestClient) -> None:
            response = routehandlers_client.put("/items/a", json={"name": "Hat"})

            assert response.status_code == 422
            assert response.get_json()["errors"] == [{"detail": "Field required.", "pointer": "#/price"}]
        """,
    "pyproject.toml": _PYPROJECT,
    "README.md": """
        # {name}

            pip install -e ".[dev]"            # routehandlers, and the tools below
            routehandlers dev                  # serve on http://127.0.0.1:8000 and reload at every change
            routehandlers routes               # list the URLs with their files
            pytest                             # run the tests
            routehandlers typecheck --strict   # run mypy over app/
            pyright                            # check all files
            routehandlers start                # serve with gunicorn

            curl http://127.0.0.1:8000/items/a
            curl -X PUT --json '{"name": "Hat", "price": 25}' http://127.0.0.1:8000/items/a

        The routes are documented on http://127.0.0.1:8000/docs, and for tools on http://127.0.0.1:8000/openapi.json.
        """,
    ".gitignore": """
        __pycache__/
        .env
        .mypy_cache/
        .pytest_cache/
        .venv/
        *.egg-info/
        """,
}

# A repository often has these files before the application. They are kept.
KEPT = frozenset({"README.md", ".gitignore"})


def starter_files(name: str) -> dict[str, str]:
    """Return the texts of the files by their paths.

    :param name: The name of the application.
    """
    return {
        path: dedent(text).lstrip().replace("{name}", name).replace("{project}", _project_name(name))
        for path, text in _FILES.items()
    }


def _project_name(name: str) -> str:
    """Return a name that packaging tools take: ASCII letters, digits, ``.``, ``-`` and ``_`` between two of them."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-") or "app"
