"""Purges that the storage did not accept at once: when they are tried, and that none is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import entry, eventually
from conftest import MakeApp
from relay import relay_to

from routehandlers._cache import cache as cache_module
from routehandlers._cache import owed as owed_module
from routehandlers._cache.breaker import FailureLog
from routehandlers._cache.owed import OwedPurges
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import Lock, Purges, open_cache_handler
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler


class Flaky(FilesystemCacheHandler):
    """A storage whose purges fail while it is down.

    :ivar tries: Number of tries so far.
    """

    is_down = False
    tries = 0

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        self.tries += 1
        if self.is_down:
            raise OSError("no answer")
        return super().expire_tags(tags, until)


@pytest.fixture
def flaky(tmp_path: Path) -> Flaky:
    return Flaky(tmp_path / "cache")


# When a purge is tried ------------------------------------------------------


def test_a_purge_after_a_failed_one_is_tried_at_once(flaky: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 60.0)  # the thread sends nothing meanwhile
    store = Store(flaky, 2**20)
    flaky.is_down = True
    assert store.expire_tags(["a"]) is False
    flaky.is_down = False
    other = Store(FilesystemCacheHandler(flaky.directory), 2**20)
    other.save(entry(tags=("b",), mark=other.mark()))

    assert store.expire_tags(["b"]) is True

    assert other.find("k") is None


def test_a_purge_is_tried_after_other_operations_have_failed(flaky: Flaky) -> None:
    store = Store(flaky, 2**20)
    for breaker in (store._purges_breaker, store._get_breaker, store._set_breaker):
        breaker.fail(OSError("no answer"))

    assert store.expire_tags(["a"]) is True


@pytest.mark.parametrize("how", ["silent", "closed"])
def test_a_purge_on_a_connection_that_was_dropped_while_idle_is_accepted(redis_server: Any, how: str) -> None:
    with relay_to(redis_server.port) as relay:
        store = Store(open_cache_handler(f"redis://127.0.0.1:{relay.port}?prefix=nat-{how}", 1), 2**20)
        assert store.expire_tags(["a"]) is True
        if how == "silent":
            relay.forget()
        else:
            redis_server_kills_clients(redis_server.port)

        assert store.expire_tags(["a"]) is True


def redis_server_kills_clients(port: int) -> None:
    import redis

    with redis.Redis(port=port) as client:
        client.client_kill_filter(_type="normal", skipme=True)


# None is lost ---------------------------------------------------------------


def test_a_purge_that_is_queued_while_the_thread_ends_is_sent(flaky: Flaky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 0.0)

    class Watched(OwedPurges):
        """Queues a purge at the moment of the thread's last look at the queue."""

        is_late = False

        @property
        def is_clear(self) -> bool:
            is_last_look = threading.current_thread().name == "routehandlers-owed" and not self._sending.locked()
            seen = self._is_clear
            if seen and is_last_look and not self.is_late:
                self.is_late = flaky.is_down = True
                late = threading.Thread(target=self.send, args=(["late"], 0.0))
                late.start()
                late.join(0.5)  # it either gets through in this time, or waits for this thread
                flaky.is_down = False
            return seen

        @is_clear.setter
        def is_clear(self, value: bool) -> None:
            self._is_clear = value

    other = Store(FilesystemCacheHandler(flaky.directory), 2**20)
    other.save(entry(tags=("late",), mark=other.mark()))
    owed = Watched(flaky, FailureLog())
    flaky.is_down = True
    owed.send(["early"], 0.0)
    flaky.is_down = False

    assert eventually(lambda: other.find("k") is None)
    assert owed.is_late


def test_revalidate_returns_whether_the_storage_has_the_purge(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 60.0)  # the thread sends nothing meanwhile
    source = """
    from routehandlers.cache import revalidate_path, revalidate_tag
    def POST(): return [revalidate_tag("posts"), revalidate_tag("posts", "max"), revalidate_path("/x")]
    """
    flaky = Flaky(tmp_path / "cache")
    app = make_app({"do/route.py": source, "[any]/route.py": "def GET(): return 'x'"}, cache=flaky)

    def purge() -> list[bool]:
        return [*app.test_client().post("/do").json, app.cache.revalidate_tag("a"), app.cache.revalidate_path("/a")]

    assert purge() == [True] * 5
    flaky.is_down = True
    assert purge() == [False] * 5
    flaky.is_down = False
    assert purge() == [True] * 5
    # At once, and not only once a minute: the second failure is as bad as the first.
    told = [record.getMessage() for record in caplog.records if "has not accepted the purge of" in record.getMessage()]
    assert len(told) == 5
    assert caplog.records[0].getMessage() == told[0]  # without a second message about the same failure
    assert caplog.records[1].getMessage() == told[1]
    assert "'posts'" in told[0]
    assert "no answer" in told[0]


def test_memory_has_every_purge_and_an_invalid_one_is_in_no_storage(make_app: MakeApp) -> None:
    cache = make_app({"route.py": "def GET(): return 'x'"}).cache

    assert cache.revalidate_tag("a") is True
    assert cache.revalidate_path("/a", "layout") is True
    assert cache.revalidate_tag("a" * 300) is False
    assert cache.revalidate_path("no-slash") is False


def test_more_purges_than_are_kept_become_one_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_module, "_MOST_CHARACTERS", 1_000)
    flaky = Flaky(tmp_path / "cache")
    store, other = Store(flaky, 2**20), Store(FilesystemCacheHandler(flaky.directory), 2**20)
    other.save(entry(tags=("never purged",), mark=other.mark()))
    flaky.is_down = True

    for number in range(100):
        assert store.expire_tags([f"tag {number}"]) is False
    assert len(store._owed._queue) < 20
    flaky.is_down = False

    assert eventually(lambda: other.find("k") is None)
    assert eventually(lambda: store.purges() is not None)


# A route whose first render waits.
WAITS_FIRST = """
import itertools, threading
revalidate = False
calls = itertools.count(1)
begun, go = threading.Event(), threading.Event()
def GET():
    number = next(calls)
    if number == 1:
        begun.set()
        go.wait(30)
    return str(number)
"""


def test_while_the_storage_is_down_a_request_does_not_join_a_render_from_before_a_purge(
    make_app: MakeApp, tmp_path: Path
) -> None:
    flaky = Flaky(tmp_path / "cache")
    app = make_app({"x/route.py": WAITS_FIRST}, cache=flaky)
    module = app.load("/x")
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(lambda: app.test_client().get("/x").text)
        assert module.begun.wait(10)
        joined = pool.submit(lambda: app.test_client().get("/x").text)  # before the purge
        flaky.is_down = True
        app.cache.revalidate_tag("anything")

        assert app.test_client().get("/x").text in {"2", "3"}  # while the first render still runs

        module.go.set()
        assert first.result(20) == "1"
        assert joined.result(20) in {"1", "2", "3"}  # without the storage, requests do not share a render
    flaky.is_down = False


@pytest.mark.parametrize("is_down_first", [True, False], ids=["down before the render", "down after the purge"])
def test_while_the_storage_is_down_for_a_process_its_requests_do_not_share_a_render_from_before_a_purge_elsewhere(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_down_first: bool
) -> None:
    monkeypatch.setattr(cache_module, "DEADLINE", 60.0)  # the first render does not count as stuck

    class Unreachable(Flaky):
        def purges(self) -> Purges:
            if self.is_down:
                raise OSError("no answer")
            return super().purges()

        @contextmanager
        def lock(self, key: str, timeout: float) -> Iterator[Lock]:
            if self.is_down:
                raise OSError("no answer")
            with super().lock(key, timeout) as lock:
                yield lock

    here, elsewhere = Unreachable(tmp_path / "cache"), Store(Flaky(tmp_path / "cache"), 2**20)
    app = make_app({"x/route.py": WAITS_FIRST}, cache=here)
    module = app.load("/x")
    here.is_down = is_down_first
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(lambda: app.test_client().get("/x").text)
        assert module.begun.wait(10)
        assert elsewhere.expire_tags(["anything"]) is True
        here.is_down = True
        try:
            later = pool.submit(lambda: app.test_client().get("/x").text)
            assert later.result(20) in {"2", "3"}  # while the first render still runs
        finally:
            module.go.set()
        assert first.result(20) == "1"
    here.is_down = False
