"""A Redis that is slow, hangs, or refuses scripts: how long a request waits, and which locks stay behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import redis
from cache.test_storages import entry, eventually
from conftest import MakeApp
from optional_servers import run_redis
from servers import Server, free_port

from routehandlers.cache_handlers import open_cache_handler
from routehandlers.cache_handlers._redis import lock as lock_module
from routehandlers.cache_handlers.redis import RedisCacheHandler
from routehandlers.exceptions import StorageError

pytestmark = pytest.mark.once

FAILURES = (StorageError, redis.RedisError)

SOURCE = (
    "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(request, context): return str(next(calls))"
)


class Proxy:
    """TCP between a client and Redis.

    :ivar pause: Seconds before each answer of Redis.
    :ivar drip: Seconds between two bytes of an answer.
    :ivar is_hung: Whether nothing passes, in new connections and in old ones.
    :ivar sent: What clients have sent.
    """

    def __init__(self, to: int) -> None:
        self.pause = self.drip = 0.0
        self.is_hung = False
        self.sent: list[bytes] = []
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._dead: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def commands(self) -> int:
        """Number of commands of requests, without those that begin a connection or look whether Redis works."""
        return sum(any(name in data for name in (b"EVALSHA", b"GET\r\n", b"SET\r\n")) for data in self.sent)

    def cut(self) -> None:
        """Forget the connections without a word, as a NAT does: what is sent in them is never answered."""
        self._dead.update(self._open)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, server]
                threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not is_answer:
                    self.sent.append(data)
                while self.is_hung or source in self._dead:
                    time.sleep(0.01)
                if is_answer:
                    time.sleep(self.pause)
                    while self.drip and data:
                        target.sendall(data[:1])
                        data = data[1:]
                        time.sleep(self.drip)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(redis_server: Server) -> Iterator[Proxy]:
    proxy = Proxy(redis_server.port)
    yield proxy
    proxy.close()


_prefixes = iter(range(1_000))


@pytest.fixture
def url(proxy: Proxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}?prefix=slow{next(_prefixes)}"


def seconds(function: Callable[[], Any]) -> float:
    begun = time.monotonic()
    function()
    return time.monotonic() - begun


# How long a request waits -------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "most"), [({"is_hung": True}, 1), ({"drip": 0.05}, 1), ({"drip": 0.3}, 1), ({"pause": 0.3}, 2)], ids=str
)
def test_a_request_waits_half_a_second_in_total_and_the_next_ones_not_at_all(
    make_app: MakeApp, proxy: Proxy, url: str, trouble: dict[str, Any], most: int
) -> None:
    # With strict, also every hit asks Redis.
    app = make_app({"[n]/route.py": SOURCE}, cache=f"{url}&strict=1")
    client = app.test_client()
    assert eventually(lambda: "hit" in client.get("/warm").headers["Cache-Status"])
    vars(proxy).update(trouble, sent=[])

    took = seconds(lambda: client.get("/first"))
    commands = proxy.commands
    end, slowest = time.monotonic() + 1.5, 0.0  # longer than the pause of the circuit breakers
    while time.monotonic() < end:
        slowest = max(slowest, seconds(lambda: client.get("/other")))

    assert took < 3
    assert slowest < 3
    assert commands <= most
    if "pause" not in trouble:  # where also the look whether Redis works is answered
        assert proxy.commands == commands
        assert app.cache.store.handler.patience.is_down  # type: ignore[attr-defined]
    vars(proxy).update({"is_hung": False, "drip": 0.0, "pause": 0.0})
    assert eventually(lambda: "hit" in client.get("/warm").headers["Cache-Status"], 10)


def test_a_render_that_takes_long_does_not_wait_for_redis_again(make_app: MakeApp, proxy: Proxy, url: str) -> None:
    source = "revalidate = 60\nHANG = []\ndef GET(request, context):\n    for hang in HANG: hang()\n    return 'x'"
    app = make_app({"[n]/route.py": source}, cache=url)
    app.test_client().get("/warm")

    def hang() -> None:
        proxy.is_hung = True
        with suppress(*FAILURES):
            app.cache.store.handler.get("k")
        proxy.sent.clear()

    app.load("/[n]").HANG.append(hang)
    app.test_client().get("/x")

    assert proxy.commands == 0  # the response is not stored, and the lock is given back later


def test_slow_answers_add_up_within_a_request_and_not_between_requests(proxy: Proxy, url: str) -> None:
    handler = open_cache_handler(f"{url}&socket_timeout=1", 1)
    assert isinstance(handler, RedisCacheHandler)
    handler.get("k")
    proxy.pause = 0.3

    def fails() -> bool:
        try:
            handler.get("k")
        except FAILURES:
            return True
        return False

    assert [fails() for _ in range(4)] == [False] * 4  # each has a deadline of its own
    assert handler.patience.begin_request()
    assert not handler.patience.begin_request()
    tries = [fails() for _ in range(4)]
    assert (tries[0], tries[-1]) == (False, True)
    proxy.pause = 0.0
    assert eventually(lambda: not handler.patience.is_down)
    assert not fails()
    handler.patience.end_request()
    assert not fails()


def test_a_host_with_several_addresses_is_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # the queue is full, so connecting takes forever
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", full.getsockname())] * 20
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        handler = open_cache_handler("redis://many.example", 1)

        def get() -> None:
            with pytest.raises(redis.RedisError):
                handler.get("k")

        assert seconds(get) < 4


# Purges -------------------------------------------------------------------


def test_a_purge_is_tried_at_once_while_requests_do_not_wait(proxy: Proxy, url: str) -> None:
    handler, other = open_cache_handler(url, 1), open_cache_handler(f"{url}&strict=1", 1)
    assert isinstance(handler, RedisCacheHandler)
    old = entry(mark=other.purges().mark)
    handler.patience.is_down = True  # as after a failure, before the next look

    assert handler.expire_tags(["a"])

    assert other.purges().judge(old, time.time()).value == "gone"
    with pytest.raises(StorageError):
        handler.get("k")


def test_a_purge_on_a_connection_that_a_nat_has_dropped_goes_over_another(proxy: Proxy, url: str) -> None:
    handler = open_cache_handler(f"{url}&socket_timeout=3", 1)
    handler.get("k")
    proxy.cut()
    old = entry(mark=open_cache_handler(f"{url}&strict=1&socket_timeout=3", 1).purges().mark)

    assert handler.expire_tags(["a"])

    other = open_cache_handler(f"{url}&strict=1&socket_timeout=3", 1)
    assert other.purges().judge(old, time.time()).value == "gone"


def test_a_purge_that_redis_does_not_answer_is_bounded_and_raises(proxy: Proxy, url: str) -> None:
    handler = open_cache_handler(url, 1)
    handler.get("k")
    proxy.drip = 0.2

    def purge() -> None:
        with pytest.raises(redis.RedisError):
            handler.expire_tags(["a"])

    assert seconds(purge) < 3


# Locks --------------------------------------------------------------------


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        state = ["ps", "-o", "stat=", "-p", str(server.process.pid)]
        assert eventually(lambda: subprocess.run(state, check=True, capture_output=True).stdout.startswith(b"T"))
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_a_lock_that_was_taken_after_its_client_had_given_up_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "_LIFE", 60.0)
    port = free_port()
    with run_redis(port) as server:
        one, other = (open_cache_handler(f"redis://127.0.0.1:{port}?socket_timeout=2", 1) for _ in range(2))
        for handler in (one, other):
            with handler.lock("warm", 1):
                pass
        with stopped(server), pytest.raises(redis.RedisError):
            one.lock("k", 1).__enter__()

        assert eventually(lambda: is_free(other, "k"), 20)


def is_free(handler: Any, key: str) -> bool:
    with suppress(*FAILURES), handler.lock(key, 0) as lock:
        return bool(lock.is_held)
    return False


def test_a_lock_whose_release_was_not_answered_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "_LIFE", 60.0)
    port = free_port()
    with run_redis(port) as server:
        one, other = (open_cache_handler(f"redis://127.0.0.1:{port}?socket_timeout=2", 1) for _ in range(2))
        with other.lock("warm", 1), one.lock("k", 1) as lock:
            assert lock.is_held
            with stopped(server):
                lock.release()

        assert eventually(lambda: is_free(other, "k"), 20)


@pytest.mark.parametrize("rule", ["-evalsha", "-evalsha -eval -script"])
def test_where_scripts_are_refused_no_lock_is_taken_that_cannot_be_freed(make_app: MakeApp, rule: str) -> None:
    port = free_port()
    with run_redis(port):
        command = ["redis-cli", "-p", str(port), "acl", "setuser", "limited", "on", ">secret", "~*", "&*", "+@all"]
        subprocess.run([*command, *rule.split()], check=True, capture_output=True)
        url = f"redis://limited:secret@127.0.0.1:{port}"
        apps = [make_app({"[n]/route.py": SOURCE}, cache=url) for _ in range(2)]

        took = seconds(lambda: [app.test_client().get(f"/{turn % 2}") for turn in range(4) for app in apps])

        assert took < 8
        keys = subprocess.run(["redis-cli", "-p", str(port), "keys", "*lock*"], check=True, capture_output=True)
        assert keys.stdout.strip() == b""
