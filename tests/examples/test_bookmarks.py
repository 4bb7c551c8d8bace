"""The bookmark service under gunicorn with two workers, and its page in a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from browser import open_browser
from servers import Server, serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "bookmarks"


@pytest.fixture(params=["gthread", "gevent"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    env = {"BOOKMARKS_DB": str(tmp_path / "bookmarks.sqlite3")}
    with serve(
        "routehandlers:create_app()", cwd=EXAMPLE, worker=request.param, env=env, options=("--workers", "2")
    ) as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that change nothing."""
    env = {"BOOKMARKS_DB": str(tmp_path_factory.mktemp("shared") / "bookmarks.sqlite3")}
    with serve("routehandlers:create_app()", cwd=EXAMPLE, env=env) as started:
        yield started


def call(server: Server, method: str, target: str, data: Any = None) -> tuple[int, Any]:
    answer = server.request(method, target, body=json.dumps(data) if data is not None else None)
    return answer.status, json.loads(answer.body) if answer.body else None


def test_a_bookmark_lives_from_its_creation_to_its_end(server: Server) -> None:
    status, made = call(server, "POST", "/bookmarks", {"url": "https://a.example/", "title": "A", "tags": ["x", "y"]})
    assert (status, made["slug"], made["tags"], made["visits"]) == (201, "k1", ["x", "y"], 0)
    assert call(server, "GET", "/bookmarks/1") == (200, made)

    assert call(server, "PATCH", "/bookmarks/1", {"title": "B", "tags": ["z"]})[1] == {
        **made,
        "title": "B",
        "tags": ["z"],
    }

    followed = server.request("GET", "/go/k1")
    assert (followed.status, followed.header("Location")) == (307, "https://a.example/")
    assert call(server, "GET", "/bookmarks/1")[1]["visits"] == 1

    assert server.request("DELETE", "/bookmarks/1").status == 204
    assert [
        call(server, method, "/bookmarks/1", body)[0]
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {}))
    ] == [404] * 3
    assert server.request("GET", "/go/k1").status == 404


def test_a_list_is_filtered_sorted_and_paged(server: Server) -> None:
    for name in ("one", "two", "three"):
        call(
            server,
            "POST",
            "/bookmarks",
            {"url": f"https://{name}.example/", "title": name, "tags": ["odd"] if name != "two" else []},
        )
    server.request("GET", "/go/k2")

    def titles(query: str) -> list[str]:
        return [bookmark["title"] for bookmark in call(server, "GET", f"/bookmarks?{query}")[1]["bookmarks"]]

    assert titles("") == ["three", "two", "one"]
    assert titles("sort=title") == ["one", "three", "two"]
    assert titles("sort=-visits&limit=1") == ["two"]
    assert titles("tag=odd&offset=1") == ["one"]
    assert titles("q=TW") == ["two"]
    assert titles("q=%25") == titles("q='") == titles("tag=';--") == []


@pytest.mark.parametrize(
    ("method", "target", "data"),
    [
        ("POST", "/bookmarks", {}), ("POST", "/bookmarks", []), ("POST", "/bookmarks", {"url": "javascript:alert(1)"}),
        ("POST", "/bookmarks", {"url": "https://a.example/\r\nX: 1"}), ("POST", "/bookmarks", {"url": "https://["}),
        ("POST", "/bookmarks", {"url": "https://a.example/", "nope": 1}), ("POST", "/bookmarks", {"url": "https://a.example/", "tags": "x"}),
        ("POST", "/bookmarks", {"url": "https://a.example/", "title": ""}), ("GET", "/bookmarks?sort=nope", None),
        ("GET", "/bookmarks?limit=-1", None), ("GET", "/bookmarks?limit=x", None), ("GET", "/bookmarks?limit=101", None),
    ],
)  # fmt: skip
def test_bad_input_is_a_400_that_says_what_to_send(shared: Server, method: str, target: str, data: Any) -> None:
    status, problem = call(shared, method, target, data)

    assert status == 400
    assert problem["detail"]


@pytest.mark.parametrize("target", ["/bookmarks/x", "/bookmarks/" + "9" * 30, "/bookmarks/9", "/go/nope"])
def test_what_is_not_there_is_a_404(shared: Server, target: str) -> None:
    assert call(shared, "GET", target)[0] == 404


def test_the_feed_is_xml_with_the_newest_first(server: Server) -> None:
    for title in ("<one> & two", "three"):
        call(server, "POST", "/bookmarks", {"url": "https://a.example/?a=1&b=2", "title": title})

    feed = ElementTree.fromstring(server.request("GET", "/rss.xml").body)

    assert [item.findtext("title") for item in feed.iter("item")] == ["three", "<one> & two"]
    assert re.search(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", feed.findtext("channel/item/pubDate") or "")


def test_visits_are_streamed_whichever_worker_counts_them_and_resumed(server: Server) -> None:
    call(server, "POST", "/bookmarks", {"url": "https://a.example/"})

    with server.connect() as connection:
        connection.sendall(b"GET /visits HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"text/event-stream" in connection.recv(4096)
        for _ in range(3):  # the head of the answer leaves after the handler has read the last visit
            server.request("GET", "/go/k1")
        _read_until(connection, b"id: 3\n")

    with server.connect() as connection:
        connection.sendall(b"GET /visits HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 1\r\n\r\n")
        data = _read_until(connection, b"id: 3\n")

    assert b"id: 2\n" in data
    assert b"id: 1\n" not in data


def _read_until(connection: Any, wanted: bytes) -> bytes:
    data = b""
    while wanted not in data:
        part = connection.recv(4096)
        assert part
        data += part
    return data


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    with open_browser(tmp_path) as driver:
        yield driver


def test_the_page_shows_a_visit_when_it_happens(server: Server, browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    def shown(selector: str) -> str:
        return str(browser.find_element(By.CSS_SELECTOR, selector).text)

    browser.get(server.url)
    _until(lambda: shown("#state") == "live")
    browser.find_element(By.NAME, "url").send_keys("https://a.example/")
    browser.find_element(By.NAME, "title").send_keys("<b>An example</b>")
    browser.find_element(By.TAG_NAME, "button").click()
    _until(lambda: "<b>An example</b>\n0 visits" in shown("#links"))

    server.request("GET", "/go/k1")

    _until(lambda: "<b>An example</b>" in shown("#visits"))
    _until(lambda: "1 visit" in shown("#links"))
    browser.save_screenshot(str(tmp_path / "page.png"))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
