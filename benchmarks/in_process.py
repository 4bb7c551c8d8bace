"""One WSGI call, no server."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from .peers import BARE, FALCON, OURS, WSGI, in_process
from .timing import Candidate, table, take_turns

CALLS = 200

# In the alphabet's order, since Flask's encoder sorts.
BODY = b'{"name":"hat","price":9.5,"sizes":[1,2,3]}'

KINDS = {
    "dynamic": "GET /items/&lt;slug&gt; → JSON",
    "static": "GET /hello → JSON",
    "post": "POST /items, JSON echo",
}

_REQUESTS = {
    "dynamic": EnvironBuilder("/items/slug").get_environ(),
    "static": EnvironBuilder("/hello").get_environ(),
    "post": EnvironBuilder("/items", method="POST", data=BODY, content_type="application/json").get_environ(),
}


def _environs(kind: str, turn: int) -> list[dict[str, Any]]:
    """Environments for one round. No slug comes twice, so that nobody gains by remembering paths."""
    environs = []
    for number in range(CALLS):
        environ = {**_REQUESTS[kind], "wsgi.input": BytesIO(BODY if kind == "post" else b"")}
        if kind == "dynamic":
            environ["PATH_INFO"] = environ["RAW_URI"] = environ["REQUEST_URI"] = f"/items/slug-{turn}-{number}"
        environs.append(environ)
    return environs


class _Server:
    """The least that a WSGI server does."""

    status = ""
    headers: Iterable[tuple[str, str]] = ()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def call(self, app: WSGI, environ: dict[str, Any]) -> bytes:
        result = app(environ, self.start_response)
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        return body


def _candidate(app: WSGI, kind: str) -> Candidate:
    def prepare(turn: int) -> Callable[[], int]:
        environs, server = _environs(kind, turn), _Server()

        def run() -> int:
            for environ in environs:
                server.call(app, environ)
            return CALLS

        return run

    return prepare


def _answer(app: WSGI, kind: str) -> tuple[str, dict[str, str], bytes]:
    server = _Server()
    # Flask ends JSON with a newline, and leaves no say in it.
    body = server.call(app, _environs(kind, 0)[7]).removesuffix(b"\n")
    headers = {name.lower(): value for name, value in server.headers}
    return server.status, {"content-type": headers["content-type"]}, body


def measure() -> dict[str, dict[str, float]]:
    """Microseconds by kind and candidate."""
    with tempfile.TemporaryDirectory() as folder:
        apps = in_process(Path(folder))
        results: dict[str, dict[str, float]] = {}
        for kind in KINDS:
            answers = {name: _answer(app, kind) for name, app in apps.items()}
            assert all(answer == answers[BARE] for answer in answers.values()), answers
            results[kind] = take_turns({name: _candidate(app, kind) for name, app in apps.items()})
        return results


def show(results: dict[str, dict[str, float]]) -> str:
    def cell(times: dict[str, float], name: str) -> str:
        return f"{times[name]:.1f} µs ({times[name] / times[FALCON]:.2f}, {times[name] / times[BARE]:.1f})"

    rows = {name: [cell(results[kind], name) for kind in KINDS] for name in results["static"]}
    return table("time (ratio to Falcon, to the bare function)", list(KINDS.values()), rows)


def bounds(results: dict[str, dict[str, float]]) -> list[tuple[str, float, float]]:
    def ratio(kind: str, peer: str) -> float:
        return results[kind][OURS] / results[kind][peer]

    return [
        ("dynamic route / Falcon", ratio("dynamic", FALCON), 1.3),
        ("dynamic route / Flask", ratio("dynamic", "Flask"), 0.2),
        ("static path / Falcon", ratio("static", FALCON), 0.8),
        ("POST echo / Falcon", ratio("post", FALCON), 1.2),
    ]
