"""A middleware, CORS or a rule around a handler: the cost of each for a dynamic GET and for a cached hit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.test import EnvironBuilder

from .calls import Environs, Server, candidate, check_equal
from .peers import FALCON, WSGI, falcon_app, flask_app, write_routes
from .timing import Bound, Goal, bounds_of, table, take_turns

if TYPE_CHECKING:
    from routehandlers import RouteHandlers

# More calls than elsewhere: a round of 200 hits takes less than half a millisecond.
CALLS, ROUNDS, SLUGS = 500, 30, 20
ORIGIN = "https://app.example.com"

# The kinds of request, with the title of each column. What the path alone decides about rules and matchers is decided
# once for each path, so their goals are for paths that come again; the first column says what a new path costs.
GET, AGAIN, HIT = "a dynamic GET, each path new", "a dynamic GET, 20 paths in turn", "a cached hit"
KINDS = (GET, AGAIN, HIT)

NOTHING = "nothing"
FALCON_BEFORE = "Falcon, a middleware"
FALCON_AROUND = "Falcon, a middleware before and after"
FALCON_CORS = "Falcon, cors_enable"
FLASK_HOOKS = "Flask, before and after hooks"

_MIDDLEWARE_HEADERS = ("access-control-allow-origin", "x-around")

_STORED = """
from routehandlers import Response

revalidate = 3600

def GET(request, context):
    return Response.json({"slug": context.params["slug"]})
"""

_NO_OP = "def middleware(request):\n    return None\n"

_GENERATOR = "def middleware(request):\n    yield\n"

_CORS = "from routehandlers.cors import cors\n\nmiddleware = cors(origins={origins!r})\n"

_MATCHER = """
from routehandlers import Response

config = {"matcher": "/admin/:path*"}

def middleware(request):
    return Response("no", 403)
"""


class Around(NamedTuple):
    """Something around a handler.

    :param files: Files of the ``app`` folder, beside the routes.
    :param settings: Settings of the application.
    :param sends: The headers that it adds to a response, of those in ``_MIDDLEWARE_HEADERS``.
    :param middleware: How many middleware a request meets.
    :param elsewhere: A path that is not measured, and its status, which shows that the rule or matcher is in force.
    :param goals: The bound of each kind of request that has one.
    """

    files: Mapping[str, str] = {}
    settings: Mapping[str, Any] = {}
    sends: Mapping[str, str] = {}
    middleware: int = 0
    elsewhere: tuple[str, int] | None = None
    goals: Mapping[str, Goal] = {}


def name_of(around: str, kind: str) -> str:
    """Return the name of a candidate of ours."""
    return f"{around}, {kind}"


# A stored response is to take at most 0.6 of rendering it anew with nothing around.
_CHEAPER_HIT = Goal(0.6, name_of(NOTHING, GET))
_CORS_GOALS = {GET: Goal(1.4, FALCON_CORS), HIT: Goal(1.0, FALCON_BEFORE)}

AROUND = {
    # The hit took 1.9 µs beside Falcon's 8.6 µs and may take 0.3 µs more: 2.2 / 8.6 = 0.26. Falcon's GET is the
    # measure, since ours is to become faster.
    NOTHING: Around(goals={GET: Goal(0.8, FALCON), HIT: Goal(0.26, FALCON)}),
    "a no-op root `middleware.py`": Around(
        {"middleware.py": _NO_OP}, middleware=1, goals={GET: Goal(1.0, FALCON_BEFORE), HIT: Goal(0.8, FALCON_BEFORE)}
    ),
    # A dynamic GET has no goal of its own here.
    "a no-op `middleware.py` in the route's folder": Around(
        {"items/middleware.py": _NO_OP, "stored/middleware.py": _NO_OP},
        middleware=1,
        goals={HIT: Goal(0.8, FALCON_BEFORE)},
    ),
    # A cached hit has no goal here.
    "a generator in the root `middleware.py`": Around(
        {"middleware.py": _GENERATOR}, middleware=1, goals={GET: Goal(1.2, FALCON_AROUND)}
    ),
    "`cors()`, one origin": Around(
        {"middleware.py": _CORS.format(origins=[ORIGIN])},
        sends={"access-control-allow-origin": ORIGIN},
        middleware=1,
        goals=_CORS_GOALS,
    ),
    '`cors()`, `"*"`': Around(
        {"middleware.py": _CORS.format(origins="*")},
        sends={"access-control-allow-origin": "*"},
        middleware=1,
        goals=_CORS_GOALS,
    ),
    "a matcher for other paths": Around(
        {"middleware.py": _MATCHER},
        elsewhere=("/admin/x", 403),
        goals={AGAIN: Goal(1.2, name_of(NOTHING, AGAIN)), HIT: _CHEAPER_HIT},
    ),
    "a `redirects` rule for another path": Around(
        settings={"redirects": [{"source": "/old/:slug", "destination": "/items/:slug", "permanent": True}]},
        elsewhere=("/old/x", 308),
        goals={AGAIN: Goal(1.3, name_of(NOTHING, AGAIN)), HIT: _CHEAPER_HIT},
    ),
    "a `headers` rule that matches": Around(
        settings={"headers": [{"source": "/:path*", "headers": [{"key": "X-Around", "value": "1"}]}]},
        sends={"x-around": "1"},
        goals={AGAIN: Goal(1.4, name_of(NOTHING, AGAIN)), HIT: _CHEAPER_HIT},
    ),
}


class _Before:
    def process_request(self, req: Any, resp: Any) -> None:
        pass


class _BeforeAndAfter(_Before):
    def process_response(self, req: Any, resp: Any, resource: Any, req_succeeded: bool) -> None:
        pass


def _flask_with_hooks() -> WSGI:
    app: Any = flask_app()
    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    return app  # type: ignore[no-any-return]


# Each with the headers that it adds to a response.
PEERS: dict[str, tuple[Callable[[], WSGI], Mapping[str, str]]] = {
    FALCON: (falcon_app, {}),
    FALCON_BEFORE: (lambda: falcon_app(middleware=[_Before()]), {}),
    FALCON_AROUND: (lambda: falcon_app(middleware=[_BeforeAndAfter()]), {}),
    FALCON_CORS: (lambda: falcon_app(cors_enable=True), {"access-control-allow-origin": "*"}),
    FLASK_HOOKS: (_flask_with_hooks, {}),
}


def _ours(folder: Path, around: Around) -> RouteHandlers:
    from routehandlers import RouteHandlers

    app = write_routes(folder)
    for name, source in {"stored/[slug]/route.py": _STORED, **around.files}.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(source)
    return RouteHandlers(app, cache="memory://", **around.settings)


_REQUEST = EnvironBuilder("/", headers=[("Origin", ORIGIN)]).get_environ()


def _environs(kind: str, calls: int, turn: int) -> list[dict[str, Any]]:
    """Environments for one round. All have an ``Origin``, which browsers send to other hosts."""
    environs: list[dict[str, Any]] = []
    for number in range(calls):
        path = f"/items/slug-{turn}-{number}" if kind == GET else f"/items/slug-{number % SLUGS}"
        if kind == HIT:
            path = path.replace("items", "stored")
        environs.append(
            {**_REQUEST, "PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path, "wsgi.input": BytesIO(b"")}
        )
    return environs


def _check_headers(name: str, app: WSGI, environs: Environs, sends: Mapping[str, str]) -> None:
    server = Server()
    server.call(app, environs(0)[0])
    sent = {key.lower(): value for key, value in server.headers if key.lower() in _MIDDLEWARE_HEADERS}
    assert sent == sends, (name, sent)


def _check_ours(name: str, app: RouteHandlers, around: Around) -> None:
    """Check that what stands around is in force, and store the responses of the cached route."""
    from routehandlers.inspect import explain
    from routehandlers.testing import client

    steps = [step for step, _ in explain(app, "GET", "/items/slug-0")]
    assert steps.count("middleware") == around.middleware, (name, steps)
    http = client(app)
    if around.elsewhere is not None:
        path, status = around.elsewhere
        assert http.get(path).status_code == status, (name, path)
    for number in range(SLUGS):
        answers = [http.get(f"/stored/slug-{number}", headers={"Origin": ORIGIN}).cache for _ in range(3)]
        assert answers == ["MISS", "HIT", "HIT"], (name, answers)


def measure(calls: int = CALLS, rounds: int = ROUNDS) -> dict[str, float]:
    """Microseconds by candidate: ours by ``name_of``, and the peers, which answer dynamic GETs."""
    environs = {kind: partial(_environs, kind, calls) for kind in KINDS}
    peers = {name: make() for name, (make, _) in PEERS.items()}
    candidates = {name: candidate(app, environs[GET]) for name, app in peers.items()}
    with tempfile.TemporaryDirectory() as folder:
        ours = {name: _ours(Path(folder, str(number)), around) for number, (name, around) in enumerate(AROUND.items())}
        for around, app in ours.items():
            _check_ours(around, app, AROUND[around])
        for kind in (GET, AGAIN):
            check_equal({**peers, **ours}, environs[kind])
        # The peers have no cache; they render the same response.
        rendered = {name: _rendered(peer) for name, peer in peers.items()}
        check_equal({**rendered, **ours}, environs[HIT])
        for name, peer in peers.items():
            _check_headers(name, peer, environs[GET], PEERS[name][1])
        for around, app in ours.items():
            for kind in KINDS:
                _check_headers(name_of(around, kind), app, environs[kind], AROUND[around].sends)
                candidates[name_of(around, kind)] = candidate(app, environs[kind])
        return take_turns(candidates, rounds)


def _rendered(app: WSGI) -> WSGI:
    """Have a peer answer ``/stored/…`` with its route ``/items/…``."""
    return lambda environ, start: app({**environ, "PATH_INFO": environ["PATH_INFO"].replace("stored", "items")}, start)


def show(results: dict[str, float]) -> str:
    rows = {around: [text for kind in KINDS for text in _cells(results, around, kind)] for around in AROUND}
    rows |= {name: [f"{results[name]:.1f} µs", *[""] * 5] for name in PEERS}
    columns = [column for kind in KINDS for column in (kind, "ratio (goal)")]
    return table("around the handler", columns, rows)


def _cells(results: dict[str, float], around: str, kind: str) -> list[str]:
    time = results[name_of(around, kind)]
    goal = AROUND[around].goals.get(kind)
    return [f"{time:.1f} µs", "" if goal is None else f"{time / results[goal.peer]:.2f} × {goal.peer} ({goal.times})"]


def bounds(results: dict[str, float]) -> list[Bound]:
    goals = {name_of(name, kind): goal for name, around in AROUND.items() for kind, goal in around.goals.items()}
    return bounds_of(goals, results)
