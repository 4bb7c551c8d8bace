"""Purges that are repeated at the end of a unit of work."""

from __future__ import annotations

import contextvars

import pytest
from conftest import MakeApp

from routehandlers import RouteHandlers
from routehandlers._cache.freshness import Freshness
from routehandlers._cache.unit import noted_purges

SOURCE = """
from routehandlers.cache import cache_tag, revalidate_tag
revalidate = False
ROWS = ["old"]
def GET():
    cache_tag("rows")
    return ROWS[0]
def POST():
    revalidate_tag("rows")
    return "purged"
"""


@pytest.fixture
def app(make_app: MakeApp, storage: str) -> RouteHandlers:
    return make_app({"rows/route.py": SOURCE}, cache=storage)


def get(app: RouteHandlers) -> str:
    return app.test_client().get("/rows").text


@pytest.mark.parametrize("how", ["tag", "path", "layout", "request"])
def test_what_was_stored_between_a_purge_and_the_end_of_its_unit_is_gone(app: RouteHandlers, how: str) -> None:
    rows = app.load("/rows").ROWS
    assert get(app) == "old"
    with noted_purges() as purges:
        purge = {
            "tag": lambda: app.cache.revalidate_tag("rows"),
            "path": lambda: app.cache.revalidate_path("/rows"),
            "layout": lambda: app.cache.revalidate_path("/", "layout"),
            "request": lambda: app.test_client().post("/rows"),
        }[how]
        purge()
        rows[:] = ["taken effect at once"]
        # A request of another unit, before the commit.
        assert contextvars.Context().run(get, app) == "taken effect at once"
    rows[:] = ["committed"]
    assert get(app) == "taken effect at once"

    assert purges.repeat() is True

    assert get(app) == "committed"


def test_a_soft_purge_is_repeated_as_a_soft_one(app: RouteHandlers) -> None:
    with noted_purges() as purges:
        app.cache.revalidate_tag("rows", "max")
        get(app)
    (entry,) = app.cache.store.memory.entries()
    assert app.cache.find(entry.key)[1] is Freshness.FRESH

    purges.repeat()

    assert app.cache.find(entry.key)[1] is Freshness.STALE


def test_a_purge_is_repeated_once_and_in_its_own_unit_only(app: RouteHandlers) -> None:
    store = app.cache.store
    with noted_purges() as outer:
        app.cache.revalidate_tag("a")
        with noted_purges() as inner:
            app.cache.revalidate_tag("b")
            app.cache.revalidate_tag("b")
    app.cache.revalidate_tag("c")

    def repeated() -> int:
        before = store.purged
        outer.repeat()
        inner.repeat()
        return store.purged - before

    assert (repeated(), repeated()) == (2, 0)
