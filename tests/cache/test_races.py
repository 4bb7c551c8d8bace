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
from cache.test_freshness import until
from cache.test_storages import entry
from conftest import MakeApp
from optional_servers import run_redis
from servers import Server, free_port

from routehandlers import RouteHandlers
from routehandlers._cache import store as store_module
from routehandlers._cache.freshness import Freshness
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import open_cache_handler
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler
from routehandlers.cache_handlers.redis import RedisCacheHandler

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
        store._get_breaker.fail(OSError("a read of another key"))
        store._purges_breaker.fail(OSError("and the purges"))

    begun = time.monotonic()
    with FilesystemCacheHandler(tmp_path / "cache").lock("k", 5) as again:
        assert again.is_held
    assert time.monotonic() - begun < 4  # and not the 5 seconds that it would wait for a lock that is held


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


def test_no_hit_trusts_a_look_at_the_messages_of_redis_that_has_only_begun(redis_server: Server) -> None:
    url = f"redis://127.0.0.1:{redis_server.port}?prefix=look&socket_timeout=10"
    here, elsewhere = (RedisCacheHandler.from_url(url) for _ in range(2))
    tracking = here._purges._tracking
    elsewhere.expire_tags(["first"])  # the first purge of all causes a message of its own
    here.purges()
    until(lambda: tracking.heard == tracking.heard)  # not nan: connected
    here.purges()
    tracking._guard = threading.RLock()  # while this thread has it, the listening thread counts nothing
    look = tracking.peek
    seen: list[int] = []

    def look_while_another_request_comes() -> object:
        tracking.peek = look
        seen.append(here.purges().number)
        return look()

    with tracking._guard:
        number = elsewhere.expire_tags(["t"])
        until(look)
        tracking.peek = look_while_another_request_comes
        tracking.trusted_until = 0.0
        seen.append(here.purges().number)

    assert seen == [number, number]


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


def test_without_memory_nothing_is_stored_and_nothing_said_to_be(make_app: MakeApp) -> None:
    source = "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))"
    client = make_app({"x/route.py": source}, cache_max_memory_size=0).test_client()

    answers = [client.get("/x") for _ in range(3)]

    assert [answer.text for answer in answers] == ["1", "2", "3"]
    assert not any(word in answer.headers["Cache-Status"] for answer in answers for word in ("stored", "hit"))


def test_what_was_once_missing_is_not_pushed_out_with_what_still_is(
    redis_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from routehandlers.cache_handlers._redis import handler as module

    monkeypatch.setattr(module, "_MOST_MISSING", 20)
    handler = open_cache_handler(f"redis://127.0.0.1:{redis_server.port}?prefix=pushed", 1)
    handler.set(entry("k", status=404))
    handler.set(entry("k", b"here now"))

    for number in range(60):
        handler.set(entry(f"missing{number}", status=404))

    assert handler.get("k").body == b"here now"  # type: ignore[union-attr]
    assert sum(one.status == 404 for one in handler.entries()) == 20


def test_a_purge_that_is_owed_is_paid_without_a_request(tmp_path: Path) -> None:
    class Flaky(FilesystemCacheHandler):
        is_down = True

        def expire_tags(self, tags: Any, until: float | None = 0.0) -> int:
            if self.is_down:
                raise OSError("no answer")
            return super().expire_tags(tags, until)

    other = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    other.save(entry(mark=other.mark()))
    handler = Flaky(tmp_path / "cache")
    begun = time.monotonic()
    for _ in range(20):
        Store(handler, 1).expire_tags(["a"])
    store = Store(handler, 1)
    store.expire_tags(["a"])
    assert time.monotonic() - begun < 2
    handler.is_down = False

    end = time.monotonic() + 5
    while other.find("k") is not None and time.monotonic() < end:
        time.sleep(0.05)
    assert other.find("k") is None


def test_a_refresh_that_hangs_elsewhere_is_not_waited_for_without_end(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routehandlers._cache.cache.LONGEST_REFRESH", 0.3)
    source = "import itertools\nrevalidate = 0.1\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))"
    app = make_app({"x/route.py": source}, cache=f"file://{tmp_path}/cache")
    client = app.test_client()
    client.get("/x")
    key = next(app.cache.store.memory.entries()).key
    elsewhere = FilesystemCacheHandler(tmp_path / "cache")
    with elsewhere.lock(key, 0):
        time.sleep(0.2)
        assert client.get("/x").text == "1"
        time.sleep(0.6)
        begun = time.monotonic()
        answers = [client.get("/x").text for _ in range(3)]

        assert answers[-1] != "1"
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("memory", [0, 2**20])
def test_a_failing_source_is_left_alone_wherever_its_entry_is(make_app: MakeApp, tmp_path: Path, memory: int) -> None:
    source = "revalidate = 0.1\nDOWN, TRIES = [], []\ndef GET():\n    TRIES.append(1)\n    if DOWN: raise RuntimeError('down')\n    return 'x'"
    app = make_app({"x/route.py": source}, cache=f"file://{tmp_path}/cache", cache_max_memory_size=memory)
    client, module = app.test_client(), app.load("/x")
    client.get("/x")
    module.DOWN.append(1)
    time.sleep(0.2)

    for _ in range(30):
        assert client.get("/x").text == "x"
        time.sleep(0.02)

    assert len(module.TRIES) == 2


@pytest.mark.parametrize("line", [b"hello\n", b"hello", b'["epoch"]\n', b'{"epoch": 1}\n', b"[" * 5_000 + b"\n"])
def test_a_log_without_its_first_line_begins_another_epoch_for_all(tmp_path: Path, line: bytes) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "purges").write_bytes(line)

    epochs = {FilesystemCacheHandler(folder).purges().epoch for _ in range(3)}

    assert len(epochs) == 1


@pytest.mark.parametrize("until", ['"x"', "Infinity", "1e400", "[]", "null", "{}"])
def test_a_line_that_nobody_wrote_is_no_error_later(tmp_path: Path, until: str) -> None:
    store = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    store.save(entry(mark=store.mark()))
    with (tmp_path / "cache" / "purges").open("a") as log:
        log.write(f'{{"number": 1, "tags": ["a"], "until": {until}, "at": 0}}\n')

    store.find("k")
    store.save(entry(mark=store.mark()))

    assert store.find("k") is not None


def test_a_log_that_is_replaced_all_the_time_is_read_without_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routehandlers.cache_handlers._file.purge_log._LONGEST", 1_000)
    handlers = [FilesystemCacheHandler(tmp_path / "cache") for _ in range(4)]
    failures: list[BaseException] = []
    is_over = threading.Event()

    def read(handler: FilesystemCacheHandler) -> None:
        while not is_over.is_set():
            try:
                handler.purges()
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=read, args=(handler,)) for handler in handlers[1:]]
    for thread in threads:
        thread.start()
    epoch = handlers[0].purges().epoch
    for number in range(400):
        handlers[0].expire_tags([f"t{number}"])
    is_over.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert {handler.purges().epoch for handler in handlers} == {epoch}


def test_a_path_with_a_lone_surrogate_is_purged_without_an_error(make_app: MakeApp) -> None:
    make_app({"route.py": "def GET(): return 'x'"}).cache.revalidate_path("/x\ud800")
