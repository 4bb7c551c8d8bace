"""Purges that the storage did not accept at once: when they are tried, and that none is lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import entry

from routehandlers._cache import owed as owed_module
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import open_cache_handler
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


class Relay:
    """A relay in front of a server, which can forget its connections as a NAT does: without closing them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._forgotten = threading.Event()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """Pass on nothing more of the connections so far."""
        self._forgotten.set()
        self._forgotten = threading.Event()

    def close_connections(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def close(self) -> None:
        self._listener.close()
        self.close_connections()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, sink, self._forgotten), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket, forgotten: threading.Event) -> None:
        try:
            while data := source.recv(65_536):
                if not forgotten.is_set():
                    sink.sendall(data)
            if not forgotten.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()


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
