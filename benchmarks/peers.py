"""The same three routes, among a hundred, in each framework, as its own manual advises.

All write compact JSON, so that bodies are equal byte for byte. Those whose
encoder writes spaces by default get the option that their manual has for it.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WSGI = Callable[..., Iterable[bytes]]

OURS, FALCON, BARE = "routehandlers", "Falcon", "bare WSGI function"
OTHERS = 97

compact = partial(json.dumps, separators=(",", ":"))
compact_utf8 = partial(compact, ensure_ascii=False)  # as Falcon's own default but for the spaces


def write_routes(folder: Path, answer: str = "Response.json({'slug': context.params['slug']})") -> Path:
    """An ``app`` folder with the hundred routes."""
    item = f"from routehandlers import Response\n\ndef GET(request, context):\n    return {answer}\n"
    sources = {f"r{number}/[slug]": item for number in range(OTHERS)}
    sources["items/[slug]"] = item
    sources["items"] = "def POST(request):\n    return request.json()\n"
    sources["hello"] = "def GET():\n    return {'hello': 'world'}\n"
    for name, source in sources.items():
        file = folder / "app" / name / "route.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return folder / "app"


def routehandlers_app(folder: Path, *answer: str) -> WSGI:
    from routehandlers import RouteHandlers

    return RouteHandlers(write_routes(folder, *answer))


def falcon_app(dumps: Callable[[Any], str] = compact_utf8, **settings: Any) -> WSGI:
    import falcon
    import falcon.media

    class Item:
        def on_get(self, req: Any, resp: Any, slug: str) -> None:
            resp.media = {"slug": slug}

    class Items:
        def on_post(self, req: Any, resp: Any) -> None:
            resp.media = req.get_media()

    class Hello:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = {"hello": "world"}

    app = falcon.App(**settings)
    # https://falcon.readthedocs.io/en/stable/api/media.html#falcon.media.JSONHandler
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(dumps=dumps)
    for number in range(OTHERS):
        app.add_route(f"/r{number}/{{slug}}", Item())
    app.add_route("/items/{slug}", Item())
    app.add_route("/items", Items())
    app.add_route("/hello", Hello())
    return app


def flask_app() -> WSGI:
    import flask

    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    for number in range(OTHERS):
        app.add_url_rule(f"/r{number}/<slug>", f"r{number}", lambda slug: {"slug": slug})
    app.get("/items/<slug>")(lambda slug: {"slug": slug})
    app.add_url_rule("/items", "items", lambda: flask.request.get_json(), methods=["POST"])
    app.add_url_rule("/hello", "hello", lambda: {"hello": "world"})
    return app


def bottle_app() -> WSGI:
    import bottle  # type: ignore[import-untyped]

    app = bottle.Bottle(autojson=False)
    app.install(bottle.JSONPlugin(json_dumps=compact))
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
        Rule("/items/<slug>", endpoint="item", methods=["GET"]),
        Rule("/items", endpoint="items", methods=["POST"]),
        Rule("/hello", endpoint="hello", methods=["GET"]),
    ]
    url_map = Map(rules)

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        endpoint, values = url_map.bind_to_environ(environ).match()
        body = compact(views[endpoint](request, **values))
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
        body = compact(data).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def in_process(folder: Path) -> dict[str, WSGI]:
    """Every candidate, by the name that tables give it.

    :param folder: Where our routes are written.
    """
    # json.dumps() makes a new encoder for every document; a Falcon user may keep one, as we do.
    kept = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return {
        OURS: routehandlers_app(folder / "response"),
        f"{OURS}, a dict returned": routehandlers_app(folder / "dict", "{'slug': context.params['slug']}"),
        FALCON: falcon_app(),
        "Falcon, one JSON encoder kept": falcon_app(kept),
        "Bottle": bottle_app(),
        "plain Werkzeug": werkzeug_app(),
        "Flask": flask_app(),
        BARE: bare_app(),
    }


def versions() -> str:
    """What was measured, and where."""
    import falcon.app

    # Its maintainers compile falcon.cyutil alone, since more of it made it slower; see the setup.py of 4.4.
    compiled = "of it only falcon.cyutil compiled" if falcon.app.__file__.endswith(".py") else "compiled"
    names = ", ".join(f"{name} {version(name)}" for name in ("Werkzeug", "Flask", "bottle", "gunicorn"))
    # Of the servers of "http", only what is installed is measured.
    for name in ("gunicorn_h1c", "gevent", "granian", "waitress"):
        if find_spec(name):
            names += f", {name} {version(name)}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, Falcon {version('falcon')} ({compiled}), {names}"
