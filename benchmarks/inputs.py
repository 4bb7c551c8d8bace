"""Checked inputs: a body in and a model out, a query, and a cached hit, beside frameworks that check inputs too."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import EnvironBuilder

from .calls import candidate
from .peers import FALCON, OURS
from .timing import Bound, Candidate, Goal, bounds_of, table, take_turns

CALLS, ROUNDS = 200, 40

BODY = b'{"name":"hat","price":9.5,"sizes":[1,2,3]}'
QUERY = "page=2&tag=a&tag=b"
STORED = 20

BY_HAND = f"{FALCON}, msgspec by hand"
UNCHECKED = "Flask, unchecked"
MSGSPEC, PYDANTIC = f"{OURS}, msgspec", f"{OURS}, pydantic"

_MODELS = {
    "msgspec": """
import msgspec

class Item(msgspec.Struct):
    name: str
    price: float
    sizes: list[int] = []

class Search(msgspec.Struct):
    page: int = 1
    tag: list[str] = []
""",
    "pydantic": """
from pydantic import BaseModel

class Item(BaseModel):
    name: str
    price: float
    sizes: list[int] = []

class Search(BaseModel):
    page: int = 1
    tag: list[str] = []
""",
}

# "bare" reads no input, "plain" reads them unchecked, and "hit" has no query model.
_ROUTES = {
    "items": "{models}\ndef POST(body: Item) -> Item:\n    return body\n",
    "plain": "def POST(request):\n    return request.json()\n",
    "search": "{models}\ndef GET(query: Search):\n    return {{'page': query.page, 'tag': query.tag}}\n",
    "args": (
        "def GET(request):\n    return {{'page': int(request.args['page']), 'tag': request.args.getlist('tag')}}\n"
    ),
    "bare": "def GET():\n    return {{'page': 2, 'tag': ['a', 'b']}}\n",
    "cached/[slug]": (
        "{models}\nrevalidate = 3600\n\ndef GET(request, context, query: Search):\n"
        "    return {{'page': query.page, 'tag': query.tag}}\n"
    ),
    "hit/[slug]": "revalidate = 3600\n\ndef GET():\n    return {{'page': 2, 'tag': ['a', 'b']}}\n",
}


class Row(NamedTuple):
    """What one call does, and the bound of its time."""

    path: str
    method: str = "GET"
    query: str = ""
    goal: Goal | None = None


OWN = {
    "a query, `request.args`": Row("/args", query=QUERY),
    "a query, a model": Row("/search", query=QUERY),
    "a body, `request.json()`": Row("/plain", "POST"),
    "a GET that reads nothing": Row("/bare"),
    "a hit": Row("/hit/a*"),
    "a hit with a query model": Row("/cached/a*", query=QUERY, goal=Goal(1.1, "a hit")),
}


def _ours(folder: Path, library: str) -> Any:
    from routehandlers import RouteHandlers

    for name, source in _ROUTES.items():
        file = folder / library / name / "route.py"
        file.parent.mkdir(parents=True)
        file.write_text(source.format(models=_MODELS[library]))
    return RouteHandlers(folder / library)


def _by_hand() -> Any:
    import falcon
    import msgspec

    models: dict[str, Any] = {}
    exec(_MODELS["msgspec"], models)
    decode, encode = msgspec.json.Decoder(models["Item"]).decode, msgspec.json.Encoder().encode

    class Items:
        def on_post(self, req: Any, resp: Any) -> None:
            try:
                item = decode(req.bounded_stream.read())
            except msgspec.ValidationError as error:
                raise falcon.HTTPUnprocessableEntity(description=str(error)) from error
            resp.content_type = falcon.MEDIA_JSON
            resp.data = encode(item)

    app = falcon.App()
    app.add_route("/items", Items())
    return app


def _unchecked() -> Any:
    import flask

    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.add_url_rule("/items", "items", lambda: flask.request.get_json(), methods=["POST"])
    return app


def _pydantic_models() -> dict[str, Any]:
    # The frameworks look for the classes in the module that they name.
    models: dict[str, Any] = {"__name__": __name__}
    exec(_MODELS["pydantic"], models)
    globals().update({name: models[name] for name in ("Item", "Search")})
    return models


def _flask_openapi3() -> Any:
    from flask_openapi3 import OpenAPI  # type: ignore[import-not-found, unused-ignore]

    item = _pydantic_models()["Item"]
    app = OpenAPI(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]

    def create(body: Any) -> Any:
        return body.model_dump()

    create.__annotations__ = {"body": item}
    app.post("/items")(create)
    return app


def _spectree() -> Any:
    import flask
    from spectree import Response, SpecTree  # type: ignore[import-not-found, unused-ignore]

    item = _pydantic_models()["Item"]
    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    spec = SpecTree("flask", annotations=True)

    def create(json: Any) -> Any:
        return json.model_dump()

    create.__annotations__ = {"json": item}
    app.post("/items")(spec.validate(resp=Response(HTTP_200=item))(create))
    spec.register(app)
    return app


def _litestar() -> Any:
    from litestar import Litestar, post  # type: ignore[import-not-found, unused-ignore]

    models: dict[str, Any] = {}
    exec(_MODELS["msgspec"], models)

    def create(data: Any) -> Any:
        return data

    create.__annotations__ = {"data": models["Item"], "return": models["Item"]}
    return Litestar([post("/items", status_code=200, sync_to_thread=False)(create)], openapi_config=None)


def _fastapi(*, is_async: bool) -> Any:
    from fastapi import FastAPI  # type: ignore[import-not-found, unused-ignore]

    item = _pydantic_models()["Item"]
    app = FastAPI(openapi_url=None)

    def create(body: Any) -> Any:
        return body

    async def create_async(body: Any) -> Any:
        return body

    function: Callable[..., Any] = create_async if is_async else create
    function.__annotations__ = {"body": item, "return": item}
    app.post("/items")(function)
    return app


def _asgi(app: Any) -> Candidate:
    """Make a candidate of an ASGI application. All calls of a round run in one task of one event loop."""
    loop = asyncio.new_event_loop()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]

    async def call() -> tuple[int, bytes]:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": "/items", "raw_path": b"/items", "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {}, "extensions": {},
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": BODY, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    async def calls() -> None:
        for _ in range(CALLS):
            await call()

    answer = loop.run_until_complete(call())
    assert answer[0] == 200, answer
    assert json.loads(answer[1]) == json.loads(BODY), answer

    def prepare(_turn: int) -> Callable[[], int]:
        def run() -> int:
            loop.run_until_complete(calls())
            return CALLS

        return run

    return prepare


def _environs(row: Row, turn: int) -> list[dict[str, Any]]:
    environs = []
    for number in range(CALLS):
        path = row.path.replace("*", f"{number % STORED}")
        body = {"data": BODY, "content_type": "application/json"} if row.method == "POST" else {}
        environ = EnvironBuilder(path, method=row.method, query_string=row.query, **body).get_environ()  # type: ignore[arg-type]
        environs.append({**environ, "wsgi.input": BytesIO(BODY if body else b"")})
    del turn  # the paths are the same in each round
    return environs


ECHO = Row("/items", "POST")


def _echoes(ours: dict[str, Any]) -> dict[str, Candidate]:
    """Return a candidate for each framework that is installed."""
    wsgi: dict[str, Callable[[], Any]] = {
        MSGSPEC: lambda: ours["msgspec"],
        PYDANTIC: lambda: ours["pydantic"],
        BY_HAND: _by_hand,
        UNCHECKED: _unchecked,
    }
    if find_spec("flask_openapi3"):
        wsgi["flask-openapi3"] = _flask_openapi3
    if find_spec("spectree"):
        wsgi["spectree"] = _spectree
    found = {name: candidate(_checked(make()), lambda turn: _environs(ECHO, turn)) for name, make in wsgi.items()}
    if find_spec("litestar"):
        found["Litestar"] = _asgi(_litestar())
    if find_spec("fastapi"):
        found["FastAPI, `async def`"] = _asgi(_fastapi(is_async=True))
        found["FastAPI, `def`"] = _asgi(_fastapi(is_async=False))
    return found


def _checked(app: Any) -> Any:
    """Return an application that echoes the body, or there is nothing to compare."""
    status: list[str] = []

    def start_response(line: str, headers: Iterable[tuple[str, str]], exc_info: Any = None) -> None:
        status.append(line)

    body = b"".join(app(_environs(ECHO, 0)[0], start_response))
    assert status[0] == "200 OK", (status, body)
    assert json.loads(body) == json.loads(BODY), body
    return app


def measure() -> dict[str, dict[str, float]]:
    """Microseconds: the echo of a checked body by framework, and the library's own rows by model library."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {library: _ours(Path(folder), library) for library in _MODELS}
        results = {"echo": take_turns(_echoes(ours), ROUNDS)}
        for library, app in ours.items():
            rows = {
                name: candidate(app, lambda turn, row=row: _environs(row, turn))  # type: ignore[misc]
                for name, row in OWN.items()
            }
            results[library] = take_turns(rows, ROUNDS)
        return results


def show(results: dict[str, dict[str, float]]) -> str:
    echo = results["echo"]
    first = {name: [f"{time:.1f} µs", f"{time / echo[BY_HAND]:.2f}"] for name, time in echo.items()}
    own = {name: [f"{results[library][name]:.1f} µs" for library in _MODELS] for name in OWN}
    return "\n\n".join(
        [
            table("a JSON body in, a checked model out", ["time", f"ratio to {BY_HAND}"], first),
            table(OURS, list(_MODELS), own),
        ]
    )


def bounds(results: dict[str, dict[str, float]]) -> list[Bound]:
    own = {name: row.goal for name, row in OWN.items() if row.goal is not None}
    return [
        *bounds_of({MSGSPEC: Goal(1.3, BY_HAND)}, results["echo"]),
        *[
            (f"{library}: {name}", value, most)
            for library in _MODELS
            for name, value, most in bounds_of(own, results[library])
        ],
    ]
