"""One WSGI call, no server."""

from __future__ import annotations

import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from .calls import candidate, check_equal
from .peers import BARE, FALCON, OURS, in_process
from .timing import table, take_turns

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


def measure() -> dict[str, dict[str, float]]:
    """Microseconds by kind and candidate."""
    with tempfile.TemporaryDirectory() as folder:
        apps = in_process(Path(folder))
        results: dict[str, dict[str, float]] = {}
        for kind in KINDS:
            environs = partial(_environs, kind)
            check_equal(apps, environs)
            results[kind] = take_turns({name: candidate(app, environs) for name, app in apps.items()})
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
