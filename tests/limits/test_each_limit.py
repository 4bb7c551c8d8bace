"""Reach limits of the manual's page "Limits" that no other test reaches. ``tests/docs/test_limits.py`` lists the tests."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from cache.test_storages import eventually
from conftest import MakeApp

from routehandlers._cache import cache as cache_module
from routehandlers._cache import refresh
from routehandlers._cache.key import LONGEST_KEY, LONGEST_TAG, MOST_TAGS
from routehandlers._cache.refresh import Refresher

COUNTING = """
revalidate = 60
calls = []
def GET(request, context):
    calls.append(1)
    return str(len(calls))
"""


def test_missing_pages_never_push_out_others(make_app: MakeApp) -> None:
    source = """
    from routehandlers.navigation import not_found
    revalidate = 60
    calls = []
    def GET(request, context):
        if context.params["path"][0] == "missing": not_found()
        calls.append(1)
        return str(len(calls))
    """
    app = make_app({"[...path]/route.py": source}, cache_max_memory_size=400_000)
    client = app.test_client()
    client.get("/good")

    for number in range(2_000):
        client.get(f"/missing/{number}")

    memory = app.cache.store.memory
    assert client.get("/good").text == "1"
    assert 0 < memory.size <= 400_000 / 16 + 2_000  # one good entry


def test_a_response_with_a_long_key_is_sent_and_not_stored(make_app: MakeApp) -> None:
    client = make_app({"[...path]/route.py": COUNTING}).test_client()

    def texts(length: int) -> list[str]:
        return [client.get("/" + "x" * length).text for _ in range(2)]

    assert texts(LONGEST_KEY - 100) == ["1", "1"]
    assert texts(LONGEST_KEY) == ["2", "3"]


def test_tags_over_the_limits_are_dropped_and_logged(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    source = f"""
    from routehandlers.cache import cache_tag, revalidate_tag
    revalidate = 60
    calls = []
    def GET():
        calls.append(1)
        cache_tag("x" * {LONGEST_TAG + 1}, *[f"tag{{number}}" for number in range({MOST_TAGS + 1})])
        return str(len(calls))
    def POST(request): revalidate_tag(request.text(), {{"expire": 0}})
    """
    client = make_app({"x/route.py": source}).test_client()

    def text_after_purge(tag: str) -> str:
        client.post("/x", data=tag)
        return client.get("/x").text

    assert client.get("/x").text == "1"
    assert text_after_purge(f"tag{MOST_TAGS}") == "1"
    assert text_after_purge(f"tag{MOST_TAGS - 1}") == "2"
    assert "characters, 256 are allowed" in caplog.text
    assert f"The tag 'tag{MOST_TAGS}' and those after it are dropped: 128 tags are allowed" in caplog.text


def test_further_refreshes_wait() -> None:
    refresher, go, running = Refresher(), threading.Event(), []

    def run() -> None:
        running.append(1)
        go.wait(60)

    for number in range(10):
        assert refresher.submit(f"key {number}", run)

    assert eventually(lambda: len(running) == refresh._MOST_THREADS)
    assert refresher._threads == refresh._MOST_THREADS
    go.set()
    assert eventually(lambda: len(running) == 10)


def test_requests_render_themselves_while_too_many_refreshes_wait(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresher, go = Refresher(), threading.Event()
    taken = [refresher.submit(f"key {number}", lambda: bool(go.wait(60)) or None) for number in range(1_001)]
    app = make_app({"x/route.py": COUNTING.replace("60", "1")})
    monkeypatch.setattr(app.cache, "_refresher", refresher)
    client = app.test_client()
    client.get("/x")
    later = time.time() + 10
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: later)
        text = client.get("/x").text
    go.set()

    assert taken == [True] * 1_000 + [False]
    assert text == "2"


def test_a_full_table_of_responses_that_are_not_stored_starts_again(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_MOST_UNSTORABLE", 50)
    source = "revalidate = 60\ndef GET(request, context): return request.headers.get('X-Who', 'none')\n"
    app = make_app({"[...path]/route.py": source})
    client = app.test_client()
    sizes: list[Any] = []

    for number in range(120):
        client.get(f"/{number}")
        sizes.append(len(app.cache._unstorable))

    assert max(sizes) == 50
    assert sizes[50] == 1
    assert client.get("/1", headers={"X-Who": "me"}).text == "me"
