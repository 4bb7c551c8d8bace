"""One WSGI call, no server."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from werkzeug.test import EnvironBuilder

from .peers import PEERS, WSGI
from .timing import table, take_turns

CALLS = 400
BODY = b'{"name": "hat", "sizes": [1, 2, 3], "price": 9.5}'


def _environs(kind: str) -> list[dict[str, Any]]:
    if kind == "dynamic":
        return [EnvironBuilder(f"/items/slug-{number}").get_environ() for number in range(CALLS)]
    if kind == "static":
        return [EnvironBuilder("/hello").get_environ()] * CALLS
    return [EnvironBuilder("/items", method="POST", data=BODY, content_type="application/json").get_environ()] * CALLS


def _caller(app: WSGI, environs: list[dict[str, Any]]) -> Callable[[], int]:
    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        pass

    def call() -> int:
        for environ in environs:
            asked = environ.copy()
            asked["wsgi.input"] = BytesIO(BODY)
            body = app(asked, start_response)
            for _ in body:
                pass
            if hasattr(body, "close"):
                body.close()
        return len(environs)

    return call


def _answer(app: WSGI, environ: dict[str, Any]) -> tuple[Any, ...]:
    seen: list[Any] = []
    asked = {**environ, "wsgi.input": BytesIO(BODY)}
    body = b"".join(app(asked, lambda status, headers, exc_info=None: seen.append((status, dict(headers)))))
    status, headers = seen[-1]
    types = [value for name, value in headers.items() if name.lower() == "content-type"]
    return status[:3], *types, json.loads(body)


KINDS = {
    "dynamic": "GET /items/&lt;slug&gt; → JSON",
    "static": "GET /hello → JSON",
    "post": "POST /items, JSON echo",
}


def measure() -> dict[str, dict[str, float]]:
    """Microseconds by kind and candidate."""
    apps = {name: make() for name, make in PEERS.items()}
    results: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        environs = _environs(kind)
        answers = {name: _answer(app, environs[0]) for name, app in apps.items()}
        assert all(answer == answers["bare WSGI function"] for answer in answers.values()), answers
        results[kind] = take_turns({name: _caller(app, environs) for name, app in apps.items()})
    return results


def show(results: dict[str, dict[str, float]]) -> str:
    rows = {
        name: [f"{results[kind][name]:.1f} µs ({results[kind][name] / results[kind]['Falcon']:.2f})" for kind in KINDS]
        for name in results["static"]
    }
    return table("time (ratio to Falcon)", list(KINDS.values()), rows)


def bounds(results: dict[str, dict[str, float]]) -> list[tuple[str, float, float]]:
    def ratio(kind: str, peer: str) -> float:
        return results[kind]["routehandlers"] / results[kind][peer]

    return [
        ("dynamic route / Falcon", ratio("dynamic", "Falcon"), 1.3),
        ("dynamic route / Flask", ratio("dynamic", "Flask"), 0.2),
        ("static path / Falcon", ratio("static", "Falcon"), 0.8),
        ("POST echo / Falcon", ratio("post", "Falcon"), 1.2),
    ]
