"""The tables of ``benchmarks/``, with a few calls of each candidate. No test asserts a time."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def table(name: str) -> ModuleType:
    """Import a module of ``benchmarks/``, without the checkout on the path: the installed package is tested."""
    if "benchmarks" not in sys.modules:
        spec = importlib.util.spec_from_file_location("benchmarks", ROOT / "benchmarks" / "__init__.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["benchmarks"] = package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module(f"benchmarks.{name}")


around, calls, over_http, peers, shapes, start, timing, walk = map(
    table, ("around", "calls", "over_http", "peers", "shapes", "start", "timing", "walk")
)


@pytest.fixture(autouse=True)
def _few_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "OTHERS", 1)
    monkeypatch.setattr(shapes, "EACH", 8)  # the paths ask for the eighth


def application(body: bytes, status: str = "200 OK") -> Any:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Type", "application/json")])
        return [body]

    return app


def test_whatever_stands_around_a_handler_answers_as_the_peers_do() -> None:
    results = around.measure(calls=2, rounds=1)

    ours = {around.name_of(name, kind) for name in around.AROUND for kind in around.KINDS}
    assert results.keys() == ours | around.PEERS.keys()
    assert all(f"\n| {name} | " in around.show(results) for name in (*around.AROUND, *around.PEERS))


def test_each_goal_around_a_handler_is_a_bound() -> None:
    times = {around.name_of(name, kind): 3.0 for name in around.AROUND for kind in around.KINDS}

    bounds = around.bounds(times | dict.fromkeys(around.PEERS, 2.0))

    assert len(bounds) == sum(len(row.goals) for row in around.AROUND.values()) == 16
    assert {(what, value) for what, value, _ in bounds if what.endswith(around.FALCON_CORS)} == {
        ("`cors()`, one origin, a dynamic GET, each path new / Falcon, cors_enable", 1.5),
        ('`cors()`, `"*"`, a dynamic GET, each path new / Falcon, cors_enable', 1.5),
    }


def test_a_middleware_that_no_request_meets_is_not_measured(tmp_path: Path) -> None:
    row = around.AROUND["a no-op root `middleware.py`"]
    app = around._ours(tmp_path, row._replace(files={}))

    with pytest.raises(AssertionError, match="no-op"):
        around._check_ours("no-op", app, row)


def test_a_header_that_is_missing_is_not_measured() -> None:
    environs = partial(around._environs, around.GET, 1)

    with pytest.raises(AssertionError, match="headless"):
        around._check_headers("headless", application(b"{}"), environs, {"x-around": "1"})


def test_all_shapes_of_routes_answer_as_the_peers_do_and_all_but_one_have_a_bound() -> None:
    results = shapes.measure(calls=2, rounds=1)

    assert results.keys() == shapes.SHAPES.keys()
    assert [bound for _, _, bound in shapes.bounds(results)] == [0.8] + [0.9] * (len(shapes.SHAPES) - 2)
    assert all(f"\n| {name} | " in shapes.show(results) for name in shapes.SHAPES)


def test_each_start_answers_and_has_a_bound() -> None:
    results = start.measure(files=2, rounds=1)

    assert list(results) == [start.OURS, start.SAME, start.FLAT]
    assert [(what, bound) for what, _, bound in start.bounds(results)] == [
        ("start, routehandlers / Flask, the same folders", 1.2),
        ("start, routehandlers / Flask, one package", 0.7),
    ]
    assert "(0.7) |" in start.show(results)


@pytest.fixture(scope="module")
def walks() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        # Other tests import it, and where there is tracing each request makes one call more.
        patch.delitem(sys.modules, "opentelemetry.instrumentation.wsgi", raising=False)
        return walk.measure()


@pytest.mark.parametrize("name", walk.WALKS)
def test_a_request_does_not_walk_further_than_its_bound(walks: Any, name: str) -> None:
    steps = walks[name]

    called = "\n".join(f"{module} {function}" for module, function in steps)
    assert 0 < len(steps) <= walk.WALKS[name].most, f"These functions were called:\n{called}"


def test_a_walk_has_the_calls_of_the_library_in_their_order() -> None:
    segments = importlib.import_module("routehandlers._routing.segments")

    steps = walk.walk(lambda: [segments.parse_segment(name) for name in ("[id]", "shop")])

    assert [step.module for step in steps if step.function == "parse_segment"] == ["_routing.segments"] * 2


def test_each_walk_has_a_row_and_each_request_a_bound(walks: Any) -> None:
    assert all(f"\n| {name} | {len(steps)} | " in walk.show(walks) for name, steps in walks.items())
    assert [name for name, _, _ in walk.bounds(walks)] == [f"calls of {name}" for name in walk.WALKS]


@pytest.mark.parametrize("other", [application(b'{"a":2}'), application(b'{"a":1}', "404 Not Found")])
def test_a_candidate_that_answers_otherwise_is_not_measured(other: Any) -> None:
    apps = {"right": application(b'{"a":1}'), "other": other}

    with pytest.raises(AssertionError, match="other"):
        calls.check_equal(apps, lambda turn: [{}])


def test_a_missed_bound_is_counted_and_named() -> None:
    lines, missed = timing.verdicts([("a / b", 0.8, 0.8), ("c / d", 1.25, 0.9)])

    assert lines == ["held   a / b: 0.80 (at most 0.8)", "MISSED c / d: 1.25 (at most 0.9)"]
    assert missed == 1


def test_the_table_of_servers_compares_each_row_with_the_bare_function() -> None:
    figures = {name: {"clock": 200.0, "processor": 150.0} for name in over_http.CASES}
    figures[over_http.BARE] = {"clock": 100.0, "processor": 100.0}

    shown = over_http.show({"a server": figures})

    assert "| a server | 5,000 (0.50) | 5,000 (0.50) | 10,000 (1.00) | 5,000 (0.50) | 5000 |" in shown
    assert "| a server | 150 µs (1.50) | 150 µs (1.50) | 100 µs (1.00) | 150 µs (1.50) |" in shown


def test_a_server_answers_each_case_of_the_table(tmp_path: Path) -> None:
    servers = table("servers")
    assert "gunicorn sync" in servers.kinds()
    peers.write_routes(tmp_path)

    with servers.serve("gunicorn sync", over_http.APPS[over_http.OURS], tmp_path) as worker:
        assert over_http._round(worker, over_http.Case(over_http.OURS, requests=2), iter(range(99))) > 0
