"""Routes that a dictionary cannot match: what they cost more than one ``[slug]`` at the end."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import EnvironBuilder

from .calls import candidate, check_equal
from .peers import FALCON, OURS, WSGI, compact_utf8
from .timing import Bound, Goal, bounds_of, table, take_turns

CALLS, ROUNDS, EACH, PATHS = 200, 40, 25, 20


class Shape(NamedTuple):
    """A route as each framework spells it; ``0`` stands for its number, and ``*`` in the path for a text.

    :param goal: The bound of our time for it; ``None`` if it has none.
    :param is_new: Whether each request has a new text. Otherwise 20 texts come in turn, since an encoded path is read
        once.
    """

    ours: str
    falcon: str
    flask: str
    path: str
    goal: Goal | None = Goal(0.9, FALCON)
    is_new: bool = True


SHAPES = {
    "one `[slug]`": Shape("/r0/[a]", "/r0/{a}", "/r0/<a>", "/r7/x*", Goal(0.8, FALCON)),
    "a `[slug]` that is percent-encoded": Shape("/e0/[a]", "/e0/{a}", "/e0/<a>", "/e7/caf%C3%A9*", is_new=False),
    "the same, each path new": Shape("/f0/[a]", "/f0/{a}", "/f0/<a>", "/f7/caf%C3%A9*", None),
    "a `[slug]` with a space and a quote": Shape("/q0/[a]", "/q0/{a}", "/q0/<a>", "/q7/a%20%22b%22*", is_new=False),
    "a folder that is percent-encoded": Shape("/café0/[a]", "/café0/{a}", "/café0/<a>", "/caf%C3%A97/x*", is_new=False),
    "`[a]/posts/[b]`": Shape("/u0/[a]/posts/[b]", "/u0/{a}/posts/{b}", "/u0/<a>/posts/<b>", "/u7/x*/posts/y*"),
    "`[a]/posts/[b]` at the top": Shape("/[a]/p0/[b]", "/{a}/p0/{b}", "/<a>/p0/<b>", "/x*/p7/y*"),
    "`[id=int]`": Shape("/n0/[a=int]", "/n0/{a:int}", "/n0/<int:a>", "/n7/1*"),
    "`[...path]`": Shape("/c0/[...a]", "/c0/{a:path}", "/c0/<path:a>", "/c7/x*/b/c"),
}

_ROUTE = """
from routehandlers import Response

def GET(request, context):
    return Response.json({data})
"""

_ONE, _TWO = '{"a": context.params["a"]}', '{"a": context.params["a"], "b": context.params["b"]}'
_JOINED = '{"a": "/".join(context.params["a"])}'  # the others give a catch-all as one text


def _has_two(shape: Shape) -> bool:
    return "[b]" in shape.ours


def _ours(folder: Path) -> WSGI:
    from routehandlers import RouteHandlers

    for shape in SHAPES.values():
        data = _JOINED if "..." in shape.ours else _TWO if _has_two(shape) else _ONE
        for number in range(EACH):
            file = folder / shape.ours.replace("0", str(number), 1).strip("/") / "route.py"
            file.parent.mkdir(parents=True)
            file.write_text(_ROUTE.format(data=data))
    return RouteHandlers(folder)


def _falcon() -> WSGI:
    import falcon
    import falcon.media

    class One:
        def on_get(self, req: Any, resp: Any, a: Any) -> None:
            resp.media = {"a": a}

    class Two:
        def on_get(self, req: Any, resp: Any, a: Any, b: Any) -> None:
            resp.media = {"a": a, "b": b}

    app = falcon.App()
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(dumps=compact_utf8)
    for shape in SHAPES.values():
        for number in range(EACH):
            app.add_route(shape.falcon.replace("0", str(number), 1), Two() if _has_two(shape) else One())
    return app


def _flask() -> WSGI:
    import flask

    app = flask.Flask(__name__)
    app.json.compact = True  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    for shape in SHAPES.values():
        view = (lambda a, b: {"a": a, "b": b}) if _has_two(shape) else (lambda a: {"a": a})
        for number in range(EACH):
            rule = shape.flask.replace("0", str(number), 1)
            app.add_url_rule(rule, rule.replace(".", "_"), view)
    return app


def _environs(shape: Shape, calls: int, turn: int) -> list[dict[str, Any]]:
    texts = [f"{turn}{number:03}" if shape.is_new else f"{number % PATHS:03}" for number in range(calls)]
    paths = [shape.path.replace("*", text) for text in texts]
    return [EnvironBuilder(path).get_environ() for path in paths]


def measure(calls: int = CALLS, rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Microseconds by shape and candidate."""
    with tempfile.TemporaryDirectory() as folder:
        apps = {OURS: _ours(Path(folder)), FALCON: _falcon(), "Flask": _flask()}
        results: dict[str, dict[str, float]] = {}
        for name, shape in SHAPES.items():
            environs = partial(_environs, shape, calls)
            check_equal(apps, environs)
            results[name] = take_turns({peer: candidate(app, environs) for peer, app in apps.items()}, rounds)
        return results


def show(results: dict[str, dict[str, float]]) -> str:
    rows = {
        shape: [
            *(f"{time:.1f} µs ({time / times[FALCON]:.2f})" for time in times.values()),
            f"{goal.times}" if (goal := SHAPES[shape].goal) is not None else "",
        ]
        for shape, times in results.items()
    }
    peers = list(next(iter(results.values())))
    return table(f"one of {EACH * len(SHAPES)} routes (ratio to Falcon)", [*peers, "goal"], rows)


def bounds(results: dict[str, dict[str, float]]) -> list[Bound]:
    return [
        (f"{shape}, {name}", value, most)
        for shape, times in results.items()
        if (goal := SHAPES[shape].goal) is not None
        for name, value, most in bounds_of({OURS: goal}, times)
    ]
