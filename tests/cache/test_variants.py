"""The variants of a route have a bounded share of each storage, so that they never evict the entries of other routes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import ClientFor, MakeApp
from servers import Server

from routehandlers._cache.freshness import Freshness
from routehandlers._cache.key import make_key
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import CacheHandler, Entry, MemoryCacheHandler, open_cache_handler
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler
from routehandlers.cache_handlers.variants import SLOTS, group_of_route, slot_of

SIZE = 32 * 2**20
BODY = b"x" * 4_000


class OwnHandler(MemoryCacheHandler):
    """A storage of a user, which knows nothing of variants."""


@pytest.fixture(params=["memory", "file", "redis", "own"])
def handler(request: pytest.FixtureRequest, tmp_path: Path) -> CacheHandler:
    if request.param == "memory":
        return MemoryCacheHandler(SIZE)
    if request.param == "own":
        return OwnHandler(SIZE)
    if request.param == "file":
        return FilesystemCacheHandler(tmp_path / "cache", SIZE)
    server: Server = request.getfixturevalue("redis_server")
    return open_cache_handler(f"redis://127.0.0.1:{server.port}?prefix=variants&socket_timeout=10", SIZE)


def entry(store: Store, key: str, body: bytes = BODY) -> Entry:
    return Entry(key, 200, (), body, time.time(), None, 3_600.0, ("tag",), store.mark())


def variant(number: int, pattern: str = "/items") -> str:
    return make_key("variant", group_of_route(pattern), "route", "", pattern, pattern, f"{number}")


def test_many_variants_of_a_route_do_not_evict_other_entries(handler: CacheHandler) -> None:
    # One in memory only shows what the storage itself keeps.
    store = Store(handler, SIZE if type(handler) is MemoryCacheHandler else 0)
    others = [make_key("route", "", f"/other/{number}") for number in range(1_000)]
    for key in others:
        assert store.save(entry(store, key))

    # A few times the slots; a storage outside of the process takes milliseconds for each.
    for number in range(10_000 if isinstance(handler, MemoryCacheHandler) else 3_000):
        store.save(entry(store, variant(number)))

    assert all(store.find(key) is not None for key in others)
    held = list(handler.entries())
    variants = [one for one in held if one.key.startswith('["variant"')]
    assert 100 < len(variants) <= (SIZE // 8 // len(BODY) if type(handler) is MemoryCacheHandler else SLOTS)
    handler.clear()


def test_a_variant_is_served_for_its_own_key_only(handler: CacheHandler) -> None:
    store = Store(handler, 0)
    first = variant(0)
    second = next(key for number in range(1, 100_000) if slot_of(key := variant(number)) == slot_of(first))

    store.save(entry(store, first, b"first"))
    found = store.find(first)

    assert found is not None
    assert (found[0].entry.key, found[0].entry.body, found[0].entry.tags) == (first, b"first", ("tag",))
    assert store.find(second) is None
    store.save(entry(store, second, b"second"))
    other = store.find(second)
    assert other is not None
    assert other[0].entry.body == b"second"
    again = store.find(first)
    assert again is None or again[0].entry.body == b"first"
    handler.clear()


def test_a_purge_reaches_variants(handler: CacheHandler) -> None:
    store = Store(handler, 0)
    store.save(entry(store, variant(1)))
    assert store.find(variant(1)) is not None

    store.expire_tags(["tag"])

    found = store.find(variant(1))
    assert found is None or found[1] is not Freshness.FRESH
    handler.clear()


def test_the_routes_in_memory_share_half_of_it() -> None:
    memory = MemoryCacheHandler(2**20)
    store = Store(memory, 0)
    plain = [make_key("route", "", f"/{number}") for number in range(50)]
    for key in plain:
        store.save(entry(store, key))

    for pattern in range(40):
        for number in range(100):
            store.save(entry(store, variant(number, f"/{pattern}")))
            assert memory.size <= memory.max_size

    assert all(store.find(key) is not None for key in plain)


def test_an_entry_without_room_is_not_said_to_be_stored() -> None:
    store = Store(MemoryCacheHandler(100_000), 0)

    assert not store.save(entry(store, variant(1), b"x" * 12_500))


def test_deleting_and_replacing_variants_gives_their_bytes_back() -> None:
    memory = MemoryCacheHandler(2**20)
    store = Store(memory, 0)
    before = memory._main.max_size

    for _ in range(3):
        memory.hold(entry(store, variant(1)))
    missing = Entry(variant(1), 404, (), b"", time.time(), None, 3_600.0, (), store.mark())
    memory.hold(missing)
    assert memory.get(variant(1)) == missing
    memory.hold(entry(store, variant(1)))
    assert memory.get(variant(1)) == entry_of(memory)
    memory.delete(variant(1))

    assert memory.get(variant(1)) is None
    assert memory.size == 0
    assert memory._main.max_size == before


def entry_of(memory: MemoryCacheHandler) -> Entry:
    return next(iter(memory.entries()))


def test_queries_of_a_route_through_an_application(make_app: MakeApp, client_for: ClientFor, storage: str) -> None:
    files = {
        "items/route.py": "from pydantic import BaseModel\nrevalidate = 60\nclass Q(BaseModel):\n    page: int = 1\n"
        "def GET(query: Q): return [query.page]",
        "other/route.py": "revalidate = 60\ncalls = []\ndef GET():\n    calls.append(1)\n    return calls",
    }
    app = make_app(files, cache=storage, cache_max_memory_size=0 if storage != "memory://" else 2**25)
    client = client_for(app)
    assert client.get("/other").json == [1]

    for page in range(100):
        assert client.get(f"/items?page={page}").json == [page]
    hits = [client.get(f"/items?page={page}") for page in range(100)]

    assert [response.json for response in hits] == [[page] for page in range(100)]
    assert sum("hit" in response.headers["Cache-Status"] for response in hits) > 80
    assert client.get("/other").json == [1]
    assert client.get("/items").headers["Cache-Status"].startswith("routehandlers; hit")
