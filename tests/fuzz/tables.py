"""Find tables that grow with what clients send, by looking at all objects of the process."""

from __future__ import annotations

import functools
import gc
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Any

from fuzz.site import mounted
from routehandlers._cache import cache
from routehandlers._http.response import additions
from routehandlers._runtime.answer import headers
from routehandlers._runtime.path import entrance, plans

# Items of a table that is not named below. The largest bound among those is for paths requested once.
_MOST_ITEMS = 4_096

# Objects that the same 1,000 requests may leave when they come again. Less than one for each ten requests is no leak
# of a request; the cache may drop other entries than before.
_MOST_NEW = 100

# Threads that may be there after a session: four refresh entries, and others end with their streams.
_MOST_THREADS = 4

_Table = dict[Any, Any] | list[Any] | set[Any] | deque[Any]


class Tables:
    """The large tables of the process, as they were before the application got requests."""

    def __init__(self) -> None:
        gc.collect()
        self._before = {id(table): len(table) for table in _large()}
        self._threads = threading.active_count()

    def complaints(self, application: Any, ours: list[Any]) -> Iterator[str]:
        """Yield what is too large after the requests of a session.

        :param ours: The requests, which the fuzzer keeps.
        """
        gc.collect()
        allowed = {id(ours)} | {id(table) for _, table, _ in _bounded(application)}
        for table in _large():
            if id(table) not in allowed and len(table) > self._before.get(id(table), 0):
                yield f"a {type(table).__name__} of {_owner(table)}: {len(table)} items"
        for name, table, most in _bounded(application):
            if len(table) > most:
                yield f"{name}: {len(table)} items and not {most}"
        for name, size, most in _sizes(application):
            if size > most:
                yield f"{name}: {size} bytes and not {most}"
        for found in gc.get_objects():
            # isinstance() would wake up lazy objects of other libraries.
            if type(found) is functools._lru_cache_wrapper and found.cache_info().currsize > _MOST_ITEMS:
                yield f"the cache of {found.__module__}.{found.__qualname__}: {found.cache_info()}"
        if threading.active_count() > self._threads + _MOST_THREADS:
            yield f"threads: {threading.enumerate()}"


def growth(counts: list[int]) -> str | None:
    """Return a complaint if the number of objects still grows when the same requests come for the third time."""
    if counts[2] - counts[1] > _MOST_NEW:
        return f"objects after the same requests came again and again: {counts}"
    return None


def number_of_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def _bounded(application: Any) -> Iterator[tuple[str, Any, int]]:
    """Yield the tables with a documented bound, as name, table and number of items."""
    app = mounted(application)
    pipeline = app._pipeline
    yield "hosts", pipeline._entrance.good_hosts, entrance._MOST_HOSTS
    yield "additions", additions._additions, additions._MOST_ADDITIONS
    yield "names of headers", headers._checked_names, headers._MOST_NAMES
    yield "keys that are not stored", app.cache._unstorable, cache._MOST_UNSTORABLE
    yield "refreshes of other processes", app.cache._refreshed_elsewhere, 1_000
    yield "waiting refreshes", app.cache._refresher._begun, 1_000
    if pipeline.plans is not None:
        yield "plans", pipeline.plans._known.plans, plans.MOST_PATHS
        yield "plans of unknown paths", pipeline.plans._unknown.plans, plans.MOST_PATHS
        yield "paths requested once", pipeline.plans._seen, 4_096


def _sizes(application: Any) -> Iterator[tuple[str, int, int]]:
    app = mounted(application)
    yield "the cache in memory", app.cache.store.memory.size, app.config.cache_max_memory_size
    if app._pipeline.plans is not None:
        yield "plans", app._pipeline.plans.size, plans.MOST_BYTES


def _large() -> list[_Table]:
    """Return all tables with many items. The garbage collector does not track a dictionary of texts itself."""
    found: dict[int, _Table] = {}
    for tracked in gc.get_objects():
        for candidate in (tracked, *gc.get_referents(tracked)):
            if type(candidate) in (dict, list, set, OrderedDict, deque) and len(candidate) > _MOST_ITEMS:
                found[id(candidate)] = candidate
    return list(found.values())


def _owner(table: _Table) -> str:
    """Return where a table is kept, as far as its referrers tell."""
    names = []
    for referrer in gc.get_referrers(table):
        if isinstance(referrer, dict):
            names += [str(key) for key, value in referrer.items() if value is table]
        elif hasattr(referrer, "__dict__"):
            names += [f"{type(referrer).__name__}.{key}" for key, value in vars(referrer).items() if value is table]
    return " or ".join(names[:4]) or "an unknown owner"
