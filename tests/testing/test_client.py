"""The test client: what it sends, what it raises, and what its responses tell."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeApp
from freezegun import freeze_time
from werkzeug.datastructures import Headers
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from routehandlers import RouteHandlers
from routehandlers.testing import TestClient, TestResponse, clear_cache, client

SHOW = "def GET(request, context): return {'slug': context.params['slug'], 'url': request.url}"


# How the cache answered --------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([], None),
        (["routehandlers; hit; ttl=42"], "HIT"),
        (["routehandlers; hit; ttl=0"], "HIT"),
        (["routehandlers; hit; ttl=-1"], "STALE"),
        (["routehandlers; fwd=miss; stored"], "MISS"),
        (["routehandlers; fwd=miss"], "MISS"),
        (["routehandlers; fwd=bypass"], "BYPASS"),
        (['routehandlers; fwd=bypass; detail="a, \\"b\\"; hit; ttl=1"'], "BYPASS"),
        (["nginx; hit"], None),
        (["my-routehandlers; hit"], None),
        (['nginx; detail="a, \\"routehandlers; hit", routehandlers; fwd=miss'], "MISS"),
        (["nginx; fwd=miss, routehandlers; hit; ttl=7 , cdn; hit; ttl=-3"], "HIT"),
        (["nginx; fwd=miss", "routehandlers;hit;ttl=7"], "HIT"),
    ],
)
def test_a_response_tells_in_a_word_how_the_cache_answered(lines: list[str], word: str | None) -> None:
    headers = Headers([("Cache-Status", line) for line in lines])

    assert TestResponse([], "200 OK", headers, Request({})).cache == word


def test_each_way_of_the_cache_has_its_word(make_app: MakeApp) -> None:
    app = make_app(
        {
            "kept/route.py": "revalidate = 60\ndef GET(): return 'x'",
            "own/route.py": "revalidate = 60\ndef GET(request): return request.headers.get('A, \\\"b', 'x')",
            "plain/route.py": "def GET(): return 'x'",
        }
    )
    sender = client(app)

    with freeze_time("2026-01-01") as clock:
        kept = [sender.get("/kept").cache for _ in range(3)]
        not_modified = sender.get("/kept", headers={"If-None-Match": sender.get("/kept").headers["ETag"]})
        head = sender.head("/kept").cache
        clock.tick(61)
        stale = sender.get("/kept").cache

    assert kept == ["MISS", "HIT", "HIT"]
    assert (not_modified.status_code, not_modified.cache, head) == (304, "HIT", "HIT")
    assert stale == "STALE"
    assert sender.get("/own").cache == "BYPASS"
    assert sender.get("/plain").cache is None


def test_a_cache_that_was_cleared_holds_nothing_and_remembers_no_purge(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": "revalidate = False\nCALLS = []\ndef GET():\n    CALLS.append(1)\n    return 'x'"})
    sender = client(app)
    assert [sender.get("/x").cache for _ in range(3)] == ["MISS", "HIT", "HIT"]
    app.cache.revalidate_path("/x")

    clear_cache(app)

    assert [sender.get("/x").cache for _ in range(3)] == ["MISS", "HIT", "HIT"]
    assert len(app.load("/x").CALLS) == 2


def test_a_refresh_that_ends_after_the_cache_was_cleared_leaves_nothing(make_app: MakeApp) -> None:
    source = """
    import threading
    revalidate = 0.01
    begun, go, calls = threading.Event(), threading.Event(), []
    def GET():
        calls.append(1)
        if len(calls) == 2:
            begun.set()
            go.wait(10)
        return str(len(calls))
    """
    app = make_app({"x/route.py": source})
    module, sender, refresher = app.load("/x"), client(app), app.cache._refresher
    sender.get("/x")
    time.sleep(0.02)
    assert sender.get("/x").cache == "STALE"
    assert module.begun.wait(10)

    clear_cache(app)
    module.go.set()
    while refresher._begun:
        time.sleep(0.01)

    assert sender.get("/x").cache == "MISS"


def test_a_shared_storage_is_not_cleared(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=f"file://{tmp_path}/storage")
    sender = client(app)
    sender.get("/x")

    clear_cache(app)

    assert app.cache.store.memory.size > 0
    assert sender.get("/x").cache == "HIT"


# What is sent -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "slug", "shown"),
    [
        ("/items/a%2Fb", "a/b", "http://localhost/items/a%2Fb"),
        ("/items/%61", "a", "http://localhost/items/a"),
        ("/items/a b", "a b", "http://localhost/items/a%20b"),
        ("/items/é", "é", "http://localhost/items/%C3%A9"),
        ("/items/%C3%A9?a=%2F#top", "é", "http://localhost/items/%C3%A9?a=%2F"),
        ("https://shop.example:8443/items/a%2Fb?a=1", "a/b", "https://shop.example:8443/items/a%2Fb?a=1"),
    ],
)
def test_a_path_goes_out_as_it_is_written(make_app: MakeApp, url: str, slug: str, shown: str) -> None:
    answer = client(make_app({"items/[slug]/route.py": SHOW})).get(url)

    assert answer.get_json() == {"slug": slug, "url": shown}


def test_a_path_goes_out_as_it_is_written_also_below_a_prefix(make_app: MakeApp) -> None:
    app = DispatcherMiddleware(lambda *_: [], {"/my shop": make_app({"items/[slug]/route.py": SHOW})})

    mounted = client(app).get("/my%20shop/items/a%2Fb")
    by_base_url = client(make_app({"items/[slug]/route.py": SHOW})).get("/items/a%2Fb", base_url="http://x.example/api")

    assert mounted.get_json() == {"slug": "a/b", "url": "http://localhost/my%20shop/items/a%2Fb"}
    assert by_base_url.get_json() == {"slug": "a/b", "url": "http://x.example/api/items/a%2Fb"}


@pytest.mark.parametrize(("path", "right"), [("//evil.example/x", "/evil.example/x"), ("/a\\b", "/a/b"), ("/a/", "/a")])
def test_slashes_are_not_put_right_by_the_client(make_app: MakeApp, path: str, right: str) -> None:
    answer = client(make_app({"items/[slug]/route.py": SHOW})).get(path)

    assert (answer.status_code, answer.headers["Location"]) == (308, right)


def test_a_redirect_is_followed_as_it_is_written(make_app: MakeApp) -> None:
    source = "from routehandlers.navigation import redirect\ndef GET(): redirect('/items/a%2Fb')"
    sender = client(make_app({"items/[slug]/route.py": SHOW, "items/a/b/route.py": source}))

    answer = sender.get("/items/a/b", follow_redirects=True)

    assert answer.get_json()["slug"] == "a/b"
    assert [each.status_code for each in answer.history] == [307]


def test_what_flask_and_werkzeug_take_is_taken(make_app: MakeApp) -> None:
    source = """
    def POST(request):
        return {"args": request.args, "form": request.form, "body": request.text(), "x": request.headers.get("X-A")}
    """
    sender = client(make_app({"x/route.py": source}))
    day = datetime.date(2026, 1, 2)

    as_json = sender.post("/x", json={"day": day}, query_string={"a": "1"}, headers={"X-A": "b"}).get_json()
    as_form = sender.post("/x?a=1", data={"b": "2"}).get_json()
    built = sender.open(EnvironBuilder("/x?a=%2F", method="POST", data="hello"))
    again = sender.open(EnvironBuilder("/x", method="POST", data="hello").get_request())

    assert as_json == {"args": {"a": "1"}, "form": {}, "body": '{"day":"2026-01-02"}', "x": "b"}
    assert (as_form["args"], as_form["form"]) == ({"a": "1"}, {"b": "2"})
    assert (built.get_json()["args"], built.get_json()["body"]) == ({"a": "/"}, "hello")
    assert again.get_json()["body"] == "hello"


COOKIES = """
from routehandlers.headers import cookies
def GET(): return dict(cookies())
def POST(request):
    cookies().set("theme", request.text())
    return "set"
def DELETE():
    cookies().delete("theme")
    return "deleted"
"""


def test_cookies_of_the_client_are_those_that_handlers_read_and_set(make_app: MakeApp) -> None:
    sender = client(make_app({"x/route.py": COOKIES}))

    sender.set_cookie("user", 'Ada "Æ"; Lovelace')
    sender.post("/x", data="dark; blue")
    theme, user = sender.get_cookie("theme"), sender.get_cookie("user")

    assert sender.get("/x").get_json() == {"user": 'Ada "Æ"; Lovelace', "theme": "dark; blue"}
    assert theme is not None
    assert theme.decoded_value == "dark; blue"
    assert user is not None
    assert user.decoded_value == 'Ada "Æ"; Lovelace'
    sender.delete("/x")
    assert sender.get_cookie("theme") is None


def test_a_cookie_header_beside_the_jar_is_refused_and_not_dropped(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": COOKIES})

    with pytest.raises(ValueError, match=r"set_cookie.*use_cookies=False"):
        client(app).get("/x", headers={"cookie": "a=1"})

    assert client(app, use_cookies=False).get("/x", headers={"cookie": "a=1"}).get_json() == {"a": "1"}


def test_an_answer_is_over_when_the_call_returns_unless_it_is_to_be_read_by_and_by(make_app: MakeApp) -> None:
    source = """
    from routehandlers.server import after
    LOG = []
    def GET():
        after(LOG.append, "after")
        for chunk in "abc":
            LOG.append(chunk)
            yield chunk
    """
    app = make_app({"x/route.py": source})
    log = app.load("/x").LOG

    assert client(app).get("/x").text == "abc"
    assert log == ["a", "b", "c", "after"]

    log.clear()
    with client(app).get("/x", buffered=False) as answer:
        chunks = answer.iter_encoded()
        assert next(iter(chunks)) == b"a"
        assert log == ["a"]
    assert log == ["a", "after"]


# What is raised -------------------------------------------------------------------

BROKEN = """
from routehandlers.server import after
LOG = []
def GET(request):
    after(LOG.append, "after")
    raise ZeroDivisionError("in the handler")
"""


@pytest.mark.parametrize("options", [{}, {"buffered": False}, {"follow_redirects": True}])
@pytest.mark.parametrize(
    "around",
    [
        {},
        {"x/middleware.py": "def middleware(request): return None"},
        {"middleware.py": "def middleware(request):\n    yield"},
    ],
)
def test_what_a_handler_raises_is_raised_with_its_traceback(
    make_app: MakeApp, around: dict[str, str], options: dict[str, Any]
) -> None:
    app = make_app({"x/route.py": BROKEN, **around})

    with pytest.raises(ZeroDivisionError, match="in the handler") as caught:
        client(app).get("/x", **options)

    assert str(caught.traceback[-1].path) == app.load("/x").__file__
    assert app.load("/x").LOG == ["after"]


@pytest.mark.parametrize(
    "files",
    [
        {"x/route.py": f"revalidate = 60\n{BROKEN}"},
        {"x/route.py": "def GET(): return None"},
        {"x/route.py": "def GET():\n    raise ValueError('at once')\n    yield 'a'"},
        {"x/route.py": "def GET():\n    yield 'a'\n    raise ValueError('in mid-stream')"},
        {"x/route.py": BROKEN, "error.py": "def error(request, exception): raise RuntimeError('itself')"},
        {"x/route.py": "def GET(): return 'x'", "instrumentation.py": "def register(): raise OSError('no server')"},
        {"x/route.py": "def GET(): return 'x'", "middleware.py": "def middleware(request): raise OSError('no server')"},
    ],
)
def test_whatever_nobody_answers_is_raised(make_app: MakeApp, files: dict[str, str]) -> None:
    with pytest.raises((ZeroDivisionError, TypeError, ValueError, OSError)):
        client(make_app(files)).get("/x")


def test_what_is_raised_passes_what_stands_around_the_application(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": BROKEN})
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[assignment]

    with pytest.raises(ZeroDivisionError):
        client(DispatcherMiddleware(app, {})).get("/x")
    with pytest.raises(ZeroDivisionError):
        client(make_app({"y/route.py": "def GET(): return 'y'"}, fallback=app)).get("/x")


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"error.py": "def error(request, exception): return {'type': type(exception).__name__}, 503"}, 503),
        (
            {
                "middleware.py": "from routehandlers import Response\ndef middleware(request):\n    try: yield\n"
                "    except ZeroDivisionError: return Response('better', 418)"
            },
            418,
        ),
        ({"x/route.py": "from werkzeug.exceptions import abort\ndef GET(): abort(500)"}, 500),
        ({"x/route.py": "def GET(): return 'mine', 500"}, 500),
        ({"x/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()"}, 404),
        ({"x/route.py": "def POST(): return 'x'"}, 405),
    ],
)
def test_what_somebody_answers_is_not_raised(make_app: MakeApp, files: dict[str, str], status: int) -> None:
    assert client(make_app({"x/route.py": BROKEN, **files})).get("/x").status_code == status


def test_a_client_can_get_what_clients_get(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    told = "LOG = []\ndef on_request_error(error, request, context): LOG.append(repr(error))"
    app = make_app({"x/route.py": BROKEN, "instrumentation.py": told})

    answer = client(app, raise_exceptions=False).get("/x")

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert app.load("/x").LOG == ["after"]
    assert "in the handler" in caplog.text


def test_the_plain_client_of_an_application_is_werkzeugs(make_app: MakeApp) -> None:
    app: RouteHandlers = make_app({"x/route.py": BROKEN})

    assert app.test_client().get("/x").status_code == 500
    assert not isinstance(app.test_client(), TestClient)
