"""Attacks on Next's cache, as tests.

The numbers are those of ``docs/threats.md``, which also names the tests of other folders.
"""

from __future__ import annotations

import ast
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from freezegun import freeze_time
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._cache.key import make_key
from routehandlers._http.response.draft import COOKIE

SPECIAL = [
    "x-now-route-matches", "x-nextjs-data", "x-matched-path", "x-prerender-revalidate", "x-prerender-bypass", "purpose",
    "x-next-cache-tags", "x-invoke-status", "x-middleware-cache", "rsc", "next-router-prefetch", "x-nextjs-cache",
    "x-routehandlers-cache", "cache-control", "pragma", "surrogate-control", "x-revalidate", "revalidate",
]  # fmt: skip
COUNT = "import itertools\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))\n"


@pytest.mark.parametrize("name", SPECIAL)
@pytest.mark.parametrize("value", ["1", "s-maxage=60", "max-age=60, public", "60"])
def test_sec_10_no_request_makes_a_route_cacheable(make_app: MakeApp, name: str, value: str) -> None:
    client = make_app({"x/route.py": COUNT}).test_client()

    answers = [client.get(f"/x?{name}={value}", headers={name: value}) for _ in range(2)]

    assert [answer.text for answer in answers] == ["1", "2"]
    assert not {"Cache-Status", "Cache-Control", "ETag", "Age"} & set(answers[1].headers.keys())


@pytest.mark.parametrize("name", SPECIAL)
def test_sec_10_nor_takes_it_out_of_the_cache(make_app: MakeApp, name: str) -> None:
    client = make_app({"x/route.py": "revalidate = 60\n" + COUNT}).test_client()

    assert [client.get("/x", headers={name: value}).text for value in ("1", "no-cache", "no-store", "60")] == ["1"] * 4


def test_sec_11_two_representations_never_swap(make_app: MakeApp) -> None:
    source = """
    import time
    vary = ("accept",)
    revalidate = 60
    def GET(request):
        time.sleep(0.001)
        return request.headers.get("Accept", "none")
    """
    app = make_app({"[n]/route.py": source})
    wrong: list[Any] = []

    def work(seed: int) -> None:
        client = app.test_client()
        for turn in range(40):
            accept = ("text/html", "application/json", "text/x-component")[(seed + turn) % 3]
            answer = client.get(f"/{turn % 5}", headers={"Accept": accept})
            if answer.text != accept or answer.headers["Vary"] != "Accept":
                wrong.append((accept, answer.text))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


@pytest.mark.parametrize("result", ["'', 204", "'x', 206", "'', 304"])
def test_sec_12_no_partial_or_empty_answer_ever_overwrites_a_good_one(make_app: MakeApp, result: str) -> None:
    source = f"revalidate = 0.01\nODD = []\nfrom routehandlers import Response\ndef GET():\n    if ODD: return {result}\n    return 'good'\n"
    app = make_app({"x/route.py": source})
    client = app.test_client()
    client.get("/x")
    app.load("/x").ODD.append(1)
    time.sleep(0.02)

    client.get("/x")
    while app.cache._refresher._begun:
        time.sleep(0.01)

    answer = client.get("/x")
    if "204" in result:  # an answer of its own right
        assert answer.status_code == 204
    else:
        assert (answer.status_code, answer.text) == (200, "good")


@pytest.mark.parametrize("name", SPECIAL)
def test_sec_13_a_redirect_is_stored_only_where_the_route_says_so(make_app: MakeApp, name: str) -> None:
    source = "{}\nfrom routehandlers.navigation import redirect\ndef GET(): redirect('/target')\n"
    plain = make_app({"x/route.py": source.format("")}).test_client()
    cached = make_app({"x/route.py": source.format("revalidate = 60")}).test_client()

    for client in (plain, cached):
        for _ in range(2):
            answer = client.get("/x", headers={name: "1"})
            assert (answer.status_code, answer.headers["Location"], answer.data) == (307, "/target", b"")
    assert "Cache-Control" not in plain.get("/x").headers


def test_sec_14_bodies_that_are_no_text_have_keys_of_their_own() -> None:
    bodies = [bytes([number]) for number in range(256)] + [b"\xff\xfe", b"\xfe\xff", b"", b"\xef\xbf\xbd"]

    assert len({make_key("fetch", "POST", "http://x/", [], body) for body in bodies}) == len(bodies)


def test_sec_15_the_key_is_made_of_the_effective_arguments(make_app: MakeApp) -> None:
    source = """
    from routehandlers.cache import cached
    CALLS = []
    @cached()
    def price(item, currency="EUR", *, tax=True):
        CALLS.append(1)
        return [item, currency, tax]
    def GET():
        return [price("a"), price("a", "EUR"), price(item="a", tax=True), price(currency="EUR", item="a"), price("a", "USD")]
    """
    app = make_app({"x/route.py": source})

    assert app.test_client().get("/x").json == [["a", "EUR", True]] * 4 + [["a", "USD", True]]
    assert len(app.load("/x").CALLS) == 2


def test_sec_16_the_key_contains_the_route(make_app: MakeApp) -> None:
    files = {
        "(a)/x/[id=int]/route.py": "revalidate = 60\ndef GET(request, context): return 'number'",
        "(b)/x/[id]/route.py": "revalidate = 60\ndef GET(request, context): return 'text'",
    }
    app = make_app(files)
    client = app.test_client()

    assert [client.get(url).text for url in ("/x/7", "/x/a", "/x/7", "/x/a")] == ["number", "text"] * 2
    assert len({entry.key for entry in app.cache.store.memory.entries()}) == 2


def test_sec_17_a_head_never_empties_a_get(make_app: MakeApp) -> None:
    source = "revalidate = 60\nfrom routehandlers import Response\n{}def GET(): return 'full'\n"
    for own in ("", "def HEAD(): return Response(headers={'X-Own': '1'})\n"):
        app = make_app({"x/route.py": source.format(own)})
        client = app.test_client()
        for _ in range(2):
            client.head("/x")
            assert client.get("/x").text == "full"
            app.cache.revalidate_path("/x")


@pytest.mark.parametrize(
    "statement",
    ["Response('x', headers={'Set-Cookie': f'who={n}'})", "set_by_jar(n)", "set_by_draft(n)", "set_by_response(n)"],
)
def test_sec_18_a_cookie_is_never_stored_or_replayed(make_app: MakeApp, client_for: ClientFor, statement: str) -> None:
    source = f"""
    import itertools
    from routehandlers import Response
    from routehandlers.headers import cookies, draft_mode
    revalidate = 60
    numbers = itertools.count(1)
    def set_by_jar(n):
        from routehandlers._runtime.scope.scope import current_scope
        current_scope("x").jar.set("who", str(n))
        return "x"
    def set_by_draft(n):
        draft_mode().enable()
        return "x"
    def set_by_response(n):
        response = Response("x")
        response.cookies.set("who", str(n))
        return response
    def GET():
        n = next(numbers)
        return {statement}
    """
    app = make_app({"x/route.py": source}, secret_key="s" * 32)
    client = client_for(app)

    answers = [client.get("/x") for _ in range(2)]

    assert all(len(answer.headers.getlist("Set-Cookie")) == 1 for answer in answers)
    assert all(answer.headers["Cache-Control"] == "private, no-cache, no-store" for answer in answers)
    assert list(app.cache.store.memory.entries()) == []
    if "draft" not in statement:
        assert ["who=1" in answers[0].headers["Set-Cookie"], "who=2" in answers[1].headers["Set-Cookie"]] == [
            True,
            True,
        ]


def test_sec_18_a_cookie_set_in_after_is_refused_and_nothing_of_it_is_stored(make_app: MakeApp) -> None:
    source = """
    from routehandlers.headers import cookies
    from routehandlers.server import after
    revalidate = 60
    def GET():
        after(lambda: cookies().set("who", "1"))
        return "x"
    """
    app = make_app({"x/route.py": source})

    answers = [app.test_client().get("/x", buffered=True) for _ in range(2)]

    assert not any("Set-Cookie" in answer.headers for answer in answers)
    assert answers[1].headers["Cache-Status"].startswith("routehandlers; hit")


# SEC-19 and SEC-20: tests/cache/test_freshness.py, test_a_cached_204_…, and test_safety.py, test_a_failure_never_replaces_….


def test_sec_19_a_cached_204_is_served_as_one(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app({"x/route.py": "dynamic = 'force-static'\ndef GET(): return '', 204"}))

    assert [(answer.status_code, answer.data) for answer in (client.get("/x") for _ in range(3))] == [(204, b"")] * 3


def test_sec_20_one_bad_second_is_not_an_outage(make_app: MakeApp) -> None:
    source = "revalidate = 3600\nBAD = [1]\ndef GET(): return ('bad', 503) if BAD else 'good'\n"
    app = make_app({"x/route.py": source})
    client = app.test_client()

    bad = client.get("/x")
    app.load("/x").BAD.clear()

    assert (bad.status_code, bad.headers["Cache-Control"]) == (503, "private, no-cache, no-store")
    assert (client.get("/x").status_code, client.get("/x").text) == (200, "good")


def test_sec_21_what_a_stream_reads_late_keeps_it_private(make_app: MakeApp) -> None:
    source = """
    from routehandlers.headers import headers
    revalidate = 60
    def GET():
        yield "public "
        yield "parts "
        yield headers()["X-Who"]
    """
    app = make_app({"x/route.py": source})

    answers = [app.test_client().get("/x", headers={"X-Who": who}) for who in ("1", "2")]

    assert [answer.text for answer in answers] == ["public parts 1", "public parts 2"]
    assert all(answer.headers["Cache-Control"] == "private, no-cache, no-store" for answer in answers)


@pytest.mark.once
@pytest.mark.uncounted
@pytest.mark.timeout(600)  # half a minute of work
def test_sec_44_a_hundred_thousand_paths_and_queries_stay_within_the_bytes(tmp_path: Path) -> None:
    source = "revalidate = 60\nvary = ('search_params:q',)\ndef GET(request, context): return 'x' * 200\n"
    app = RouteHandlers(write_app(tmp_path, {"[...path]/route.py": source}), cache_max_memory_size=5_000_000)
    memory = app.cache.store.memory
    environ: dict[str, Any] = app.test_client().get("/first").request.environ

    for number in range(100_000):
        sent = {
            **environ,
            "PATH_INFO": f"/p/{number}",
            "RAW_URI": f"/p/{number}",
            "REQUEST_URI": "",
            "QUERY_STRING": f"q={number}",
        }
        app(sent, lambda status, headers, exc_info=None: None)  # type: ignore[arg-type]
        if number % 10_000 == 0:
            assert memory.size <= 5_000_000

    entries = list(memory.entries())
    assert sum(entry.size for entry in entries) == memory.size <= 5_000_000
    assert len(entries) > 1_000


def test_sec_44_no_table_keeps_the_paths_of_answers_that_are_not_stored(tmp_path: Path) -> None:
    source = "revalidate = 60\ndef GET(request, context): return request.headers.get('X-Who', 'nobody')\n"
    app = RouteHandlers(write_app(tmp_path, {"[...path]/route.py": source}))
    environ: dict[str, Any] = app.test_client().get("/first").request.environ
    environ.pop("werkzeug.request")

    def ask(number: int) -> None:
        path = f"/{number:05}" * 600
        app({**environ, "PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path}, lambda *_: None)  # type: ignore[arg-type]

    for number in range(1_000):
        ask(number)

    # What the cache remembers of answers that are not stored; their paths have 3,600,000 characters.
    assert len(app.cache._unstorable) >= 1_000
    assert sum(map(sys.getsizeof, app.cache._unstorable)) < 100_000


def test_sec_46_when_the_one_who_renders_is_stuck_the_others_go_on(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routehandlers._cache.cache.DEADLINE", 0.2)
    source = """
    import itertools, threading
    revalidate = 60
    calls = itertools.count(1)
    begun, stuck = threading.Event(), threading.Event()
    def GET():
        number = next(calls)
        if number == 1:
            begun.set()
            stuck.wait(10)
        return str(number)
    """
    app = make_app({"x/route.py": source})
    first = threading.Thread(target=lambda: app.test_client().get("/x"))
    first.start()
    assert app.load("/x").begun.wait(10)

    begun = time.monotonic()
    answer = app.test_client().get("/x").text

    assert answer == "2"
    assert time.monotonic() - begun < 3
    app.load("/x").stuck.set()
    first.join()


def test_sec_46_no_lock_is_held_while_a_released_stream_goes_on(make_app: MakeApp, tmp_path: Path) -> None:
    source = """
    import threading
    from routehandlers.headers import headers
    revalidate = 60
    def GET():
        yield headers()["X-Who"]
        yield " more"
    """
    app = make_app({"x/route.py": source}, cache=f"file://{tmp_path}/cache")
    environ = app.test_client().get("/x", headers={"X-Who": "0"}).request.environ
    body = iter(app({**environ, "HTTP_X_WHO": "1"}, lambda status, headers, exc_info=None: None))  # type: ignore[arg-type]
    assert next(body) == b"1"

    begun = time.monotonic()
    other = app.test_client().get("/x", headers={"X-Who": "2"}).text

    assert other == "2 more"
    assert time.monotonic() - begun < 2
    assert b"".join(body) == b" more"


def test_sec_51_nothing_in_the_package_unpickles() -> None:
    package = Path(__file__).parents[2] / "routehandlers"
    imported = {
        name.split(".")[0]
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert not {"pickle", "marshal", "shelve", "dill", "cloudpickle", "copyreg"} & imported
    assert "json" in imported


SECRET = "a secret of more than sixteen bytes"
DRAFT = {
    "x/route.py": "revalidate = 3600\n" + COUNT,
    "static/route.py": "dynamic = 'force-static'\nfrom routehandlers.headers import draft_mode\ndef GET(): return str(draft_mode().is_enabled)\n",
    "on/route.py": "from routehandlers.headers import draft_mode\ndef GET():\n    draft_mode().enable()\n    return 'on'\n",
    "off/route.py": "from routehandlers.headers import draft_mode\ndef GET():\n    draft_mode().disable()\n    return 'off'\n",
}


def test_sec_53_draft_mode_bypasses_the_cache_for_who_has_the_cookie(make_app: MakeApp, debug: bool) -> None:
    app = make_app(DRAFT, secret_key=SECRET)
    editor, visitor = app.test_client(), app.test_client()
    visitor.get("/x")

    cookie = editor.get("/on", base_url="https://localhost").headers["Set-Cookie"]
    seen = [editor.get("/x", base_url="https://localhost") for _ in range(2)]

    assert [answer.text for answer in seen] == ["2", "3"]
    assert seen[0].headers["Cache-Control"] == "private, no-cache, no-store"
    assert seen[0].headers["Cache-Status"].startswith("routehandlers; fwd=bypass")
    assert visitor.get("/x").text == "1"
    assert editor.get("/static", base_url="https://localhost").text == "True"
    assert visitor.get("/static").text == "False"
    wanted = "Path=/; HttpOnly; SameSite=lax" if debug else "Path=/; Secure; HttpOnly; SameSite=none"
    assert cookie.partition("; ")[2] == wanted
    editor.get("/off", base_url="https://localhost")
    assert editor.get("/x", base_url="https://localhost").text == "1"


def test_sec_53_the_secret_is_long_shared_by_workers_and_compared_in_constant_time(make_app: MakeApp) -> None:
    one, other, third = (make_app(DRAFT, secret_key=secret) for secret in (SECRET, SECRET, SECRET + "!"))
    with freeze_time("2026-05-01"):
        cookies = [app.test_client().get("/on").headers["Set-Cookie"].partition(";")[0] for app in (one, other, third)]

    assert cookies[0] == cookies[1] != cookies[2]
    assert len(bytes.fromhex(cookies[0].partition("=")[2])) >= 16
    source = (Path(__file__).parents[2] / "routehandlers/_http/response/draft.py").read_text(encoding="utf-8")
    assert "hmac.compare_digest(" in source


@pytest.mark.parametrize("forged", ["forged", "", "%00", "é", "0" * 64, "a; b=c"])
def test_sec_53_a_wrong_cookie_bypasses_nothing_and_is_cleared(
    make_app: MakeApp, client_for: ClientFor, forged: str
) -> None:
    client = client_for(make_app(DRAFT, secret_key=SECRET))
    client.get("/x"), client.get("/x")

    answer = client.get("/x", headers={"Cookie": f"{COOKIE}={forged}"})

    assert answer.text == "1"
    assert answer.headers["Set-Cookie"].startswith(f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert client.get("/x").headers["Cache-Control"].startswith("s-maxage")


def test_without_a_secret_there_is_no_draft_mode_and_it_says_so(make_app: MakeApp, debug: bool) -> None:
    answer = make_app(DRAFT).test_client().get("/on")

    assert answer.status_code == 500
    assert ("needs the setting secret_key" in answer.text) == debug
