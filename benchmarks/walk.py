"""The length of a request's way through the library: calls, modules, and changes from one module to another.

A time says that a request has become slower. A walk says where: ``python -m benchmarks.walk "a plain GET"``
lists the functions that are called, in their order. A walk is the same on each machine and each Python.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.test import EnvironBuilder

from .calls import Server
from .peers import WSGI
from .timing import Bound, table

if TYPE_CHECKING:
    from routehandlers import RouteHandlers

_FILES = {
    "items/[slug]/route.py": """
from routehandlers import Response

def GET(request, context):
    return Response.json({"slug": context.params["slug"]})
""",
    "posts/route.py": "def POST(request):\n    return request.json()\n",
    "stored/[slug]/route.py": """
revalidate = 3600

def GET(request, context):
    return {"slug": context.params["slug"]}
""",
}

_NO_OP = "def middleware(request):\n    return None\n"

_REWRITE = """
from routehandlers import Response

def middleware(request):
    return Response.rewrite("/items/b")
"""

# The applications that requests are sent to.
BARE, MIDDLEWARE, REWRITE, HEADER, FLASK = "bare", "middleware", "rewrite", "header", "Flask"

START = "the start of an application with three routes"


class Walk(NamedTuple):
    """One kind of request.

    :param app: The application that gets it.
    :param most: The bound of its calls. Lower it when the walk becomes shorter.
    :param body: A JSON document, which makes it a POST.
    :param before: How many times the same request is sent before.
    """

    app: str
    path: str
    most: int
    status: int = 200
    body: bytes = b""
    before: int = 0


# A hit makes three calls more if a second has passed since the hit before it: its Age is another.
WALKS = {
    "a plain GET": Walk(BARE, "/items/a", 26),
    "a POST of JSON": Walk(BARE, "/posts", 39, body=b'{"a":1}'),
    "a 404": Walk(BARE, "/none", 30, status=404),
    "a cached miss": Walk(BARE, "/stored/miss", 142),
    "the first hit of a path": Walk(BARE, "/stored/first", 55, before=1),
    "a hit that is ready": Walk(BARE, "/stored/ready", 14, before=2),
    "a GET behind a no-op middleware": Walk(MIDDLEWARE, "/items/a", 35),
    "a hit behind a no-op middleware": Walk(MIDDLEWARE, "/stored/ready", 37, before=2),
    "a GET that a middleware rewrites": Walk(REWRITE, "/items/a", 66),
    "a GET with one header rule": Walk(HEADER, "/items/a", 41),
    "a GET in Flask": Walk(FLASK, "/api/items/a", 48),
}

# Python 3.12 and later inline most of them.
_NOT_COUNTED = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})


class Step(NamedTuple):
    """A call of a Python function of the library.

    :param module: Its name below ``routehandlers``.
    """

    module: str
    function: str


def walk(call: Callable[[], object]) -> list[Step]:
    """Return the functions of the library that a call leads to, in their order.

    Comprehensions are not counted. A generator counts at each of its steps.
    """
    steps: list[Step] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        package, _, module = (frame.f_globals.get("__name__") or "").partition(".")
        if event == "call" and package == "routehandlers" and frame.f_code.co_name not in _NOT_COUNTED:
            # Python 3.10 has no qualified names here.
            steps.append(Step(module, getattr(frame.f_code, "co_qualname", frame.f_code.co_name)))

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return steps


def _application(folder: Path, files: Mapping[str, str], **settings: Any) -> RouteHandlers:
    from routehandlers import RouteHandlers

    for name, source in {**_FILES, **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return RouteHandlers(folder, **settings)


def _in_flask(folder: Path) -> WSGI:
    import flask

    from routehandlers.flask import RouteHandlersBlueprint

    app = flask.Flask("walk")
    app.register_blueprint(RouteHandlersBlueprint("api", folder, url_prefix="/api"))
    return app


def _applications(folder: Path) -> dict[str, WSGI]:
    rule = {"source": "/:path*", "headers": [{"key": "x-walk", "value": "1"}]}
    apps: dict[str, WSGI] = {
        BARE: _application(folder / BARE, {}),
        MIDDLEWARE: _application(folder / MIDDLEWARE, {"middleware.py": _NO_OP}),
        REWRITE: _application(folder / REWRITE, {"middleware.py": _REWRITE}),
        HEADER: _application(folder / HEADER, {}, headers=[rule]),
        FLASK: _in_flask(folder / BARE),
    }
    for name, app in apps.items():  # what the first request of a process does once
        prefix = "/api" if name == FLASK else ""
        for path in ("/items/first", "/stored/other", "/nothing"):
            _request(app, prefix + path)()
    return apps


def _request(app: WSGI, path: str, body: bytes = b"") -> Callable[[], str]:
    """Return a function that sends a request and returns the status line."""
    kind: dict[str, Any] = {"method": "POST", "data": body, "content_type": "application/json"} if body else {}
    environ = EnvironBuilder(path, **kind).get_environ()

    def send() -> str:
        server = Server()
        server.call(app, environ)
        return server.status

    return send


def measure() -> dict[str, list[Step]]:
    """Return the walk of each kind of request, and of a start."""
    results: dict[str, list[Step]] = {}
    with tempfile.TemporaryDirectory() as folder:
        apps = _applications(Path(folder))
        for name, kind in WALKS.items():
            for _ in range(kind.before):
                _request(apps[kind.app], kind.path, kind.body)()
            # The folder that workers share is looked at once in a second.
            _request(apps[kind.app], "/api/stored/other" if kind.app == FLASK else "/stored/other")()
            statuses: list[str] = []
            send = _request(apps[kind.app], kind.path, kind.body)
            results[name] = walk(lambda send=send, statuses=statuses: statuses.append(send()))  # type: ignore[misc]
            assert statuses[0].startswith(str(kind.status)), (name, statuses)
        results[START] = walk(lambda: _application(Path(folder, "start"), {}))
    return results


def show(results: dict[str, list[Step]]) -> str:
    rows = {name: [str(len(steps)), str(_modules(steps)), str(_changes(steps))] for name, steps in results.items()}
    return table("the walk of", ["calls", "modules", "changes of module"], rows)


def _modules(steps: list[Step]) -> int:
    return len({step.module for step in steps})


def _changes(steps: list[Step]) -> int:
    return sum(one.module != other.module for one, other in pairwise(steps))


def bounds(results: dict[str, list[Step]]) -> list[Bound]:
    return [(f"calls of {name}", len(results[name]), kind.most) for name, kind in WALKS.items()]


def main() -> None:
    """Print the calls of one walk, or without a name the table."""
    results = measure()
    name = " ".join(sys.argv[1:])
    if not name:
        print(show(results))
    elif name in results:
        print("\n".join(f"{module:40} {function}" for module, function in results[name]))
    else:
        raise SystemExit(f"There is no walk {name!r}. There are: {', '.join(results)}.")


if __name__ == "__main__":
    main()
