"""Refreshes that hang: other routes are refreshed nevertheless."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from cache.test_storages import eventually
from conftest import MakeApp

from routehandlers._cache import cache as cache_module
from routehandlers._cache import refresh as refresh_module
from routehandlers._cache.refresh import Refresher


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """An event for which stuck refreshes wait. It is set at the end, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def hang(go: threading.Event) -> Callable[[], None]:
    return lambda: bool(go.wait(60)) or None


@pytest.fixture(autouse=True)
def _soon_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_module, "LONGEST_REFRESH", 0.1)


def test_four_refreshes_that_never_end_do_not_keep_another_from_running(
    hang: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    refresher, done = Refresher(), threading.Event()
    for number in range(4):
        assert refresher.submit(f"stuck {number}", hang)
    assert eventually(lambda: all(refresher.is_stuck(f"stuck {number}") for number in range(4)))

    assert refresher.submit("other", done.set)

    assert done.wait(10)
    told = [record.getMessage() for record in caplog.records]
    assert [message.partition(" has")[0] for message in told] == [f"The refresh of stuck {n}" for n in range(4)]
    assert refresher.submit("stuck 0", done.set) is False  # the caller renders


def test_refreshes_that_waited_behind_stuck_ones_run(hang: Callable[[], None]) -> None:
    refresher, done = Refresher(), [threading.Event() for _ in range(3)]
    for number in range(4):
        refresher.submit(f"stuck {number}", hang)
    for number, event in enumerate(done):
        refresher.submit(f"waiting {number}", event.set)
    assert eventually(lambda: all(refresher.is_stuck(f"stuck {number}") for number in range(4)))

    refresher.submit("stuck 0", hang)  # any request for a stale entry

    assert all(event.wait(10) for event in done)


def test_the_number_of_stuck_threads_is_bounded(hang: Callable[[], None]) -> None:
    refresher = Refresher()
    before = threading.active_count()

    for number in range(60):
        refresher.submit(f"stuck {number}", hang)
        if number < 20:
            key = f"stuck {number}"
            assert eventually(lambda: refresher.is_stuck(key))  # noqa: B023  # it is called at once

    assert threading.active_count() - before <= 20
    assert refresher._stuck == 16


def test_a_stuck_refresh_that_ends_after_all_ends_its_thread(hang: Callable[[], None], go: threading.Event) -> None:
    refresher, done = Refresher(), threading.Event()
    refresher.submit("stuck", hang)
    assert eventually(lambda: refresher.is_stuck("stuck"))
    refresher.submit("other", done.set)
    assert done.wait(10)

    go.set()

    assert eventually(lambda: (refresher._stuck, refresher._threads, len(refresher._begun)) == (0, 1, 0))
    again = threading.Event()
    assert refresher.submit("stuck", again.set)
    assert again.wait(10)


def test_other_routes_are_refreshed_while_four_hang(make_app: MakeApp, storage: str) -> None:
    hanging = """
    import itertools, threading
    revalidate = 0.01
    calls, go = itertools.count(1), threading.Event()
    def GET(request, context):
        number = next(calls)
        if number > 4: go.wait(60)
        return str(number)
    """
    naming = "import threading\nrevalidate = 0.01\ndef GET(): return threading.current_thread().name"
    app = make_app({"hanging/[n]/route.py": hanging, "x/route.py": naming}, cache=storage)
    client = app.test_client()
    for number in range(4):
        client.get(f"/hanging/{number}")
    client.get("/x")
    time.sleep(0.02)  # until they are stale
    for number in range(4):
        client.get(f"/hanging/{number}")

    try:
        assert eventually(lambda: client.get("/x").text == "routehandlers-refresh")
    finally:
        app.load("/hanging/[n]").go.set()


def test_a_stuck_refresh_does_not_replace_what_was_rendered_in_its_place(
    make_app: MakeApp, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "LONGEST_REFRESH", 0.1)
    source = """
    import itertools, threading
    revalidate = 0.01
    calls, begun, go = itertools.count(1), threading.Event(), threading.Event()
    def GET():
        number = next(calls)
        if number == 2:
            begun.set()
            go.wait(60)
        return str(number)
    """
    app = make_app({"x/route.py": source}, cache=storage)
    client, module = app.test_client(), app.load("/x")
    client.get("/x")
    (entry,) = app.cache.store.handler.entries()
    assert eventually(lambda: client.get("/x") and module.begun.is_set())
    refresher = app.cache._refresher
    assert eventually(lambda: refresher.is_stuck(entry.key))
    assert client.get("/x").text == "3"

    module.go.set()

    assert eventually(lambda: not refresher._begun)
    assert [entry.body for entry in app.cache.store.handler.entries()] == [b"3"]
