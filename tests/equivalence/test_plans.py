"""Plans by path stay within their bounds, and no request changes the plan of another."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._runtime.path.hits import ROUTING_ARGS, Ready
from routehandlers._runtime.path.plans import MOST_BYTES, MOST_PATHS, Plan, Plans
from routehandlers._runtime.pipeline import Pipeline

CATCH_ALL = {
    "all/[...path]/route.py": "revalidate = 600\ndef GET(request, context): return str(len(context.params['path']))"
}


@pytest.fixture(autouse=True)
def _no_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget OpenTelemetry's middleware, which other tests import: where there is tracing, each span gets its name."""
    monkeypatch.delitem(sys.modules, "opentelemetry.instrumentation.wsgi", raising=False)


def make(folder: Path, files: Mapping[str, str], plans: Plans | None = None, **settings: Any) -> RouteHandlers:
    with pytest.MonkeyPatch.context() as patch:
        if plans is not None:
            patch.setattr("routehandlers._runtime.pipeline.Plans", lambda: plans)
        return RouteHandlers(write_app(folder, files), **settings)


def send(app: RouteHandlers, path: str, host: str = "localhost", **more: Any) -> tuple[str, bytes, dict[str, Any]]:
    """The status and the body of a response, and the environment that it leaves."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        **more,
    }
    started: list[str] = []
    body = app(environ, lambda status, headers, exc_info=None: started.append(status))
    return started[0], b"".join(body), environ


def plans_of(app: RouteHandlers) -> Plans:
    plans = app._pipeline.plans
    assert plans is not None
    return plans


def is_known(app: RouteHandlers, path: str) -> bool:
    """Whether the table has a plan for a path; to look does not count as a use."""
    plans = plans_of(app)
    return path in plans._known.plans or path in plans._unknown.plans


def memory_of(plans: Plans) -> int:
    """Return the bytes of all objects that plans alone hold. (tracemalloc would count other threads, too.)"""
    seen: set[int] = set()

    def weigh(value: Any) -> int:
        if id(value) in seen:
            return 0
        seen.add(id(value))
        if isinstance(value, (Plan, Ready)):
            slots = [getattr(value, name) for name in getattr(type(value), "__slots__", ())]
            return sys.getsizeof(value) + weigh(getattr(value, "__dict__", None)) + sum(map(weigh, slots))
        if isinstance(value, dict):
            return sys.getsizeof(value) + sum(weigh(item) for pair in value.items() for item in pair)
        if isinstance(value, (tuple, list)):
            return sys.getsizeof(value) + sum(map(weigh, value))
        return sys.getsizeof(value) if isinstance(value, (str, int)) else 0

    link = 100  # of the table and its order
    tables = [plans._known.plans, plans._unknown.plans]
    return sum(link + weigh(key) + weigh(plan) for table in tables for key, plan in table.items())


@pytest.mark.uncounted
def test_thousands_of_paths_below_a_cached_catch_all_keep_the_table_within_its_bounds(tmp_path: Path) -> None:
    # It was +824 MB, beside a cache that reported 46 MB.
    app = make(tmp_path, CATCH_ALL)

    for number in range(2_000):
        for _ in range(2):
            send(app, f"/all/{number}{'x' * 4_000}")

    plans = plans_of(app)
    assert MOST_BYTES * 0.9 < plans.size <= MOST_BYTES
    assert 0 < len(plans._known.plans) <= MOST_PATHS


# How a path may be made, for a number.
SHAPES: dict[str, Callable[[int], str]] = {
    "short": lambda number: f"/all/{number}",
    "one segment": lambda number: f"/all/{number}{'x' * 4_000}",
    "many segments": lambda number: f"/all/{number}" + "/ab" * 1_365,
    "short segments": lambda number: f"/all/{number}" + "/a" * 2_000,
    "UTF-8": lambda number: f"/all/{number}" + "\xc3\xa9" * 600,
    "wide": lambda number: f"/all/{number}" + "\xf0\x9f\x8d\xb0" * 600,
}
RULES: dict[str, Any] = {
    "headers": [{"source": "/:path*", "headers": [{"key": "X-Path", "value": ":path"}]}] * 4,
    "redirects": [
        {"source": "/:path*", "destination": "/all", "permanent": True, "has": [{"type": "query", "key": "q"}]}
    ]
    * 4,
}


@pytest.mark.parametrize("settings", [{}, RULES], ids=["bare", "rules"])
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_plans_take_as_much_memory_as_they_say(
    tmp_path: Path, shape: str, times: int, settings: dict[str, Any]
) -> None:
    # The cache is so small that it shares little with plans.
    bound = 2**21
    plans = Plans(most_bytes=bound)
    app = make(tmp_path, CATCH_ALL, plans, cache_max_memory_size=2**18, **settings)
    path_of = SHAPES[shape]
    numbers = iter(range(1_000))
    while plans.size < bound / 4:
        path = path_of(next(numbers))
        for _ in range(times):
            send(app, path)

    size, real = plans.size, memory_of(plans)

    # It may say too much: Python has only one text of each single letter.
    assert size / 8 <= real <= size * 2


def test_plans_do_not_keep_bodies_that_the_cache_has_dropped(tmp_path: Path) -> None:
    # The plan of a hit once held the entry that its headers were made for.
    files = {"big/[id]/route.py": "revalidate = 600\ndef GET(): return b'x' * 50_000"}
    app = make(tmp_path, files, cache_max_memory_size=2**20)
    tracemalloc.start()
    try:
        for number in range(200):
            for _ in range(4):
                send(app, f"/big/{number}")
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert used < 5 * 2**20


@pytest.mark.parametrize("nothing", ["/nothing/{}", "/nothing/{}/", "/nothing//{}", "/all/{}/", "/none%{}"])
@pytest.mark.parametrize("settings", [{}, RULES], ids=["bare", "rules"])
def test_paths_without_a_route_do_not_push_out_plans_of_good_paths(
    tmp_path: Path, nothing: str, settings: dict[str, Any]
) -> None:
    app = make(tmp_path, CATCH_ALL, Plans(most_bytes=100 * 2_000), **settings)
    for _ in range(3):
        send(app, "/all/good")
    assert is_known(app, "/all/good")

    for number in range(300):
        path = nothing.format(number)
        for _ in range(3):
            status, _, _ = send(app, path, RAW_URI=path.replace("%", "%25"))
            assert status[:3] in {"404", "308"}

    assert is_known(app, "/all/good")


def test_paths_that_came_once_have_no_plan(tmp_path: Path) -> None:
    app = make(tmp_path, CATCH_ALL)

    for number in range(100):
        send(app, f"/all/{number}")

    assert plans_of(app).size == 0


ECHO = "def GET(request, context): return str(context.params)"


@pytest.mark.parametrize("constants", ["", "revalidate = 600\n"], ids=["dynamic", "cached"])
def test_params_that_an_outer_layer_changes_are_those_of_one_request(tmp_path: Path, constants: str) -> None:
    # The change to the params of a hit stayed for later requests.
    app = make(tmp_path, {"[id]/[...rest]/route.py": constants + ECHO})

    for _ in range(6):
        _, body, environ = send(app, "/1/a/b")

        params = environ[ROUTING_ARGS][1]
        assert params == {"id": "1", "rest": ["a", "b"]}
        assert body == b"{'id': '1', 'rest': ['a', 'b']}"
        params["id"] = "changed"
        params["rest"].append("changed")
        params["more"] = "changed"


def test_params_that_a_handler_or_middleware_changes_are_those_of_one_request(tmp_path: Path) -> None:
    changes = "def {}(request, context):\n    context.params['rest'].append('x')\n    context.params['id'] += '!'\n"
    files = {
        "[id]/[...rest]/route.py": changes.format("GET") + "    return str(context.params)",
        "[id]/middleware.py": changes.format("middleware"),
    }
    app = make(tmp_path, files)

    bodies = {send(app, "/1/a")[1] for _ in range(5)}

    assert bodies == {b"{'id': '1!!', 'rest': ['a', 'x', 'x']}"}


def test_headers_that_an_outer_layer_changes_are_those_of_one_response(tmp_path: Path) -> None:
    app = make(tmp_path, CATCH_ALL)
    for _ in range(3):
        send(app, "/all/a")
    seen: list[list[tuple[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        seen.append(list(headers))
        headers.append(("X-Changed", "1"))

    environ = send(app, "/all/a")[2]
    for _ in range(3):
        app(dict(environ), start_response)  # type: ignore[arg-type]

    assert all(("X-Changed", "1") not in headers for headers in seen)


def test_a_thousand_foreign_hosts_do_not_keep_the_real_one_off_the_fast_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make(tmp_path, CATCH_ALL)
    for _ in range(3):
        send(app, "/all/a", "real.example")
    for number in range(2_500):
        send(app, "/all/a", f"foreign-{number}.example")

    send(app, "/all/a", "real.example")  # the long way, which notes the host again

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "_answer", lambda *_: pytest.fail("the request went the long way"))
        for _ in range(3):
            assert send(app, "/all/a", "real.example")[:2] == ("200 OK", b"1")


def test_values_of_host_do_not_fill_the_memory(tmp_path: Path) -> None:
    app = make(tmp_path, CATCH_ALL)

    for number in range(2_500):
        send(app, "/all/a", f"foreign-{number}.example")

    assert len(app._pipeline._entrance.good_hosts) <= 1_000
