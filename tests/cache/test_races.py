"""What happens between two steps: each of these once lost a purge, a lock or a whole cache."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import entry
from conftest import MakeApp
from servers import free_port, run_redis

from routehandlers import RouteHandlers
from routehandlers._cache import store as store_module
from routehandlers._cache.freshness import Freshness
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import open_cache_handler
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler

SLOW = """
import itertools, threading
from routehandlers.cache import cache_tag, cached
revalidate = False
calls = itertools.count(1)
begun, go = threading.Event(), threading.Event()
@cached(tags=("t",))
def inner():
    number = next(calls)
    if number == 1:
        begun.set()
        go.wait(10)
    return f"{number}"
def GET(): return inner()
"""


def test_who_comes_after_a_purge_does_not_join_a_render_from_before_it(make_app: MakeApp, storage: str) -> None:
    app = make_app(
        {"x/route.py": SLOW, "y/route.py": "revalidate = False\nX = []\ndef GET(): return X[0]()"}, cache=storage
    )
    module = app.load("/x")
    app.load("/y").X.append(module.inner)
    answers: dict[str, str] = {}

    def get(path: str) -> None:
        answers[path] = app.test_client().get(path).text

    first = threading.Thread(target=get, args=("/x",))
    first.start()
    assert module.begun.wait(10)
    app.cache.revalidate_tag("t")
    second = threading.Thread(target=get, args=("/y",))
    second.start()
    time.sleep(0.2)
    module.go.set()
    first.join()
    second.join()

    assert answers == {"/x": "1", "/y": "2"}
    assert [app.test_client().get("/y").text for _ in range(3)] == ["2"] * 3


def test_many_who_find_a_render_purged_end_without_an_error(make_app: MakeApp) -> None:
    source = "import itertools, time\nfrom routehandlers.cache import cache_tag\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET():\n    cache_tag('t')\n    number = next(calls)\n    time.sleep(0.002)\n    return str(number)"
    app = make_app({"x/route.py": source})
    wrong: list[Any] = []

    def work() -> None:
        client = app.test_client()
        for _ in range(60):
            before = int(client.get("/x").text)
            app.cache.revalidate_tag("t")
            answer = client.get("/x")
            if answer.status_code != 200 or int(answer.text) <= before:
                wrong.append((before, answer.text))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_purge_between_judging_and_noting_is_seen_by_the_next_hit(
    make_app: MakeApp, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import itertools\nfrom routehandlers.cache import cache_tag\nrevalidate = False\ncalls = itertools.count(1)\ndef GET():\n    cache_tag('t')\n    return str(next(calls))"
    app = make_app({"x/route.py": source}, cache=storage)
    client = app.test_client()
    client.get("/x")
    judge = store_module.freshness_of

    def judge_and_purge(*arguments: Any) -> Freshness:
        freshness = judge(*arguments)
        monkeypatch.setattr(store_module, "freshness_of", judge)
        app.cache.revalidate_tag("t")
        return freshness

    monkeypatch.setattr(store_module, "freshness_of", judge_and_purge)
    client.get("/x")

    assert [client.get("/x").text for _ in range(3)] == ["2"] * 3


@pytest.mark.parametrize("storage", ["file", "redis"], indirect=True)
def test_a_refresh_elsewhere_with_the_same_body_is_taken_over(storage: str) -> None:
    one, other = (Store(open_cache_handler(storage, 2**20), 2**20) for _ in range(2))
    old = entry(mark=one.mark(), created=time.time() - 100, revalidate=60.0)
    one.save(old)
    assert other.find("k")[1] is Freshness.STALE  # type: ignore[index]

    one.save(replace(old, created=time.time()))

    assert other.find("k")[1] is Freshness.FRESH  # type: ignore[index]


def test_a_lock_is_given_back_whatever_has_failed_meanwhile(tmp_path: Path) -> None:
    store = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    with store.lock("k", 1) as lock:
        assert lock.is_held
        store._getting.fail(OSError("a read of another key"))
        store._reading.fail(OSError("and the purges"))

    begun = time.monotonic()
    with FilesystemCacheHandler(tmp_path / "cache").lock("k", 5) as again:
        assert again.is_held
    assert time.monotonic() - begun < 1


def test_a_purge_that_the_storage_could_not_take_comes_before_anything_is_served(tmp_path: Path) -> None:
    class Flaky(FilesystemCacheHandler):
        is_down = False

        def expire_tags(self, tags: Any, until: float | None = 0.0) -> int:
            if self.is_down:
                raise OSError("no answer")
            return super().expire_tags(tags, until)

    handler = Flaky(tmp_path / "cache")
    store = Store(handler, 2**20)
    store.save(entry(mark=store.mark()))
    handler.is_down = True

    store.expire_tags(["a"])
    during = store.find("k")
    handler.is_down = False
    time.sleep(1.1)

    assert during is None
    assert store.find("k") is None
    assert Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20).find("k") is None


def test_numbers_do_not_come_again_when_redis_begins_anew_from_an_old_snapshot(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}"
    with run_redis(port, "--dir", str(tmp_path), "--dbfilename", "dump.rdb") as redis:
        one, other = (Store(open_cache_handler(url, 1), 2**20) for _ in range(2))
        one.expire_tags(["x"])
        one.handler._client.save()  # type: ignore[attr-defined]
        for _ in range(5):
            one.expire_tags(["x"])
        one.save(entry(tags=("t",), mark=one.mark()))
        assert other.find("k") is not None
        os.kill(redis.process.pid, signal.SIGKILL)
        redis.process.wait()

    with run_redis(port, "--dir", str(tmp_path), "--dbfilename", "dump.rdb"):
        time.sleep(2.5)
        other.expire_tags(["t"])
        time.sleep(0.1)
        assert other.find("k") is None
        assert one.find("k") is None


def test_numbers_do_not_come_again_when_a_log_has_lost_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    one = Store(FilesystemCacheHandler(folder), 2**20)
    one.expire_tags(["x"])
    size = (folder / "purges").stat().st_size
    for _ in range(4):
        one.expire_tags(["x"])
    one.save(entry(tags=("t",), mark=one.mark()))

    os.truncate(folder / "purges", size)
    stores = [one, Store(FilesystemCacheHandler(folder), 2**20)]
    stores[1].expire_tags(["t"])

    assert [store.find("k") for store in stores] == [None, None]


@pytest.mark.parametrize("storage", ["file", "redis"], indirect=True)
def test_one_bad_entry_is_replaced_and_hides_no_other(make_app: MakeApp, storage: str) -> None:
    source = "import itertools\nrevalidate = 3600\ncalls = itertools.count(1)\ndef GET(request, context): return str(next(calls))"
    files = {"[n]/route.py": source}
    first = make_app(files, cache=storage)
    for path in ("/bad", "/good"):
        first.test_client().get(path)
    handler = first.cache.store.handler
    key = next(one.key for one in handler.entries() if "/bad" in one.key)
    if storage.startswith("redis"):
        name = handler._entry_key(key)  # type: ignore[attr-defined]
        handler._client.delete(name)  # type: ignore[attr-defined]
        handler._client.lpush(name, "not a text")  # type: ignore[attr-defined]
    else:
        file = next(file for file in Path(handler.directory).glob("entries/*/*") if b"/bad" in file.read_bytes())  # type: ignore[attr-defined]
        file.unlink()
        file.mkdir()  # nobody can read a folder as a file
        file.rmdir()
        file.symlink_to("/nowhere/at/all")

    second = make_app(files, cache=storage).test_client()
    answers = [second.get(path) for path in ("/bad", "/good", "/bad", "/good")]

    assert [answer.headers["Cache-Status"].partition("; ttl")[0] for answer in answers] == [
        "routehandlers; fwd=miss; stored", "routehandlers; hit", "routehandlers; hit", "routehandlers; hit",
    ]  # fmt: skip


def test_what_is_not_stored_is_not_said_to_be(tmp_path: Path, make_app: MakeApp) -> None:
    (tmp_path / "file").write_text("no folder")
    app: RouteHandlers = make_app(
        {"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=f"file://{tmp_path}/file/x"
    )

    assert {app.test_client().get("/x").headers["Cache-Status"] for _ in range(3)} == {"routehandlers; fwd=miss"}
