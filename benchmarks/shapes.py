"""Routes that a dictionary cannot match: what they cost more than one ``[slug]`` at the end."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import EnvironBuilder

from .calls import candidate, check_equal
from .peers import FALCON, OURS, WSGI, compact_utf8
from .timing import table, take_turns

CALLS, EACH = 200, 25


class Shape(NamedTuple):
    """A route as each framework spells it; ``0`` stands for its number, and ``*`` in the path for a fresh text."""

    ours: str
    falcon: str
    flask: str
    path: str


SHAPES = {
    "one `[slug]`": Shape("/r0/[a]", "/r0/{a}", "/r0/<a>", "/r7/x*"),
    "a `[slug]` that is percent-encoded": Shape("/e0/[a]", "/e0/{a}", "/e0/<a>", "/e7/caf%C3%A9*"),
    "`[a]/posts/[b]`": Shape("/u0/[a]/posts/[b]", "/u0/{a}/posts/{b}", "/u0/<a>/posts/<b>", "/u7/x*/posts/y*"),
    "`[id=int]`": Shape("/n0/[a=int]", "/n0/{a:int}", "/n0/<int:a>", "/n7/1*"),
    "`[...path]`": Shape("/c0/[...a]", "/c0/{a:path}", "/c0/<path:a>", "/c7/x*/b/c"),
}

_ROUTE = """
from routehandlers import Response

def GET(request, context):
    return Response.json({{name: {value} for name, value in context.params.items()}})
"""


def _ours(folder: Path) -> WSGI:
    from routehandlers import RouteHandlers

    for shape in SHAPES.values():
        # The others give a catch-all as one text.
        value = "'/'.join(value)" if "..." in shape.ours else "value"
        for number in range(EACH):
            file = folder / shape.ours.replace("0", str(number), 1).strip("/") / "route.py"
            file.parent.mkdir(parents=True)
            file.write_text(_ROUTE.format(value=value))
    return RouteHandlers(folder)


def _falcon() -> WSGI:
    import falcon
    import falcon.media

    class Item:
        def on_get(self, req: Any, resp: Any, **params: Any) -> None:
            resp.media = params

    app = falcon.App()
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(dumps=compact_utf8)
    for shape in SHAPES.values():
        for number in range(EACH):
            app.add_route(shape.falcon.replace("0", str(number), 1), Item())
    return app


def _flask() -> WSGI:
    import flask

    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    for shape in SHAPES.values():
        for number in range(EACH):
            rule = shape.flask.replace("0", str(number), 1)
            app.add_url_rule(rule, rule.replace(".", "_"), lambda **params: params)
    return app


def _environs(shape: Shape, turn: int) -> list[dict[str, Any]]:
    paths = [shape.path.replace("*", f"{turn}{number:03}") for number in range(CALLS)]
    return [EnvironBuilder(path).get_environ() for path in paths]


def measure() -> dict[str, dict[str, float]]:
    """Microseconds by shape and candidate."""
    with tempfile.TemporaryDirectory() as folder:
        apps = {OURS: _ours(Path(folder)), FALCON: _falcon(), "Flask": _flask()}
        results: dict[str, dict[str, float]] = {}
        for name, shape in SHAPES.items():
            environs = partial(_environs, shape)
            check_equal(apps, environs)
            results[name] = take_turns({peer: candidate(app, environs) for peer, app in apps.items()})
        return results


def show(results: dict[str, dict[str, float]]) -> str:
    rows = {
        shape: [f"{time:.1f} µs ({time / times[FALCON]:.2f})" for time in times.values()]
        for shape, times in results.items()
    }
    peers = list(next(iter(results.values())))
    return table(f"one of {EACH * len(SHAPES)} routes (ratio to Falcon)", peers, rows)


def bounds(results: dict[str, dict[str, float]]) -> list[tuple[str, float, float]]:
    return []  # only the commonest shape has a bound, and it is in the first table
