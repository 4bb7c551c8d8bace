"""The example that moves from Flask, on Flask's own server and under gunicorn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, free_port, run, serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "flask_shop"


@pytest.fixture(scope="module", params=["flask run", "gunicorn"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "gunicorn":
        with serve("shop:create_app()", cwd=EXAMPLE) as started:
            yield started
        return
    port = free_port()
    with run(
        [sys.executable, "-m", "flask", "--app", "shop", "run", "--port", str(port)], port, cwd=EXAMPLE
    ) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/api/items?max=20", 200, [{"slug": "a/b", "price": 9}]),
        ("/api/items/a%2Fb", 200, {"slug": "a/b", "price": 9, "url": "/api/items/a%2Fb"}),
        ("/api/items/sock", 404, {"error": "We never had that."}),
        ("/api/nowhere", 404, {"error": "We never had that."}),
        ("/api/orders", 200, {"orders": [], "user": None}),
    ],
)
def test_each_line_of_the_readme_shows_what_it_says(server: Server, path: str, status: int, body: object) -> None:
    answer = server.request("GET", path)

    assert (answer.status, json.loads(answer.body)) == (status, body)


def test_the_session_of_the_old_views_is_that_of_the_new_routes(server: Server) -> None:
    json_type = {"Content-Type": "application/json"}
    login = server.request("POST", "/api/login", headers=json_type, body='{"user": "ada"}')
    cookie = {"Cookie": (login.header("Set-Cookie") or "").partition(";")[0]}

    changed = server.request("PUT", "/api/items/cap", headers={**json_type, **cookie}, body='{"price": 99}')
    visits = server.request("GET", "/api/visits", headers=cookie)

    assert json.loads(changed.body) == {"slug": "cap", "price": 99}
    assert visits.body == b"visit 0 of ada\nvisit 1 of ada\nvisit 2 of ada\n"
    assert server.request("PUT", "/api/items/cap", headers=json_type, body='{"price": 1}').status == 401


def test_the_cached_route_is_called_once_and_its_answer_private_behind_before_request(server: Server) -> None:
    first, second = server.request("GET", "/api/stock/hat"), server.request("GET", "/api/stock/hat")

    assert first.body == second.body
    assert (second.header("Cache-Status") or "").startswith("routehandlers; hit")
    assert second.header("Cache-Control") == "private, no-cache"


def test_flask_routes_lists_both_kinds() -> None:
    command = [sys.executable, "-m", "flask", "--app", "shop", "routes"]

    listed = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=True).stdout

    assert "old.orders" in listed
    assert "api./items/[slug]" in listed
