"""The example with everything that stands around a handler, over a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "storefront"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve("routehandlers:create_app()", cwd=EXAMPLE) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "status", "headers", "body"),
    [
        ("/items/hat", 200, {"X-Shop": "storefront"}, b'{"slug":"hat","price":25}'),
        ("/admin/orders", 401, {"WWW-Authenticate": "Bearer"}, b'{"error":"Staff only."}'),
        ("/shop/hat", 308, {"Location": "/items/hat"}, b"/items/hat"),
        ("/i/hat", 200, {"X-Shop": "storefront"}, b'{"slug":"hat","price":25}'),
        ("/items/sock", 404, {}, b'{"error":"We never had that.","see":"/sitemap.xml"}'),
        ("/items/hat/nothing", 404, {}, b'{"error":"We never had that.","see":"/sitemap.xml"}'),
        ("/items/broken", 500, {}, b'{"error":"Something broke, and we were told."}'),
        ("/robots.txt", 200, {"Content-Type": "text/plain; charset=utf-8"}, None),
        ("/sitemap.xml", 200, {"Cache-Control": "public, max-age=0, must-revalidate"}, None),
        ("/icon.svg", 200, {"Cache-Control": "public, max-age=0, must-revalidate"}, None),
        ("/items/a%3Cb/opengraph-image", 200, {"Content-Type": "image/svg+xml"}, None),
    ],
)  # fmt: skip
def test_each_line_of_the_table_shows_what_it_says(
    server: Server, path: str, status: int, headers: dict[str, str], body: bytes | None
) -> None:
    answer = server.request("GET", path)

    assert answer.status == status
    assert {name: answer.header(name) for name in headers} == headers
    assert body is None or answer.body == body


def test_staff_is_let_in(server: Server) -> None:
    answer = server.request("GET", "/admin/orders", headers={"Authorization": "Bearer ann", "X-User": "forged"})

    assert answer.body == b'{"orders":[],"user":"ann"}'
    assert (answer.header("Server-Timing") or "").startswith("app;dur=")


def test_pages_of_one_origin_may_use_the_api(server: Server) -> None:
    for _ in range(3):  # made, stored, and from the cache
        answer = server.request("GET", "/api/items", headers={"Origin": "https://app.example.com"})
        assert answer.header("Access-Control-Allow-Origin") == "https://app.example.com"
        assert answer.header("Cache-Control") == "private, no-cache"
    assert (
        server.request("GET", "/api/items", headers={"Origin": "https://evil.example"}).header(
            "Access-Control-Allow-Origin"
        )
        is None
    )


def test_the_log_has_what_instrumentation_was_told(server: Server) -> None:
    server.request("GET", "/items/broken")

    assert server.logs().count("A worker is ready.") == 1
    assert "GET /items/broken (/items/[slug]): RuntimeError('the till is on fire')" in server.logs()
