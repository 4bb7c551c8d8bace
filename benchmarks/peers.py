"""The same three routes, among a hundred, in each framework."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

WSGI = Callable[..., Iterable[bytes]]

OTHERS = 97


def routehandlers_app(result: str = "Response.json({{'slug': {slug}}})") -> WSGI:
    from routehandlers import RouteHandlers

    folder = Path(tempfile.mkdtemp()) / "app"
    dynamic = result.format(slug="context.params['slug']")
    sources = {f"r{number}/[slug]": "def GET(): return {}\n" for number in range(OTHERS)}
    sources["items/[slug]"] = f"from routehandlers import Response\ndef GET(request, context):\n    return {dynamic}\n"
    sources["items"] = "def POST(request):\n    return request.json()\n"
    sources["hello"] = "def GET():\n    return {'hello': 'world'}\n"
    for name, source in sources.items():
        file = folder / name / "route.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return RouteHandlers(folder)


def falcon_app() -> WSGI:
    import falcon

    class Item:
        def on_get(self, req: Any, resp: Any, slug: str) -> None:
            resp.media = {"slug": slug}

    class Items:
        def on_post(self, req: Any, resp: Any) -> None:
            resp.media = req.get_media()

    class Hello:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = {"hello": "world"}

    app = falcon.App()
    for number in range(OTHERS):
        app.add_route(f"/r{number}/{{slug}}", Item())
    app.add_route("/items/{slug}", Item())
    app.add_route("/items", Items())
    app.add_route("/hello", Hello())
    return app  # type: ignore[no-any-return]


def flask_app() -> WSGI:
    import flask

    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    for number in range(OTHERS):
        app.add_url_rule(f"/r{number}/<slug>", f"r{number}", lambda slug: {"slug": slug})
    app.get("/items/<slug>")(lambda slug: {"slug": slug})
    app.add_url_rule("/items", "items", lambda: flask.jsonify(flask.request.get_json()), methods=["POST"])
    app.add_url_rule("/hello", "hello", lambda: {"hello": "world"})
    return app


def bottle_app() -> WSGI:
    import bottle

    app = bottle.Bottle()
    for number in range(OTHERS):
        app.get(f"/r{number}/<slug>")(lambda slug: {"slug": slug})
    app.get("/items/<slug>")(lambda slug: {"slug": slug})
    app.post("/items")(lambda: bottle.request.json)
    app.get("/hello")(lambda: {"hello": "world"})
    return app  # type: ignore[no-any-return]


def werkzeug_app() -> WSGI:
    from werkzeug.routing import Map, Rule
    from werkzeug.wrappers import Request, Response

    views: dict[str, Callable[..., Any]] = {
        "item": lambda request, slug: {"slug": slug},
        "items": lambda request: request.get_json(),
        "hello": lambda request: {"hello": "world"},
    }
    rules = [Rule(f"/r{number}/<slug>", endpoint="item") for number in range(OTHERS)]
    rules += [
        Rule("/items/<slug>", endpoint="item"),
        Rule("/items", endpoint="items"),
        Rule("/hello", endpoint="hello"),
    ]
    url_map = Map(rules)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        endpoint, values = url_map.bind_to_environ(environ).match()
        body = json.dumps(views[endpoint](Request(environ), **values))
        return Response(body, mimetype="application/json")(environ, start_response)

    return app


def bare_app() -> WSGI:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "POST":
            data = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        elif path == "/hello":
            data = {"hello": "world"}
        else:
            data = {"slug": path[7:]}
        body = json.dumps(data).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


PEERS: dict[str, Callable[[], WSGI]] = {
    "routehandlers": routehandlers_app,
    "routehandlers, a dict returned": lambda: routehandlers_app("{{'slug': {slug}}}"),
    "Falcon": falcon_app,
    "Bottle": bottle_app,
    "plain Werkzeug": werkzeug_app,
    "Flask": flask_app,
    "bare WSGI function": bare_app,
}


def versions() -> str:
    """What was measured against."""
    import platform
    from importlib.metadata import version

    import falcon.app

    compiled = "compiled" if not falcon.app.__file__.endswith(".py") else "not compiled"
    names = ", ".join(f"{name} {version(name)}" for name in ("Werkzeug", "Flask", "bottle"))
    return f"Python {platform.python_version()}, Falcon {version('falcon')} ({compiled}), {names}"
