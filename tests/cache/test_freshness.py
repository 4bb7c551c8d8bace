"""How long an answer is kept, what happens when its time runs out, and what clients are told of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from freezegun import freeze_time

COUNT = """
import itertools
{constants}
calls = itertools.count(1)
DOWN = []
def GET():
    if DOWN: {down}
    return str(next(calls))
"""


def counting(constants: str = "revalidate = 60", down: str = "raise RuntimeError('down')") -> dict[str, str]:
    return {"x/route.py": COUNT.format(constants=constants, down=down)}


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for what another thread does, by a clock that no test stops."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            return True
        threading.Event().wait(0.01)
    return False


@pytest.fixture
def clock() -> Any:
    with freeze_time("2026-01-01") as frozen:
        yield frozen


def test_an_answer_is_kept_for_its_period_and_told_with_its_age(
    make_app: MakeApp, client_for: ClientFor, storage: str, clock: Any
) -> None:
    client = client_for(make_app(counting(), cache=storage))

    first = client.get("/x")
    clock.tick(18)
    second = client.get("/x")

    assert (first.text, second.text) == ("1", "1")
    assert (
        first.headers["Cache-Control"]
        == second.headers["Cache-Control"]
        == "s-maxage=60, stale-while-revalidate=31535940"
    )
    assert first.headers["ETag"] == second.headers["ETag"]
    assert (first.headers["Age"], second.headers["Age"]) == ("0", "18")
    assert first.headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert second.headers["Cache-Status"] == "routehandlers; hit; ttl=42"


def test_what_is_stale_is_served_at_once_while_one_refresh_runs(make_app: MakeApp, storage: str, clock: Any) -> None:
    app = make_app(counting(), cache=storage)
    client = app.test_client()
    client.get("/x")

    clock.tick(61)
    stale = client.get("/x")

    assert stale.text == "1"
    assert stale.headers["Cache-Status"] == "routehandlers; hit; ttl=-1"
    assert stale.headers["Age"] == "61"
    assert until(lambda: client.get("/x").text == "2")
    assert client.get("/x").headers["Cache-Status"] == "routehandlers; hit; ttl=60"


def test_of_many_who_find_it_stale_one_refreshes(make_app: MakeApp, storage: str) -> None:
    source = """
    import itertools, threading
    revalidate = 0.05
    calls = itertools.count(1)
    go = threading.Event()
    def GET():
        number = next(calls)
        if number > 1: go.wait(10)
        return str(number)
    """
    app = make_app({"x/route.py": source}, cache=storage)
    client = app.test_client()
    client.get("/x")
    time.sleep(0.1)

    answers = [client.get("/x").text for _ in range(20)]
    app.load("/x").go.set()

    assert answers == ["1"] * 20
    assert until(lambda: client.get("/x").text != "1")
    assert int(client.get("/x").text) < 10


@pytest.mark.parametrize(
    "down",
    [
        "raise RuntimeError('down')",
        "return 'bad', 500",
        "from routehandlers.headers import cookies; return cookies().get('a', '')",
        "return None",
    ],
)
def test_a_failed_refresh_keeps_the_last_good_answer_and_waits_before_the_next_try(
    make_app: MakeApp, storage: str, clock: Any, down: str
) -> None:
    app = make_app(counting("revalidate = 1", f"TRIES.append(1); {down}") | {}, cache=storage)
    module = app.load("/x")
    module.TRIES = []
    client = app.test_client()
    client.get("/x")
    module.DOWN.append(True)

    clock.tick(2)
    assert client.get("/x").text == "1"
    assert until(lambda: len(module.TRIES) == 1)
    key = app.cache.store.memory._main.values()[0].entry.key
    assert until(lambda: app.cache.find(key)[0].entry.retry_at > 0)  # type: ignore[index]
    for _ in range(5):
        assert client.get("/x").text == "1"  # not tried again: the next try is 3 seconds later
    clock.tick(2.5)
    client.get("/x")
    assert not until(lambda: len(module.TRIES) > 1, 0.2)
    # How long the refresh took counts too, and this clock does not stop for its thread.
    later = app.cache.find(key)[0].entry.retry_at - time.time()  # type: ignore[index]
    assert 0.5 <= later < 5
    clock.tick(later + 0.1)
    client.get("/x")
    assert until(lambda: len(module.TRIES) == 2)


@pytest.mark.parametrize("dynamic", ["auto", "force-static", "error"])
@pytest.mark.parametrize(
    "result", ["'x', 403", "'x', 200, {'Set-Cookie': 'a=1'}", "'x', 200, {'Cache-Control': 'no-store'}", "forbidden()"]
)
def test_a_refresh_whose_answer_may_not_be_stored_keeps_the_last_good_one(
    make_app: MakeApp, clock: Any, caplog: pytest.LogCaptureFixture, dynamic: str, result: str
) -> None:
    constants = f"from routehandlers.navigation import forbidden\nrevalidate = 60\ndynamic = {dynamic!r}"
    app = make_app(counting(constants, f"return {result}"))
    client = app.test_client()
    client.get("/x")
    app.load("/x").DOWN.append(True)
    clock.tick(61)

    assert client.get("/x").text == "1"
    assert until(lambda: "The refresh of /x failed" in caplog.text)
    assert "AssertionError" not in caplog.text
    assert client.get("/x").text == "1"


@pytest.mark.parametrize(("revalidate", "seconds"), [(1, 3), (3, 3), (10, 10), (60, 30), (None, 3)])
def test_the_wait_before_the_next_try_is_next_s(revalidate: float | None, seconds: float) -> None:
    from routehandlers._cache.freshness import retry_after

    assert retry_after(revalidate) == seconds


def test_a_refresh_that_recovers_replaces_the_answer(make_app: MakeApp, storage: str, clock: Any) -> None:
    app = make_app(counting("revalidate = 1"), cache=storage)
    client = app.test_client()
    client.get("/x")
    app.load("/x").DOWN.append(True)
    clock.tick(2)
    client.get("/x")
    assert until(lambda: any(one.entry.retry_at for one in app.cache.store.memory._main.values()))

    app.load("/x").DOWN.clear()
    clock.tick(4)
    client.get("/x")

    assert until(lambda: client.get("/x").text == "2")


def test_after_its_expiry_nothing_is_served(make_app: MakeApp, storage: str, clock: Any) -> None:
    app = make_app(counting(), cache=storage, expire_time=300)
    client = app.test_client()
    assert client.get("/x").headers["Cache-Control"] == "s-maxage=60, stale-while-revalidate=240"

    clock.tick(301)

    answer = client.get("/x")
    assert (answer.text, answer.headers["Cache-Status"]) == ("2", "routehandlers; fwd=miss; stored")


@pytest.mark.parametrize(
    ("constants", "settings", "cache_control"),
    [
        ("revalidate = 60", {}, "s-maxage=60, stale-while-revalidate=31535940"),
        ("revalidate = False", {}, "s-maxage=31536000"),
        ("dynamic = 'force-static'", {}, "s-maxage=31536000"),
        ("dynamic = 'error'", {}, "s-maxage=31536000"),
        ("def generate_static_params(): return []", {}, "s-maxage=31536000"),
        ("revalidate = 120", {"expire_time": 60}, "s-maxage=120"),
        ("revalidate = 60", {"expire_time": 60}, "s-maxage=60"),
        ("revalidate = 1.5", {"expire_time": 61}, "s-maxage=1, stale-while-revalidate=60"),
    ],
)
def test_the_constants_decide_what_is_cached_and_for_how_long(
    make_app: MakeApp, constants: str, settings: dict[str, Any], cache_control: str
) -> None:
    client = make_app(counting(constants), **settings).test_client()

    answers = [client.get("/x") for _ in range(2)]

    assert [answer.text for answer in answers] == ["1", "1"]
    assert {answer.headers["Cache-Control"] for answer in answers} == {cache_control}


@pytest.mark.parametrize(
    "constants",
    [
        "",
        "revalidate = 0",
        "dynamic = 'force-dynamic'",
        "dynamic = 'force-dynamic'\nrevalidate = 60",
        "dynamic = 'force-static'\nrevalidate = 0",
    ],
)
def test_other_routes_are_called_each_time_and_say_nothing_of_caching(make_app: MakeApp, constants: str) -> None:
    client = make_app(counting(constants)).test_client()

    answers = [client.get("/x") for _ in range(2)]

    assert [answer.text for answer in answers] == ["1", "2"]
    assert not {"Cache-Control", "Cache-Status", "Age", "ETag"} & set(answers[0].headers.keys())


def test_a_handler_s_own_cache_control_and_etag_are_sent_as_they_stand(make_app: MakeApp) -> None:
    source = """
    from routehandlers import Response
    revalidate = 60
    def GET(): return Response("x", headers={"Cache-Control": "public, max-age=5", "ETag": '"mine"', "Age": "9"})
    """
    client = make_app({"x/route.py": source}).test_client()
    client.get("/x")

    answer = client.get("/x")

    assert answer.headers.getlist("Cache-Control") == ["public, max-age=5"]
    assert answer.headers.getlist("ETag") == ['"mine"']
    assert answer.headers.getlist("Age") == ["0"]
    assert client.get("/x", headers={"If-None-Match": '"mine"'}).status_code == 304


def test_a_client_that_has_it_gets_a_304(make_app: MakeApp, client_for: ClientFor, storage: str) -> None:
    client = client_for(make_app(counting(), cache=storage))
    tag = client.get("/x").headers["ETag"]

    same = client.get("/x", headers={"If-None-Match": tag})
    other = client.get("/x", headers={"If-None-Match": '"other"'})

    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"].startswith("s-maxage=60")
    assert (other.status_code, other.text) == (200, "1")


def test_head_is_served_from_the_entry_and_may_cause_it(make_app: MakeApp, client_for: ClientFor, storage: str) -> None:
    client = client_for(make_app(counting(), cache=storage))

    head, get, again = client.head("/x"), client.get("/x"), client.head("/x")

    assert (head.data, get.data, again.data) == (b"", b"1", b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == again.headers["Content-Length"] == "1"
    assert get.headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_head_of_its_own_runs_by_itself(make_app: MakeApp, storage: str) -> None:
    files = {
        "x/route.py": COUNT.format(
            constants="revalidate = 60\nfrom routehandlers import Response\ndef HEAD(): return Response(headers={'X-Own': str(next(calls))})",
            down="pass",
        )
    }
    client = make_app(files, cache=storage).test_client()

    first, get, second = client.head("/x"), client.get("/x"), client.head("/x")

    assert (first.headers["X-Own"], get.text, second.headers["X-Own"]) == ("1", "2", "3")
    assert "Cache-Status" not in first.headers
    assert client.get("/x").text == "2"


def test_a_range_is_answered_from_the_whole_entry(make_app: MakeApp) -> None:
    client = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'abcdef'"}).test_client()

    first = client.get("/x", headers={"Range": "bytes=0-1"})
    second = client.get("/x", headers={"Range": "bytes=2-3"})

    assert [(answer.status_code, answer.text) for answer in (first, second)] == [(200, "abcdef")] * 2
    assert second.headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_cached_204_is_served_as_one_twice(make_app: MakeApp, client_for: ClientFor, storage: str) -> None:
    client = client_for(make_app({"x/route.py": "revalidate = 60\ndef GET(): return '', 204"}, cache=storage))

    answers = [client.get("/x") for _ in range(3)]

    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 3
    assert answers[2].headers["Cache-Status"].startswith("routehandlers; hit")


@pytest.mark.parametrize("raised", ["not_found()", "abort(404)", "abort(410, 'It was here.')"])
def test_of_not_found_the_outcome_is_kept_and_the_body_made_for_each(
    make_app: MakeApp, client_for: ClientFor, storage: str, raised: str
) -> None:
    source = f"""
from routehandlers.navigation import not_found
from werkzeug.exceptions import abort
revalidate = 60
CALLS = []
def GET(request, context):
    CALLS.append(1)
    {raised}
"""
    app = make_app({"[slug]/route.py": source}, cache=storage)
    client = client_for(app)

    json, html = client.get("/x"), client.get("/x", headers={"Accept": "text/html"})
    again = client.get("/x")

    assert app.load("/[slug]").CALLS == [1]
    assert json.headers["Content-Type"] == again.headers["Content-Type"] == "application/problem+json"
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert html.headers["Vary"] == json.headers["Vary"] == "Accept"
    assert html.headers["Cache-Status"].startswith("routehandlers; hit")
    assert json.json["status"] == int(raised[6:9]) if "abort" in raised else 404
    assert ("It was here." in html.text) == ("here" in raised)


def test_a_stream_is_drawn_to_its_end_before_its_headers_leave(make_app: MakeApp, storage: str) -> None:
    source = """
    revalidate = 60
    CLOSED, DRAWN = [], []
    def stream():
        try:
            for part in "abc":
                DRAWN.append(part)
                yield part
        finally:
            CLOSED.append(True)
    def GET(): return stream()
    """
    app = make_app({"x/route.py": source}, cache=storage)
    heard: list[Any] = []
    body = app(_environ("/x"), lambda status, headers, exc_info=None: heard.append(list(app.load("/x").DRAWN)))

    assert heard == [["a", "b", "c"]]
    assert b"".join(body) == b"abc"
    assert app.load("/x").CLOSED == [True]
    assert app.test_client().get("/x").headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_stream_that_proves_dynamic_is_released_and_streams_on(make_app: MakeApp) -> None:
    source = """
    from routehandlers.headers import cookies
    revalidate = 60
    DRAWN = []
    def GET():
        for part in "abcdef":
            DRAWN.append(part)
            if part == "c": cookies().get("a")
            yield part
    """
    app = make_app({"x/route.py": source})
    heard: list[Any] = []
    body = app(
        _environ("/x"), lambda status, headers, exc_info=None: heard.append((list(app.load("/x").DRAWN), headers))
    )

    assert heard[0][0] == ["a", "b", "c"]
    assert dict(heard[0][1])["Cache-Control"] == "private, no-cache, no-store"
    assert b"".join(body) == b"abcdef"
    body.close()  # type: ignore[attr-defined]


def test_a_body_over_the_bound_is_sent_and_not_stored(make_app: MakeApp, client_for: ClientFor) -> None:
    source = "revalidate = 60\ndef GET():\n    for _ in range(40): yield b'x' * 1000\n"
    app = make_app({"x/route.py": source}, cache_max_memory_size=100_000)
    client = client_for(app)

    answers = [client.get("/x") for _ in range(2)]

    assert [len(answer.data) for answer in answers] == [40_000, 40_000]
    assert answers[1].headers["Cache-Status"].startswith("routehandlers; fwd=bypass")
    assert answers[0].headers["Cache-Control"] == "private, no-cache, no-store"


def test_a_stream_that_takes_too_long_is_released(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routehandlers._runtime.endpoints.render._LONGEST_DRAWING", 0.05)
    source = "import time\nrevalidate = 60\ndef GET():\n    for part in 'abcdef':\n        time.sleep(0.03)\n        yield part\n"
    app = make_app({"x/route.py": source})

    answer = app.test_client().get("/x")

    assert answer.text == "abcdef"
    assert answer.headers["Cache-Control"] == "private, no-cache, no-store"


def test_a_stream_that_raises_is_a_500_and_closes_what_it_opened(make_app: MakeApp, debug: bool) -> None:
    source = """
    revalidate = 60
    CLOSED = []
    def GET():
        try:
            yield "a"
            raise RuntimeError("broken")
        finally:
            CLOSED.append(True)
    """
    app = make_app({"x/route.py": source})

    answer = app.test_client().get("/x")

    assert answer.status_code == 500
    assert "a" not in answer.text.split("status")[0].split("title")[0].replace("about", "").replace("blank", "")
    assert app.load("/x").CLOSED == [True]


def test_functions_given_to_after_run_when_the_answer_is_sent_and_in_refreshes_too(
    make_app: MakeApp, storage: str, clock: Any
) -> None:
    source = """
    from routehandlers.server import after
    revalidate = 60
    RAN = []
    def GET():
        after(RAN.append, len(RAN))
        return "x"
    """
    app = make_app({"x/route.py": source}, cache=storage)
    ran = app.load("/x").RAN

    body = app(_environ("/x"), lambda status, headers, exc_info=None: None)
    before = list(ran)
    b"".join(body)
    getattr(body, "close", lambda: None)()

    assert (before, ran) == ([], [0])
    app.test_client().get("/x")
    assert ran == [0]
    clock.tick(61)
    app.test_client().get("/x")
    assert until(lambda: ran == [0, 1])


@pytest.mark.parametrize("read", ["", "cookies().get('a')"])
def test_functions_given_to_after_run_though_the_handler_failed(make_app: MakeApp, debug: bool, read: str) -> None:
    source = f"""
    from routehandlers.headers import cookies
    from routehandlers.server import after
    revalidate = 60
    RAN = []
    def GET():
        {read}
        after(RAN.append, 1)
        raise RuntimeError("down")
    """
    app = make_app({"x/route.py": source})

    answer = app.test_client().get("/x", buffered=True)

    assert answer.status_code == 500
    assert app.load("/x").RAN == [1]


def test_vary_widens_the_key(make_app: MakeApp, client_for: ClientFor, storage: str) -> None:
    source = """
    import itertools
    vary = ("search_params:page", "accept-language", "cookie:theme")
    revalidate = 60
    calls = itertools.count(1)
    def GET(request):
        return {
            "n": next(calls), "page": request.args.get("page", "1"), "pages": request.args.getlist("page"),
            "language": request.headers.get("Accept-Language"), "next": request.next_url.search_params.get("page"),
            "best": str(request.accept_languages.best),
        }
    """
    client = client_for(make_app({"x/route.py": source}, cache=storage))

    first = client.get("/x?page=2&other=1", headers={"Accept-Language": "de", "User-Agent": "one"})
    same = client.get("/x?other=2&page=2", headers={"Accept-Language": "de", "User-Agent": "two"})
    page = client.get("/x?page=3", headers={"Accept-Language": "de"})
    language = client.get("/x?page=2", headers={"Accept-Language": "en"})
    twice = client.get("/x?page=2&page=3", headers={"Accept-Language": "de"})
    theme = client.get("/x?page=2", headers={"Accept-Language": "de", "Cookie": "theme=dark"})

    assert first.json == {"n": 1, "page": "2", "pages": ["2"], "language": "de", "next": "2", "best": "de"}
    assert same.json == first.json
    assert [one.json["n"] for one in (page, language, twice, theme)] == [2, 3, 4, 5]
    assert first.headers["Vary"] == same.headers["Vary"] == "Accept-Language, Cookie"


def test_a_404_of_a_route_that_varies_says_all_it_varies_on(make_app: MakeApp) -> None:
    source = "from routehandlers.navigation import not_found\nvary = ('accept-language',)\nrevalidate = 60\ndef GET(): not_found()"
    client = make_app({"x/route.py": source}).test_client()

    assert [client.get("/x").headers.getlist("Vary") for _ in range(2)] == [["Accept", "Accept-Language"]] * 2


@pytest.mark.parametrize(
    "read",
    ["request.args.get('other')", "dict(request.args)", "list(request.args)", "request.args.to_dict()", "len(request.args)",
     "request.headers.get('User-Agent')", "list(request.headers)", "str(request.headers)",
     "repr(request.headers)", "list(request.headers.items())", "list(request.headers.keys())", "list(request.headers.values())",
     "request.headers.to_wsgi_list()", "dict(request.headers)", "request.headers.get_all('User-Agent')", "len(request.headers)", "request.url",
     "request.next_url.search_params.get('other')", "dict(request.args.items())", "str(request.args)", "request.args.copy()",
     "'other' in request.args", "request.next_url.search", "{**request.args}", "request.headers['User-Agent']",
     "request.cookies.get('a')", "request.accept_mimetypes"],
)  # fmt: skip
def test_vary_covers_what_it_names_and_nothing_else(make_app: MakeApp, read: str) -> None:
    source = (
        f"vary = ('search_params:page', 'accept-language')\nrevalidate = 60\ndef GET(request): return str({read})\n"
    )
    app = make_app({"x/route.py": source})
    client = app.test_client()

    answers = [client.get(f"/x?page=1&other={who}", headers={"User-Agent": who}) for who in ("1", "2")]

    assert [answer.headers["Cache-Status"].split(";")[1].strip() for answer in answers] == ["fwd=bypass"] * 2
    assert list(app.cache.store.memory.entries()) == []


def test_mounts_share_no_entries(make_app: MakeApp) -> None:
    source = "revalidate = 60\ndef GET(request): return request.script_root"
    client = make_app({"x/route.py": source}).test_client()

    answers = [client.get("/x", base_url=f"http://localhost{prefix}").text for prefix in ("/a", "/b", "", "/a")]

    assert answers == ["/a", "/b", "", "/a"]


def test_url_for_is_free_to_use_in_a_cached_route(make_app: MakeApp) -> None:
    source = "revalidate = 60\nAPP = []\ndef GET(): return [APP[0].url_for('/x'), APP[0].url_for('/x', _external=True)]"
    app = make_app({"x/route.py": source}, origin="https://shop.example")
    app.load("/x").APP.append(app)

    answers = [app.test_client().get("/x", base_url="http://evil.example/shop") for _ in range(2)]

    assert answers[1].json == ["/shop/x", "https://shop.example/shop/x"]
    assert answers[1].headers["Cache-Status"].startswith("routehandlers; hit")


def test_in_debug_the_answer_says_what_was_read_and_where(make_app: MakeApp, debug: bool) -> None:
    source = "revalidate = 60\ndef GET(request):\n    return request.headers.get('X')or ''\n"
    app = make_app({"x/route.py": source})

    status = app.test_client().get("/x").headers["Cache-Status"]

    if debug:
        assert status.startswith('routehandlers; fwd=bypass; detail="request.headers ')
        assert status.endswith('app/x/route.py:3"')
    else:
        assert status == "routehandlers; fwd=bypass"


def _environ(path: str) -> dict[str, Any]:
    from werkzeug.test import EnvironBuilder

    return EnvironBuilder(path).get_environ()


def test_sixty_four_threads_that_miss_one_key_call_the_handler_once(make_app: MakeApp, storage: str) -> None:
    source = "import time\nrevalidate = 60\nCALLS = []\ndef GET():\n    CALLS.append(1)\n    time.sleep(0.3)\n    return 'x'\n"
    app = make_app({"x/route.py": source}, cache=storage)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(app.test_client().get("/x").text)) for _ in range(64)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert app.load("/x").CALLS == [1]
    assert answers == ["x"] * 64


def test_those_who_wait_run_their_own_as_soon_as_a_render_proves_dynamic(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    source = """
    import time
    from routehandlers.headers import cookies
    revalidate = 60
    def GET():
        who = cookies()["who"]
        time.sleep(0.5)
        return who
    """
    app = make_app({"x/route.py": source})
    answers: dict[str, str] = {}

    def get(who: str) -> None:
        answers[who] = client_for(app).get("/x", headers={"Cookie": f"who={who}"}).text

    begun = time.monotonic()
    threads = [threading.Thread(target=get, args=(str(who),)) for who in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {str(who): str(who) for who in range(10)}
    assert time.monotonic() - begun < 4  # one after the other they would take 5 seconds


def test_those_who_wait_share_a_failure(make_app: MakeApp) -> None:
    source = "import time\nrevalidate = 60\nCALLS = []\ndef GET():\n    CALLS.append(1)\n    time.sleep(0.3)\n    raise RuntimeError('down')\n"
    app = make_app({"x/route.py": source})
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/x").status_code)) for _ in range(20)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [500] * 20
    assert len(app.load("/x").CALLS) == 1


def test_the_handler_s_error_is_answered_for_this_client_alone(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app({"x/route.py": "revalidate = 60\ndef GET(): raise RuntimeError('down')"}))

    html, json = client.get("/x", headers={"Accept": "text/html"}), client.get("/x")

    assert (html.status_code, html.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert json.headers["Content-Type"] == "application/problem+json"
    assert json.headers["Cache-Control"] == "private, no-cache, no-store"


def test_forbidden_in_a_cached_route_is_answered_in_the_client_s_form(make_app: MakeApp) -> None:
    source = "from routehandlers.navigation import forbidden\nrevalidate = 60\ndef GET(): forbidden()"
    client = make_app({"x/route.py": source}).test_client()

    answer = client.get("/x", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert answer.headers["Cache-Control"] == "private, no-cache, no-store"


def test_a_server_without_threads_refreshes_in_the_foreground(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(counting("revalidate = 0.01"))
    client = app.test_client()
    client.get("/x")
    monkeypatch.setattr("routehandlers._cache.refresh.threading.Thread.start", lambda self: None)
    monkeypatch.setattr("routehandlers._cache.refresh.LONGEST_REFRESH", 0.05)
    time.sleep(0.05)

    stale = client.get("/x").text
    time.sleep(0.1)

    assert stale == "1"
    assert client.get("/x").text == "2"


def test_two_applications_in_one_process_share_nothing(make_app: MakeApp) -> None:
    one, other = (
        make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'one'"}),
        make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'other'"}),
    )

    assert [app.test_client().get("/x").text for app in (one, other, one, other)] == ["one", "other", "one", "other"]


def test_a_frozen_clock_can_be_moved_by_a_timedelta(make_app: MakeApp, clock: Any) -> None:
    client = make_app(counting("revalidate = False")).test_client()
    client.get("/x")

    clock.tick(timedelta(days=364))

    assert (client.get("/x").text, client.get("/x").headers["Age"]) == ("1", str(364 * 86_400))
    clock.tick(timedelta(days=2))
    assert client.get("/x").text == "2"
