"""Faults of ``revalidate_path()`` with the source of a rewrite, and with paths that match nothing."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from conftest import ClientFor, MakeApp

from faults.test_purged_paths import VALUE, eventually, number, reads
from routehandlers import RouteHandlers
from routehandlers.inspect import explain

# Rewrites -----------------------------------------------------------------------------------------------------

COUNTS = """
import itertools
revalidate = 3600
calls = itertools.count(1)
def GET(): return {"n": next(calls)}
"""

TO_ITEM = {"source": "/old/:id", "destination": "/items/:id"}


def rewritten_app(make_app: MakeApp, how: str, storage: str, **settings: Any) -> RouteHandlers:
    files = {"_value.py": VALUE, "items/[id]/route.py": COUNTS, "read/[id]/route.py": reads("...", "")}
    if how == "middleware":
        files["middleware.py"] = """
            from routehandlers import Response
            def middleware(request):
                path = request.next_url.pathname
                if path.startswith("/old/"):
                    return Response.rewrite(path.replace("/old", "/items", 1))
                if path.startswith("/was/"):
                    return Response.rewrite(path.replace("/was", "/read", 1))
        """
        return make_app(files, cache=storage, **settings)
    to_read = {"source": "/was/:id", "destination": "/read/:id"}
    return make_app(files, cache=storage, rewrites={how: [TO_ITEM, to_read]}, **settings)


HOWS = ["before_files", "after_files", "fallback", "middleware"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    "purge", [("/old/1",), ("/old", "layout"), ("/old/1", "layout"), ("/items/1",), ("/items/[id]",)]
)
def test_a_purge_of_the_source_of_a_rewrite_had_no_effect(
    make_app: MakeApp, client_for: ClientFor, storage: str, how: str, purge: tuple[str, ...]
) -> None:
    app = rewritten_app(make_app, how, storage)
    client = client_for(app)
    before = [number(client, path) for path in ("/old/1", "/old/1", "/old/2")]

    app.cache.revalidate_path(*purge)

    assert before == [1, 1, 2]
    assert [number(client, "/old/1"), number(client, "/old/1")] == [3, 3]
    others = purge[0] == "/old" or "[" in purge[0]
    assert number(client, "/old/2") == (4 if others else 2)


@pytest.mark.parametrize("how", HOWS)
def test_the_values_behind_a_rewrite_whose_source_was_purged_were_old(
    make_app: MakeApp, client_for: ClientFor, how: str
) -> None:
    app = rewritten_app(make_app, how, "memory://")
    client = client_for(app)
    before = [number(client, path) for path in ("/was/1", "/read/1")]

    app.cache.revalidate_path("/was/1")

    assert (before, [number(client, path) for path in ("/read/1", "/was/1", "/read/1")]) == ([1, 1], [1, 2, 2])


def test_a_refresh_forgot_the_source_of_the_rewrite(make_app: MakeApp) -> None:
    files = {"_value.py": VALUE, "read/[id]/route.py": reads("...")}
    app = make_app(files, rewrites=[{"source": "/was/:id", "destination": "/read/:id"}])
    client = app.test_client()
    before = number(client, "/was/1")

    app.cache.revalidate_tag("_N_T_/was/1", "max")

    assert (before, number(client, "/was/1")) == (1, 1)
    assert eventually(lambda: number(client, "/was/1") == 2)


def test_explain_called_the_response_of_a_purged_source_fresh(make_app: MakeApp) -> None:
    app = rewritten_app(make_app, "after_files", "memory://")
    number(app.test_client(), "/old/1")
    before = dict(explain(app, "GET", "/old/1"))["stored"]

    app.cache.revalidate_path("/old/1")

    assert before.endswith("fresh")
    assert dict(explain(app, "GET", "/old/1"))["stored"].startswith("not yet")


def test_a_purge_of_the_source_of_a_rewrite_had_no_effect_below_a_base_path(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = rewritten_app(make_app, "after_files", "memory://", base_path="/shop")
    client = client_for(app)
    before = number(client, "/shop/old/1")

    app.cache.revalidate_path("/old/1")

    assert (before, number(client, "/shop/old/1")) == (1, 2)


# Paths without an effect --------------------------------------------------------------------------------------

PAGES = {
    "posts/route.py": COUNTS,
    "posts/[slug]/route.py": COUNTS,
    "(shop)/cart/route.py": COUNTS,
    "docs/[[...path]]/route.py": COUNTS,
    "files/[...path]/route.py": COUNTS,
    "robots.py": "def robots(): return {}",
    "c/[id=int]/route.py": COUNTS,
}


@pytest.mark.parametrize(
    ("path", "type", "suggestion"),
    [
        ("/posts/route.py", None, ""), ("/cart/route.py", None, "Write '/cart'."), ("/app/cart", None, "Write '/cart'."),
        ("/app/cart/route.py", None, "Write '/cart'."), ("cart", None, "Write '/cart'."),
        ("app/(shop)/cart/route.py", None, "Write '/(shop)/cart'."), ("/cart?x=1", None, "Write '/cart'."),
        ("https://example.com/cart", None, "Write '/cart'."), ("/shop/cart", None, "Write '/cart'."),
        ("/crat", None, "Did you mean '/cart'?"), ("/carts", "page", "Did you mean '/cart'?"),
        ("/nowhere/at/all", None, ""), ("/nowhere", "layout", "no route lies in this folder"), ("/files", None, ""),
        ("/(shop)", None, "Write ('/(shop)', \"layout\") for all routes below it."), ("/(shop)/7", None, ""),
        ("/cart/below", "layout", "Did you mean '/cart'?"), ("/nothing/[x]", None, ""), ("/posts/[id]", None, "brackets"),
        ("/docs/" + "a/" * 20, "layout", ""),
    ],
)  # fmt: skip
def test_a_path_that_matches_nothing_was_purged_silently(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, path: str, type: str | None, suggestion: str
) -> None:
    app = make_app(PAGES)

    with caplog.at_level(logging.WARNING, "routehandlers"):
        for _ in range(3):
            app.cache.revalidate_path(path, type)

    if path == "/posts/route.py":  # the URL of /posts/[slug]
        assert caplog.messages == []
        return
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("revalidate_path(")
    assert suggestion in caplog.messages[0]


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/posts", None), ("/posts/", "route"), ("/posts", "layout"), ("/posts/a b", None), ("/posts/a%20b", None),
        ("/posts/[slug]", None), ("/posts/[slug]", "layout"), ("/cart", None), ("/(shop)/cart", None),
        ("/(shop)", "layout"), ("/", "layout"), ("/docs", None), ("/docs/a/b", None), ("/docs/a", "layout"),
        ("/files/a/b", None), ("/files", "layout"), ("/files/[...path]", None), ("/robots.txt", None), ("/c/5", None),
        ("/c/[id=int]", None),
    ],
)  # fmt: skip
def test_a_path_that_can_match_is_purged_without_a_warning(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, path: str, type: str | None
) -> None:
    app = make_app(PAGES)

    with caplog.at_level(logging.WARNING, "routehandlers"):
        is_accepted = app.cache.revalidate_path(path, type)

    assert (is_accepted, caplog.messages) == (True, [])


@pytest.mark.parametrize("how", HOWS)
def test_the_source_of_a_rewrite_is_purged_without_a_warning(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    app = rewritten_app(make_app, how, "memory://")

    with caplog.at_level(logging.WARNING, "routehandlers"):
        app.cache.revalidate_path("/old/1")

    assert caplog.messages == []


def test_the_warnings_about_paths_do_not_fill_the_memory(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(PAGES)

    with caplog.at_level(logging.WARNING, "routehandlers"):
        for index in range(1_200):
            app.cache.revalidate_path(f"/no/{index}")

    assert len(caplog.messages) == 1_000
