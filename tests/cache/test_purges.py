"""What forgets stored answers, and in which order things happen, whatever the clock says."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cache.test_freshness import until
from conftest import MakeApp
from freezegun import freeze_time

ROUTE = "import itertools\nrevalidate = 3600\ncalls = itertools.count(1)\ndef GET(request, context): return str(next(calls))\n"
TAGGED = ROUTE.replace(
    "return", "\n    from routehandlers.cache import cache_tag\n    cache_tag('posts', 'all')\n    return"
)
FILES = {
    "route.py": ROUTE,
    "blog/route.py": ROUTE,
    "blog/[slug]/route.py": ROUTE,
    "(group)/docs/[[...path]]/route.py": ROUTE,
    "café bar/[id]/route.py": ROUTE,
    "posts/route.py": TAGGED,
}
URLS = ["/", "/blog", "/blog/a", "/blog/b%20c", "/docs", "/docs/x/y", "/caf%C3%A9%20bar/1"]


def stored(app: Any) -> dict[str, bool]:
    """Which URLs are answered from the cache just now. Asking stores them again."""
    client = app.test_client()
    return {url: client.get(url).headers["Cache-Status"].startswith("routehandlers; hit") for url in URLS}


@pytest.mark.parametrize(
    ("path", "type", "forgotten"),
    [
        ("/", None, ["/"]),
        ("/blog", None, ["/blog"]),
        ("/blog/", None, ["/blog"]),
        ("/blog/a", None, ["/blog/a"]),
        ("/blog/b c", None, ["/blog/b%20c"]),
        ("/blog/b%20c", None, ["/blog/b%20c"]),
        ("/blog/b%20c/", None, ["/blog/b%20c"]),
        ("/café bar/1", None, ["/caf%C3%A9%20bar/1"]),
        ("/caf%C3%A9%20bar/1", None, ["/caf%C3%A9%20bar/1"]),
        ("/blog/[slug]", None, ["/blog/a", "/blog/b%20c"]),
        ("/blog/[slug]", "page", ["/blog/a", "/blog/b%20c"]),
        ("/blog/[slug]", "route", ["/blog/a", "/blog/b%20c"]),
        ("/docs/[[...path]]", None, ["/docs", "/docs/x/y"]),
        ("/docs/x/y", None, ["/docs/x/y"]),
        ("/docs/x", "layout", ["/docs/x/y"]),
        ("/blog", "layout", ["/blog", "/blog/a", "/blog/b%20c"]),
        ("/docs", "layout", ["/docs", "/docs/x/y"]),
        ("/", "layout", URLS),
        ("/nothing", None, []),
        ("/nothing/[x]", None, []),
        ("/blog?x=1", None, []),
        ("blog", None, []),
        ("/" + "x" * 2000, None, []),
    ],
)
def test_revalidate_path_forgets_what_it_names(
    make_app: MakeApp, storage: str, path: str, type: str | None, forgotten: list[str]
) -> None:
    app = make_app(FILES, cache=storage)
    stored(app)
    assert all(stored(app).values())

    app.cache.revalidate_path(path, type)

    assert [url for url, is_stored in stored(app).items() if not is_stored] == forgotten
    assert all(stored(app).values())


def test_a_path_that_can_mean_nothing_is_told_in_the_log(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(FILES)

    with caplog.at_level(logging.WARNING, "routehandlers"):
        for path in ("blog", "/blog?x=1", "/" + "x" * 2000, "/nothing/[x]"):
            app.cache.revalidate_path(path)

    assert len(caplog.messages) == 4


@pytest.mark.parametrize(("path", "type", "error"), [("/x", "pages", ValueError), (7, None, TypeError)])
def test_a_purge_that_cannot_be_meant_is_refused(make_app: MakeApp, path: Any, type: Any, error: type) -> None:
    with pytest.raises(error):
        make_app(FILES).cache.revalidate_path(path, type)


def test_a_hard_purge_renders_anew_before_it_answers(make_app: MakeApp, storage: str) -> None:
    app = make_app(FILES, cache=storage)
    client = app.test_client()
    client.get("/posts"), client.get("/blog")

    app.cache.revalidate_tag("posts")

    assert client.get("/posts").headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert client.get("/posts").text == "2"
    assert client.get("/blog").headers["Cache-Status"].startswith("routehandlers; hit")


@pytest.mark.parametrize("profile", ["max", "hours", {"expire": 3600}])
def test_a_soft_purge_serves_once_more_what_it_has(make_app: MakeApp, storage: str, profile: Any) -> None:
    app = make_app(FILES, cache=storage)
    client = app.test_client()
    client.get("/posts")

    app.cache.revalidate_tag("posts", profile)
    stale = client.get("/posts")

    assert stale.text == "1"
    assert stale.headers["Cache-Status"] == "routehandlers; hit; ttl=-1"
    assert until(lambda: client.get("/posts").text == "2")
    assert client.get("/posts").headers["Cache-Status"].startswith("routehandlers; hit; ttl=3")


def test_what_a_soft_purge_lets_go_on_ends(make_app: MakeApp, storage: str) -> None:
    with freeze_time("2026-01-01") as clock:
        app = make_app(FILES, cache=storage)
        app.test_client().get("/posts")
        app.cache.revalidate_tag("posts", "seconds")
        clock.tick(61)

        assert app.test_client().get("/posts").headers["Cache-Status"] == "routehandlers; fwd=miss; stored"


def test_expire_zero_is_a_hard_purge(make_app: MakeApp, storage: str) -> None:
    app = make_app(FILES, cache=storage)
    app.test_client().get("/posts")

    app.cache.revalidate_tag("posts", {"expire": 0})

    assert app.test_client().get("/posts").headers["Cache-Status"] == "routehandlers; fwd=miss; stored"


def test_an_unknown_profile_raises_in_the_caller(make_app: MakeApp) -> None:
    with pytest.raises(ValueError, match=r"There is no cache life 'hour'. Did you mean 'hours'\?"):
        make_app(FILES).cache.revalidate_tag("posts", "hour")


@pytest.mark.parametrize("tag", ["unknown", "", "x" * 300, "é ü", "a\nb", "_N_T_/blog"])
def test_any_text_can_be_purged(make_app: MakeApp, storage: str, tag: str) -> None:
    app = make_app(FILES, cache=storage)
    client = app.test_client()
    client.get("/posts"), client.get("/blog")

    app.cache.revalidate_tag(tag)

    assert client.get("/posts").headers["Cache-Status"].startswith("routehandlers; hit")
    assert client.get("/blog").headers["Cache-Status"].startswith("routehandlers; hit") == (tag != "_N_T_/blog")


@pytest.mark.parametrize("clock_moves", [0, 3600, -3600])
def test_a_render_that_began_before_a_purge_never_counts_as_fresh_after_it(
    make_app: MakeApp, storage: str, clock_moves: int
) -> None:
    source = """
    import itertools, threading
    from routehandlers.cache import cache_tag
    revalidate = 36000
    calls = itertools.count(1)
    begun, go = threading.Event(), threading.Event()
    def GET():
        number = next(calls)
        cache_tag("posts")
        if number == 1:
            begun.set()
            go.wait(10)
        return str(number)
    """
    with freeze_time("2026-01-01") as clock:
        app = make_app({"x/route.py": source}, cache=storage)
        module = app.load("/x")
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(app.test_client().get("/x").text))
        thread.start()
        assert module.begun.wait(10)

        clock.tick(clock_moves)
        app.cache.revalidate_tag("posts")
        module.go.set()
        thread.join()

        assert answers == ["1"]
        assert app.test_client().get("/x").text == "2"
        assert app.test_client().get("/x").text == "2"


def test_a_purge_during_a_refresh_is_not_lost(make_app: MakeApp, storage: str) -> None:
    source = """
    import itertools, threading
    from routehandlers.cache import cache_tag
    revalidate = 1
    calls = itertools.count(1)
    begun, go = threading.Event(), threading.Event()
    def GET():
        number = next(calls)
        cache_tag("posts")
        if number == 2:
            begun.set()
            go.wait(10)
        return str(number)
    """
    with freeze_time("2026-01-01") as clock:
        app = make_app({"x/route.py": source}, cache=storage)
        module, client = app.load("/x"), app.test_client()
        client.get("/x")
        clock.tick(2)
        assert client.get("/x").text == "1"
        assert module.begun.wait(10)

        app.cache.revalidate_tag("posts")
        third = client.get("/x").text if storage == "memory://" else None
        module.go.set()

        assert until(lambda: not app.cache._refresher._begun)
        assert third in {None, "3"}
        assert client.get("/x").text == "3"
        assert client.get("/x").text == "3"


def test_after_a_purge_nothing_old_is_served(make_app: MakeApp, storage: str) -> None:
    source = TAGGED.replace("return str", "if DOWN: raise RuntimeError('down')\n    return str") + "DOWN = []\n"
    app = make_app({"posts/route.py": source}, cache=storage, debug=False)
    client = app.test_client()
    client.get("/posts")
    app.load("/posts").DOWN.append(True)

    app.cache.revalidate_tag("posts")

    assert [client.get("/posts").status_code for _ in range(3)] == [500, 500, 500]
    app.load("/posts").DOWN.clear()
    assert client.get("/posts").text == "2"


DO = """
from routehandlers.cache import revalidate_path, revalidate_tag
from routehandlers.navigation import not_found, redirect
from routehandlers.server import after
def POST(request):
    {statement}
    return "done"
def GET():
    revalidate_path("/blog")
    return "done"
"""


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("revalidate_path('/blog')", 200),
        ("revalidate_path('/blog'); not_found()", 404),
        ("revalidate_path('/blog'); redirect('/x')", 307),
        ("revalidate_path('/blog'); raise RuntimeError('x')", 500),
        ("after(revalidate_path, '/blog')", 200),
    ],
)
def test_handlers_purge_and_it_takes_effect_whatever_happens_after(
    make_app: MakeApp, storage: str, statement: str, status: int
) -> None:
    app = make_app({**FILES, "do/route.py": DO.format(statement=statement)}, cache=storage)
    client = app.test_client()
    client.get("/blog")

    assert client.post("/do", buffered=True).status_code == status

    assert client.get("/blog").text == "2"


def test_a_get_may_purge_and_is_then_not_stored_itself(make_app: MakeApp) -> None:
    app = make_app({**FILES, "do/route.py": "revalidate = 60" + DO.format(statement="pass")})
    client = app.test_client()
    client.get("/blog")

    answers = [client.get("/do") for _ in range(2)]

    assert answers[1].headers["Cache-Status"].startswith("routehandlers; fwd=bypass")
    assert client.get("/blog").text == "2"


def test_where_workers_cannot_share_a_folder_a_purge_warns_once(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from routehandlers import cache
    from routehandlers.cache_handlers._workers import place, shared_purges

    cache._warn_once.cache_clear()
    shared_purges._warn_once.cache_clear()
    place._places.clear()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    app = make_app({**FILES, "do/route.py": DO.format(statement="revalidate_path('/blog')")})
    client = app.test_client()
    first = client.get("/blog").text

    with caplog.at_level(logging.WARNING, "routehandlers"):
        for _ in range(3):
            client.post("/do", environ_overrides={"wsgi.multiprocess": True})

    assert client.get("/blog").text != first
    assert len([message for message in caplog.messages if "this process only" in message]) == 1
    assert len(caplog.messages) == 2  # the reason was logged when the cache was first used


def test_workers_that_share_their_purges_are_not_warned(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    from routehandlers import cache

    cache._warn_once.cache_clear()
    app = make_app({**FILES, "do/route.py": DO.format(statement="revalidate_path('/blog')")})

    with caplog.at_level(logging.WARNING, "routehandlers"):
        app.test_client().post("/do", environ_overrides={"wsgi.multiprocess": True})

    assert caplog.messages == []


def test_a_great_many_purges_are_folded_and_nothing_old_is_ever_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    from routehandlers.cache_handlers import Entry, Purges, purges

    monkeypatch.setattr(purges, "MOST_TAGS", 100)
    ledger = Purges()

    def entry(tag: str) -> Entry:
        return Entry("k", 200, (), b"", time.time(), None, 1e9, (tag,), ledger.mark)

    old = entry("t5")
    for number in range(1, 1001):
        ledger.apply(number, [f"t{number}"])
    new = entry("t999")

    assert len(ledger.records()) <= 100
    assert ledger.judge(old, 0).value == "gone"
    assert ledger.judge(new, 0).value == "fresh"
    ledger.apply(1001, ["t999"])
    assert ledger.judge(new, 0).value == "gone"
