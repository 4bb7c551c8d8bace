"""The number of entries that ``routehandlers cache purge`` prints, with each storage."""

from __future__ import annotations

import time

import pytest

from routehandlers._cache.targets import PurgeTargets
from routehandlers._cli.purging import purge_all, purge_path, purge_tag
from routehandlers.cache_handlers import CacheHandler, Entry
from routehandlers.cache_handlers.opening import open_cache_handler


@pytest.fixture
def handler(storage: str) -> CacheHandler:
    return open_cache_handler(storage, 50 * 2**20)


def store(handler: CacheHandler, key: str, *tags: str, age: float = 0, expire: float = 3600) -> None:
    mark, created = handler.purges().mark, time.time() - age
    entry = Entry(
        key, 200, headers=(), body=b"x", created=created, revalidate=60.0, expire=expire, tags=tags, mark=mark
    )
    handler.set(entry)


def test_the_entries_that_a_purge_makes_unusable_are_counted_once(handler: CacheHandler) -> None:
    store(handler, "1", "posts")
    store(handler, "2", "posts", "users")
    store(handler, "3", "users")

    counts = [purge_tag(handler, tag).count for tag in ("posts", "posts", "users", "nothing")]

    assert counts == [2, 0, 1, 0]


def test_stale_entries_count_since_servers_may_serve_them_and_expired_ones_do_not(handler: CacheHandler) -> None:
    store(handler, "stale", "posts", age=100)
    store(handler, "expired", "posts", age=100, expire=90)

    assert purge_tag(handler, "posts").count == 1


def test_an_entry_that_was_rendered_again_counts_again(handler: CacheHandler) -> None:
    store(handler, "1", "posts")
    purge_tag(handler, "posts")
    store(handler, "1", "posts")

    assert purge_tag(handler, "posts").count == 1


def test_a_path_counts_its_own_entries_and_a_pattern_those_of_the_route(handler: CacheHandler) -> None:
    for slug in ("a", "b", "c d"):
        store(handler, slug, f"_N_T_/items/{slug}", "_N_T_/items/[slug]/route")
    targets = [PurgeTargets(["/items/[slug]"])]

    counts = [purge_path(handler, path, targets).count for path in ("/items/a", "/items/c%20d/", "/items/[slug]")]

    assert counts == [1, 1, 1]


def test_a_clear_counts_all_that_could_be_served(handler: CacheHandler) -> None:
    store(handler, "1", "posts")
    store(handler, "2", "posts", "users")
    store(handler, "3", "users")
    purge_tag(handler, "posts")

    assert [purge_all(handler).count, purge_all(handler).count] == [1, 0]
