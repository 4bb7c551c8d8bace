"""``generate_static_params``, ``dynamic_params``, and the build that prerenders them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from conftest import MakeApp
from servers import ask

from routehandlers.exceptions import DynamicUsageError, InvalidStaticParamsError
from routehandlers.inspect import prerender

LISTED = """
CALLS = []
def generate_static_params():
    CALLS.append(1)
    return {listed}
dynamic_params = False
def GET(request, context): return {{"route": {name!r}, "params": context.params}}
def POST(): return "posted"
"""


def listed(listed: str, name: str = "listed") -> str:
    return LISTED.format(listed=listed, name=name)


def test_only_what_is_listed_is_answered_and_the_rest_falls_to_the_next_route(make_app: MakeApp) -> None:
    files = {
        "blog/[slug]/route.py": listed("[{'slug': 'a'}, {'slug': 'b c'}, {'slug': 'é/f'}]"),
        "blog/[...rest]/route.py": "def GET(request, context): return {'route': 'rest', 'params': context.params}",
        "only/[slug]/route.py": listed("[{'slug': 'a'}]"),
        "none/[slug]/route.py": listed("[]"),
    }
    app = make_app(files)
    client = app.test_client()

    assert client.get("/blog/a").json == {"route": "listed", "params": {"slug": "a"}}
    assert client.get("/blog/b%20c").json["params"] == {"slug": "b c"}
    _, _, slash = ask(app, {"RAW_URI": "/blog/%C3%A9%2Ff"}, path="/blog/é/f")
    assert json.loads(slash)["params"] == {"slug": "é/f"}
    assert client.get("/blog/x").json == {"route": "rest", "params": {"rest": ["x"]}}
    assert [client.get(url).status_code for url in ("/only/a", "/only/b", "/none/a")] == [200, 404, 404]
    assert client.post("/only/b").status_code == 404
    assert client.post("/only/a").text == "posted"
    assert app.load("/blog/[slug]").CALLS == [1]


def test_several_params_count_as_a_set_and_catch_alls_as_lists(make_app: MakeApp) -> None:
    files = {
        "p/[a]/[b]/route.py": listed("[{'a': '1', 'b': '2'}, {'a': '3', 'b': '4'}]"),
        "c/[...path]/route.py": listed("[{'path': ['x', 'y']}]"),
        "o/[[...path]]/route.py": listed("[{'path': []}, {'path': ['x']}]"),
        "n/[id=int]/route.py": listed("[{'id': 7}]"),
    }
    client = make_app(files).test_client()
    urls = {
        "/p/1/2": 200,
        "/p/3/4": 200,
        "/p/1/4": 404,
        "/c/x/y": 200,
        "/c/x": 404,
        "/o": 200,
        "/o/x": 200,
        "/o/y": 404,
        "/n/7": 200,
        "/n/8": 404,
    }

    assert {url: client.get(url).status_code for url in urls} == urls


def test_by_default_other_params_are_rendered_when_they_are_asked_for(make_app: MakeApp) -> None:
    app = make_app(
        {
            "x/[id]/route.py": "def generate_static_params(): return [{'id': 'a'}]\ndef GET(request, context): return context.params['id']"
        }
    )

    answers = [app.test_client().get("/x/z") for _ in range(2)]

    assert answers[0].headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert answers[1].headers["Cache-Status"].startswith("routehandlers; hit")
    assert answers[1].headers["Cache-Control"] == "s-maxage=31536000"


def test_force_dynamic_switches_the_list_off(make_app: MakeApp) -> None:
    client = make_app({"x/[id]/route.py": "dynamic = 'force-dynamic'\n" + listed("[]")}).test_client()

    assert client.get("/x/anything").status_code == 200


WRONG = [
    ("x/[id]", "{'id': 'a'}", "Return a list of dicts, such as [{'id': 'a'}]"),
    ("x/[id]", "'a'", "Return a list of dicts"),
    ("x/[id]", "None", "Return a list of dicts"),
    ("x/[id]", "['a']", "Each item is a dict"),
    ("x/[id]", "[{'id': 1}]", "'id' is 1. Give a text, such as '1'"),
    ("x/[id]", "[{'id': ['a']}]", "Give a text"),
    ("x/[id]", "[{'other': 'a'}]", "has no 'id'"),
    ("x/[a]/[b]", "[{'a': '1'}]", "has no 'b'"),
    ("x/[...id]", "[{'id': 'a'}]", "'id' is 'a'. Give a list of segments"),
]


@pytest.mark.parametrize(("folder", "value", "sentence"), WRONG)
def test_params_that_cannot_be_are_told_with_what_to_write(
    make_app: MakeApp, folder: str, value: str, sentence: str, tmp_path: Path
) -> None:
    app = make_app({f"{folder}/route.py": listed(value)}, cache=f"file://{tmp_path}/cache")

    (result,) = prerender(app)

    assert isinstance(result.error, InvalidStaticParamsError)
    assert sentence in str(result.error)
    assert f"{folder}/route.py" in str(result.error)


def test_params_that_no_path_can_hold_fail_the_build(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app({"x/[id]/route.py": listed("[{'id': ''}, {'id': 'a'}]")}, cache=f"file://{tmp_path}/cache")

    failed, stored = prerender(app)

    assert "cannot be '' in a path" in str(failed.error)
    assert stored.is_stored


def test_a_list_of_a_route_without_parameters_is_one_answer(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app({"x/route.py": listed("[{'id': 'a'}, {'id': 'b'}]")}, cache=f"file://{tmp_path}/cache")

    assert [(result.path, result.is_stored) for result in prerender(app)] == [("/x", True)]


@pytest.mark.parametrize(
    ("read", "what"),
    [("request.headers.get('x')", "request.headers"), ("request.url", "request.url"), ("str(cookies())", "cookies()")],
)
def test_a_static_route_that_reads_of_a_client_fails_the_build(
    make_app: MakeApp, tmp_path: Path, read: str, what: str
) -> None:
    source = f"from routehandlers.headers import cookies\ndynamic = 'error'\ndef GET(request): return {read}"
    app = make_app({"x/route.py": source}, cache=f"file://{tmp_path}/cache")

    (result,) = prerender(app)

    assert isinstance(result.error, DynamicUsageError)
    assert f"GET /x read {what}" in str(result.error)


def test_params_that_raise_are_a_500_and_asked_for_again(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    source = "DOWN = [1]\ndynamic_params = False\ndef generate_static_params():\n    if DOWN: raise RuntimeError('no database')\n    return [{'id': 'a'}]\ndef GET(): return 'x'"
    app = make_app({"x/[id]/route.py": source})
    client = app.test_client()

    with caplog.at_level(logging.ERROR, "routehandlers"):
        assert client.get("/x/a").status_code == 500
    app.load("/x/[id]").DOWN.clear()

    assert client.get("/x/a").status_code == 200


BUILT: dict[str, str] = {
    "route.py": "dynamic = 'force-static'\ndef GET(): return 'root'",
    "blog/[slug]/route.py": "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef generate_static_params(): return [{'slug': 'a'}, {'slug': 'b c'}]\ndef GET(request, context): return f\"{context.params['slug']} {next(calls)}\"",
    "docs/[[...path]]/route.py": "def generate_static_params(): return [{'path': []}, {'path': ['x', 'y']}]\ndef GET(request, context): return request.path",
    "who/route.py": "revalidate = 60\ndef GET(request): return request.headers.get('X-Who') or 'nobody'",
    "plain/route.py": "def GET(): return 'plain'",
    "demand/[id]/route.py": "revalidate = 60\ndef GET(): return 'x'",
}


def test_a_build_stores_what_is_known_in_advance(make_app: MakeApp, storage: str) -> None:
    app = make_app(BUILT, cache=storage)

    results = {result.path: result for result in prerender(app)}

    assert {path for path, result in results.items() if result.is_stored} == {
        "/",
        "/blog/a",
        "/blog/b%20c",
        "/docs",
        "/docs/x/y",
    }
    assert results["/who"].reason.startswith("request.headers")
    client = app.test_client()
    for url in ("/", "/blog/a", "/blog/b%20c", "/docs", "/docs/x/y"):
        assert client.get(url).headers["Cache-Status"].startswith("routehandlers; hit"), url
    assert client.get("/docs/x/y").text == "/docs/x/y"


def test_a_build_replaces_what_running_servers_hold_in_memory(make_app: MakeApp, tmp_path: Path) -> None:
    cache = f"file://{tmp_path}/shared"
    running, building = make_app(BUILT, cache=cache), make_app(BUILT, cache=cache)
    first = running.test_client().get("/blog/a").text
    next(building.load("/blog/[slug]").calls), next(building.load("/blog/[slug]").calls)

    list(prerender(building))

    assert (first, running.test_client().get("/blog/a").text) == ("a 1", "a 3")
    assert running.test_client().get("/blog/a").headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_build_that_fails_keeps_the_last_good_answer(make_app: MakeApp, tmp_path: Path) -> None:
    cache = f"file://{tmp_path}/shared"
    broken = {
        **BUILT,
        "blog/[slug]/route.py": BUILT["blog/[slug]/route.py"].replace(
            "def GET(request, context): ",
            "def GET(request, context):\n    if context.params['slug'] == 'a': raise RuntimeError('down')\n    ",
        ),
    }
    running, building = make_app(BUILT, cache=cache), make_app(broken, cache=cache)
    running.test_client().get("/blog/a")

    failed = [result for result in prerender(building) if result.error is not None]

    assert [result.path for result in failed] == ["/blog/a"]
    assert running.test_client().get("/blog/a").text == "a 1"


def test_a_purge_during_the_build_of_an_answer_is_not_lost(make_app: MakeApp, storage: str) -> None:
    source = "from routehandlers.cache import cache_tag\nrevalidate = 60\nAPP = []\ndef GET():\n    cache_tag('posts')\n    if APP: APP.pop().cache.revalidate_tag('posts')\n    return 'x'"
    app = make_app({"x/route.py": source}, cache=storage)
    app.load("/x").APP.append(app)

    (result,) = prerender(app)

    assert not result.is_stored
    assert app.test_client().get("/x").headers["Cache-Status"] == "routehandlers; fwd=miss; stored"


@pytest.mark.parametrize("settings", [{}, {"base_path": "/base"}, {"trailing_slash": True}], ids=str)
@pytest.mark.parametrize("value", ["x/y", "<", "é %", "a"])
def test_the_key_of_a_prerendered_answer_is_that_of_a_request(
    make_app: MakeApp, storage: str, settings: dict[str, Any], value: str
) -> None:
    source = (
        f"def generate_static_params(): return [{{'a': {value!r}}}]\ndef GET(request): return request.next_url.pathname"
    )
    app = make_app({"[a]/route.py": source}, cache=storage, **settings)
    list(prerender(app))
    url = app.url_for("/[a]", a=value)

    _, headers, body = ask(app, {"RAW_URI": url, "PATH_INFO": unquote_to_bytes(url).decode("latin-1")})

    assert headers["Cache-Status"].startswith("routehandlers; hit")
    assert body.decode() == url.removeprefix(settings.get("base_path", ""))
