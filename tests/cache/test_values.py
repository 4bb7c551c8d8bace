"""``cached()``, ``cache_life()``, ``cache_tag()`` and ``fetch()``: values that are kept across requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cache.test_freshness import until
from conftest import MakeApp
from freezegun import freeze_time

from routehandlers import RouteHandlers
from routehandlers.cache import cache_life, cached
from routehandlers.exceptions import FetchError, OutsideRequestError
from routehandlers.fetch import fetch

PRELUDE = """
import itertools
from dataclasses import dataclass
from datetime import date
from routehandlers.cache import cache_life, cache_tag, cached, no_store, revalidate_tag
from routehandlers.headers import cookies
calls = itertools.count(1)
"""


def app_with(
    make_app: MakeApp, function: str, call: str = "f()", storage: str = "memory://", **more: str
) -> RouteHandlers:
    source = f"{PRELUDE}\n{function}\ndef GET(request): return {{'v': {call}}}\n"
    return make_app({"x/route.py": source, **more}, cache=storage)


def values(app: RouteHandlers, *urls: str) -> list[Any]:
    return [app.test_client().get(url).json["v"] for url in urls or ("/x", "/x", "/x")]


def test_a_cached_function_is_called_once(make_app: MakeApp, storage: str) -> None:
    app = app_with(make_app, "@cached\ndef f(): return next(calls)", storage=storage)

    assert values(app) == [1, 1, 1]


def test_its_arguments_are_the_key_with_their_defaults_and_types(make_app: MakeApp, storage: str) -> None:
    app = app_with(
        make_app,
        "@cached()\ndef f(a, b=2, *rest, c=None): return next(calls)",
        "[f(1), f(1, 2), f(a=1, b=2), f(b=2, a=1, c=None), f('1'), f(True), f(1.0), f([1]), f((1,)), f(1, 2, 3), f(date(2026, 1, 1)), f({'a': 1})]",
        storage,
    )

    assert values(app, "/x", "/x") == [[1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]] * 2


def test_what_cannot_be_a_key_is_refused_by_name(make_app: MakeApp, debug: bool) -> None:
    app = app_with(make_app, "@cached()\ndef f(a): return 1", "f(object())")

    answer = app.test_client().get("/x")

    assert answer.status_code == 500
    assert ("cannot be part of a cache key" in answer.text) == debug


def test_a_miss_returns_what_a_hit_would(make_app: MakeApp) -> None:
    function = "@cached()\ndef f(): return {'t': (1, 2), 'd': date(2026, 1, 2), 'n': None, 3: 4}"
    app = app_with(make_app, function)

    first, second = values(app, "/x", "/x")

    assert first == second == {"t": [1, 2], "d": "2026-01-02", "n": None, "3": 4}


def test_none_is_a_value(make_app: MakeApp) -> None:
    app = app_with(make_app, "@cached()\ndef f():\n    next(calls)\n    return None", "[f(), next(calls)]")

    assert values(app, "/x", "/x") == [[None, 2], [None, 3]]


def test_key_parts_keep_values_apart(make_app: MakeApp) -> None:
    function = "def make(part): return cached(lambda: next(calls), key_parts=(part,))"
    app = app_with(make_app, function, "[make('a')(), make('b')(), make('a')()]")

    assert values(app, "/x") == [[1, 2, 1]]


def test_errors_are_not_kept(make_app: MakeApp) -> None:
    function = "@cached()\ndef f():\n    n = next(calls)\n    if n < 3: raise ValueError(str(n))\n    return n\ndef g():\n    try: return f()\n    except ValueError as e: return str(e)"
    app = app_with(make_app, function, "g()")

    assert values(app, "/x", "/x", "/x", "/x") == ["1", "2", 3, 3]


@pytest.mark.parametrize(
    "read", ["cookies().get('a')", "no_store()", "__import__('routehandlers.headers').headers.headers().get('a')"]
)
def test_a_cached_function_has_no_client(make_app: MakeApp, read: str, debug: bool) -> None:
    app = app_with(make_app, f"@cached()\ndef f(): return {read}")

    answer = app.test_client().get("/x")

    assert answer.status_code == 500
    assert (".f() read" in answer.text) == debug


def test_when_its_time_runs_out_it_is_stale_once_and_made_anew(make_app: MakeApp, storage: str) -> None:
    with freeze_time("2026-01-01") as clock:
        app = app_with(make_app, "@cached(revalidate=10)\ndef f(): return next(calls)", storage=storage)
        assert values(app) == [1, 1, 1]

        clock.tick(11)

        assert values(app, "/x") == [1]
        assert until(lambda: values(app, "/x") == [2])


def test_a_tag_forgets_it_also_in_the_same_request(make_app: MakeApp, storage: str) -> None:
    function = "@cached(tags=('posts',))\ndef f(): return next(calls)"
    app = app_with(make_app, function, "[f(), revalidate_tag('posts'), f()]", storage)

    assert values(app, "/x", "/x") == [[1, True, 2], [2, True, 3]]


def test_a_route_that_uses_it_is_forgotten_with_it_and_holds_no_longer(make_app: MakeApp, storage: str) -> None:
    source = (
        PRELUDE
        + "revalidate = 3600\n@cached(revalidate=5, tags=('posts',))\ndef f(): return next(calls)\ndef GET(): return {'v': f()}\n"
    )
    app = make_app({"x/route.py": source}, cache=storage)

    first = app.test_client().get("/x")
    app.cache.revalidate_tag("posts")

    assert first.headers["Cache-Control"] == "s-maxage=5, stale-while-revalidate=31535995"
    assert values(app) == [2, 2, 2]


@pytest.mark.parametrize(
    ("statement", "cache_control"),
    [
        ("cache_life('seconds')", "s-maxage=1, stale-while-revalidate=59"),
        ("cache_life('minutes')", "s-maxage=60, stale-while-revalidate=3540"),
        ("cache_life('hours')", "s-maxage=3600, stale-while-revalidate=82800"),
        ("cache_life('days')", "s-maxage=86400, stale-while-revalidate=518400"),
        ("cache_life('weeks')", "s-maxage=604800, stale-while-revalidate=1987200"),
        ("cache_life('max')", "s-maxage=2592000, stale-while-revalidate=28944000"),
        ("cache_life('default')", "s-maxage=900, stale-while-revalidate=31535100"),
        ("cache_life({'revalidate': 7, 'expire': 20})", "s-maxage=7, stale-while-revalidate=13"),
        ("cache_life({'stale': 1})", "s-maxage=900, stale-while-revalidate=31535100"),
        ("cache_life('hours'); cache_life('minutes')", "s-maxage=60, stale-while-revalidate=3540"),
        ("cache_life('minutes'); cache_life('hours')", "s-maxage=60, stale-while-revalidate=3540"),
    ],
)
def test_cache_life_states_how_long_an_answer_holds(make_app: MakeApp, statement: str, cache_control: str) -> None:
    source = f"{PRELUDE}\nrevalidate = 3\ndef GET():\n    {statement}\n    return 'x'\n"
    client = make_app({"x/route.py": source}).test_client()

    assert client.get("/x").headers["Cache-Control"] == cache_control


@pytest.mark.parametrize("profile", ["hour", {"revalidate": 0}, {"expire": 1}, {"expires": 1}])
def test_a_life_that_cannot_be_is_refused(make_app: MakeApp, profile: Any, debug: bool) -> None:
    source = f"{PRELUDE}\nrevalidate = 3\ndef GET():\n    cache_life({profile!r})\n    return 'x'\n"
    answer = make_app({"x/route.py": source}).test_client().get("/x")

    assert answer.status_code == 500
    assert ("ValueError" in answer.text) == debug


def test_cache_tag_and_life_work_in_a_cached_function(make_app: MakeApp) -> None:
    function = "@cached()\ndef f():\n    cache_tag('late')\n    cache_life('minutes')\n    return next(calls)"
    with freeze_time("2026-01-01") as clock:
        app = app_with(make_app, function)
        assert values(app) == [1, 1, 1]
        app.cache.revalidate_tag("late")
        assert values(app) == [2, 2, 2]
        clock.tick(3601)
        assert values(app) == [3, 3, 3]


def test_where_nothing_is_stored_tags_and_lives_do_nothing(make_app: MakeApp) -> None:
    app = app_with(make_app, "", "[cache_tag('a'), cache_life('hours'), no_store()]")

    assert values(app, "/x") == [[None, None, None]]


@pytest.mark.parametrize(
    "call",
    [
        "cache_tag('')",
        "cached(tags='posts')(print)",
        "cached(revalidate=0)(print)",
        "cached(7)",
    ],
)
def test_mistakes_are_told_where_they_are_made(make_app: MakeApp, call: str, debug: bool) -> None:
    answer = app_with(make_app, "", call).test_client().get("/x")

    assert answer.status_code == 500
    assert ("Error: " in answer.text) == debug


def test_outside_of_requests_a_cached_function_is_called_each_time() -> None:
    calls: list[int] = []

    @cached(revalidate=60)
    def f(a: int) -> tuple[int, int]:
        calls.append(a)
        return a, len(calls)

    assert [f(7), f(7)] == [[7, 1], [7, 2]]
    assert f.__name__ == "f"
    with pytest.raises(OutsideRequestError):
        cache_life("hours")


def test_many_who_miss_one_value_make_it_once(make_app: MakeApp, storage: str) -> None:
    app = app_with(
        make_app, "import time\n@cached()\ndef f():\n    time.sleep(0.3)\n    return next(calls)", storage=storage
    )
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.extend(values(app, "/x"))) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [1] * 20


def test_a_cached_function_of_a_helper_is_shared_by_routes(make_app: MakeApp) -> None:
    files = {
        "_data.py": PRELUDE + "@cached(tags=('n',))\ndef n(): return next(calls)\n",
        "a/route.py": "from .._data import n\ndef GET(): return {'v': n()}",
        "b/route.py": "from .._data import n\ndef GET(): return {'v': n()}",
    }
    app = make_app(files)

    assert values(app, "/a", "/b") == [1, 1]


# fetch() -------------------------------------------------------------------


class Upstream(BaseHTTPRequestHandler):
    """Counts requests by path, and says what it got."""

    counts: dict[str, int] = {}

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        count = self.counts[self.path] = self.counts.get(self.path, 0) + 1
        status = 503 if "/down" in self.path else 404 if "/none" in self.path else 200
        if "/redirect" in self.path:
            self.send_response(302)
            self.send_header("Location", "/target")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = json.dumps(
            {"n": count, "method": self.command, "body": body.decode(), "x": self.headers.get("X-A")}
        ).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Set-Cookie", "upstream=1")
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetching(make_app: MakeApp, upstream: str, tmp_path: Path) -> Any:
    """Make an application whose route answers with what a call of fetch() gives."""

    def make(call: str, constants: str = "", **settings: Any) -> RouteHandlers:
        base = f"{upstream}/{tmp_path.name}"
        source = f"from routehandlers.fetch import fetch\nU = {base!r}\n{constants}\ndef GET(request): return {call}\n"
        return make_app({"x/route.py": source}, **settings)

    return make


def numbers(app: RouteHandlers, times: int = 3) -> list[Any]:
    return [app.test_client().get("/x").json["n"] for _ in range(times)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [1, 2, 3]), ("cache='no-store'", [1, 2, 3]), ("revalidate=0", [1, 2, 3]), ("cache='force-cache'", [1, 1, 1]),
        ("revalidate=60", [1, 1, 1]), ("revalidate=False", [1, 1, 1]), ("tags=['a']", [1, 1, 1]),
        ("method='POST', body='x', cache='force-cache'", [1, 1, 1]),
    ],
)  # fmt: skip
def test_fetch_keeps_what_it_is_told_to(fetching: Any, arguments: str, expected: list[int], storage: str) -> None:
    app = fetching(f"fetch(U + '/a', {arguments}).json()", cache=storage)

    assert numbers(app) == expected


@pytest.mark.parametrize(
    ("fetch_cache", "arguments", "expected"),
    [
        ("auto", "", [1, 2]), ("default-cache", "", [1, 1]), ("default-cache", "cache='no-store'", [1, 2]),
        ("only-cache", "", [1, 1]), ("only-cache", "cache='no-store'", "error"), ("force-cache", "cache='no-store'", [1, 1]),
        ("force-cache", "", [1, 1]), ("force-no-store", "cache='force-cache'", [1, 2]), ("default-no-store", "", [1, 2]),
        ("default-no-store", "cache='force-cache'", [1, 1]), ("only-no-store", "", [1, 2]), ("only-no-store", "cache='force-cache'", "error"),
        ("default-cache", "headers={'Authorization': 'x'}", [1, 2]), ("default-cache", "method='POST'", [1, 2]),
    ],
)  # fmt: skip
def test_fetch_cache_changes_what_is_the_default_and_what_may_be_asked_for(
    fetching: Any, fetch_cache: str, arguments: str, expected: Any
) -> None:
    app = fetching(f"fetch(U + '/a', {arguments}).json()", f"fetch_cache = {fetch_cache!r}")

    if expected == "error":
        assert app.test_client().get("/x").status_code == 500
    else:
        assert numbers(app, 2) == expected


def test_what_is_asked_for_is_the_key(fetching: Any) -> None:
    calls = ["U + '/a'", "U + '/a?b'", "U + '/a', method='POST'", "U + '/a', headers={'X-A': '1'}", "U + '/a', headers={'x-a': '2'}", "U + '/a', method='POST', body=b'\\xff'", "U + '/a', method='POST', json=[1]", "U + '/a', headers={'traceparent': 'x'}"]  # fmt: skip
    app = fetching(
        "{'n': ["
        + ", ".join(f"fetch({call}, cache='force-cache').json()['n']" for call in calls if "xff" not in call)
        + "]}"
    )

    first, second = numbers(app, 2)

    assert first == second
    assert first == [1, 1, 2, 3, 4, 5, 1]


def test_a_5xx_is_not_kept_and_a_404_is(fetching: Any) -> None:
    down, none = (
        fetching("fetch(U + '/down', revalidate=60).json()"),
        fetching("fetch(U + '/none', revalidate=60).json()"),
    )

    assert (numbers(down), numbers(none)) == ([1, 2, 3], [1, 1, 1])


def test_when_the_period_ends_it_is_asked_for_anew(fetching: Any) -> None:
    with freeze_time("2026-01-01") as clock:
        app = fetching("fetch(U + '/a', revalidate=10).json()")
        assert numbers(app) == [1, 1, 1]
        clock.tick(11)
        assert numbers(app, 1) == [1]
        assert until(lambda: numbers(app, 1) == [2])


def test_a_cached_route_takes_over_tags_and_period(fetching: Any) -> None:
    app = fetching("fetch(U + '/a', revalidate=7, tags=['a']).json()", "revalidate = 60")

    first = app.test_client().get("/x")
    app.cache.revalidate_tag("a")

    assert first.headers["Cache-Control"].startswith("s-maxage=7,")
    assert numbers(app) == [2, 2, 2]


def test_a_cached_route_that_must_not_keep_an_answer_is_dynamic(fetching: Any) -> None:
    app = fetching("fetch(U + '/a', cache='no-store').json()", "revalidate = 60")

    assert numbers(app) == [1, 2, 3]
    assert (
        fetching("fetch(U + '/b').json()", "revalidate = 60")
        .test_client()
        .get("/x")
        .headers["Cache-Status"]
        .endswith("stored")
    )


@pytest.mark.parametrize("arguments", ["", ", cache='force-cache'"])
def test_a_handler_may_return_the_answer(fetching: Any, arguments: str) -> None:
    app = fetching(f"fetch(U + '/a'{arguments})")

    answer = app.test_client().get("/x")

    assert answer.json["method"] == "GET"
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers


def test_an_answer_has_the_parts_of_the_standard(upstream: str) -> None:
    answer = fetch(f"{upstream}/redirect-me", headers={"X-A": "1"})

    assert (answer.status, answer.ok, answer.url) == (200, True, f"{upstream}/target")
    assert answer.json()["x"] == "1"
    assert answer.text() == answer.bytes().decode() == b"".join(answer).decode()
    assert answer.headers["content-type"] == "application/json"
    assert not fetch(f"{upstream}/none").ok
    assert fetch(f"{upstream}/echo", method="post", json={"a": 1}).json()["body"] == '{"a":1}'


@pytest.mark.parametrize(
    ("url", "arguments", "error"),
    [
        ("/relative", {}, ValueError), ("ftp://x/", {}, ValueError), ("http://127.0.0.1:1/", {}, FetchError),
        ("http://127.0.0.1/", {"cache": "maybe"}, ValueError), ("http://127.0.0.1/", {"revalidate": -1}, ValueError),
        ("http://127.0.0.1/", {"cache": "no-store", "revalidate": 5}, ValueError),
        ("http://127.0.0.1/", {"cache": "force-cache", "revalidate": 0}, ValueError),
    ],
)  # fmt: skip
def test_fetch_says_what_is_wrong(url: str, arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        fetch(url, **arguments)


def test_a_slow_server_ends_in_an_error(upstream: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(FetchError, match="got no response"):
            fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
    assert time.monotonic() - begun < 5
