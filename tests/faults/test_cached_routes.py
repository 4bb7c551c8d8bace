"""Faults of cached routes, each by what was wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from flask import Flask
from servers import write_app

from routehandlers._cache.policy import etag_of
from routehandlers.cache_handlers.entry import Entry
from routehandlers.cache_handlers.memory import MemoryCacheHandler
from routehandlers.flask import RouteHandlersBlueprint

THEMES = """
import itertools
from routehandlers.headers import cookies
vary = ("cookie:theme",)
revalidate = 60
calls = itertools.count(1)
def GET(request):
    return {{"n": next(calls), "read": {read}}}
"""


def statuses(client: Any, *cookies: str) -> list[str]:
    answers = [client.get("/x", headers={"Cookie": cookie} if cookie else {}) for cookie in cookies]
    return [answer.headers["Cache-Status"].partition("; ")[2].partition(";")[0] for answer in answers]


@pytest.mark.parametrize(
    "read",
    [
        'cookies().get("theme")', 'cookies()["theme"]', '"theme" in cookies()', 'cookies().get_all("theme")',
        'request.cookies.get("theme")', 'request.cookies["theme"]', '"theme" in request.cookies',
    ],
)  # fmt: skip
def test_a_cookie_that_the_key_covers_made_the_response_dynamic(
    make_app: MakeApp, client_for: ClientFor, read: str
) -> None:
    client = client_for(make_app({"x/route.py": THEMES.format(read=read)}))

    dark = client.get("/x", headers={"Cookie": "theme=d%C3%A4rk; id=1"})
    again = client.get("/x", headers={"Cookie": "id=2; theme=d%C3%A4rk"})
    light = client.get("/x", headers={"Cookie": "theme=light"})

    assert dark.headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert again.headers["Cache-Status"].startswith("routehandlers; hit")
    assert (again.json, light.json["n"]) == (dark.json, 2)
    assert "därk" in str(dark.json) or dark.json["read"] is True
    assert dark.headers["Vary"] == "Cookie"


@pytest.mark.parametrize(
    "read",
    [
        'cookies().get("id")', 'list(cookies())', "len(cookies())", "cookies().get_all()", "str(cookies())",
        'request.cookies.get("id")', "dict(request.cookies)", "str(request.cookies)", 'cookies().get("theme") or cookies().get("id")',
    ],
)  # fmt: skip
def test_a_cookie_that_the_key_does_not_cover_still_makes_the_response_dynamic(
    make_app: MakeApp, client_for: ClientFor, read: str
) -> None:
    client = client_for(make_app({"x/route.py": THEMES.format(read=read)}))

    first, second = client.get("/x", headers={"Cookie": "id=1"}), client.get("/x", headers={"Cookie": "id=2"})

    assert "fwd=bypass" in first.headers["Cache-Status"]
    assert "fwd=bypass" in second.headers["Cache-Status"]
    assert (first.json["n"], second.json["n"]) == (1, 2)


def test_a_cookie_of_middleware_is_not_covered_by_what_the_client_sent(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "middleware.py": """
            from routehandlers import Response
            def middleware(request):
                response = Response.next()
                response.cookies.set("theme", request.args.get("as", "light"))
                return response
            """,
            "x/route.py": THEMES.format(read='cookies().get("theme")'),
        }
    )
    client = client_for(app)

    answers = [client.get(f"/x?as={theme}") for theme in ("dark", "blue", "dark")]

    assert [answer.json["read"] for answer in answers] == ["dark", "blue", "dark"]


def test_a_route_that_varies_by_a_cookie_can_set_cookies(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(
        make_app({"x/route.py": THEMES.format(read='[cookies().get("theme"), cookies().set("a", "1").get("theme")]')})
    )

    answer = client.get("/x", headers={"Cookie": "theme=dark"})

    assert answer.json["read"] == ["dark", "dark"]
    assert answer.headers["Set-Cookie"].startswith("a=1")
    assert "fwd=bypass" in answer.headers["Cache-Status"]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "source",
    [
        "    request.headers.get('x')\n    return Response(chunk for chunk in ['s', 't'])",
        "    def chunks():\n        yield 's'\n        yield request.headers.get('x', 't')\n    return Response(chunks())",
        "    return Response(chunk for chunk in ['s' * 2**20] * 9)",
    ],
    ids=["reads before", "reads in the stream", "too large"],
)
def test_a_stream_of_a_cached_route_in_flask_broke_when_it_was_closed(tmp_path: Path, source: str, method: str) -> None:
    folder = write_app(
        tmp_path, {"c/route.py": f"from routehandlers import Response\nrevalidate = 60\ndef GET(request):\n{source}"}
    )
    host = Flask(__name__)
    host.register_blueprint(RouteHandlersBlueprint("api", folder, url_prefix="/api"))

    answer = getattr(host.test_client(), method)("/api/c", buffered=True)

    assert answer.status_code == 200
    assert answer.data == b"" if method == "head" else answer.data.startswith(b"s")
    assert "fwd=bypass" in answer.headers["Cache-Status"] or method == "head"


@pytest.mark.parametrize(
    "purge",
    [
        ("/(shop)/y",), ("/(shop)/y", "page"), ("/(shop)", "layout"), ("/(shop)/y", "layout"), ("/", "layout"), ("/y",),
        ("/y", "layout"),
    ],
)  # fmt: skip
def test_a_purge_by_the_name_of_a_group_had_no_effect(
    make_app: MakeApp, client_for: ClientFor, purge: tuple[str, ...]
) -> None:
    app = make_app(
        {
            "(shop)/y/route.py": "revalidate = 60\ndef GET(): return 'y'",
            "(other)/z/route.py": "revalidate = 60\ndef GET(): return 'z'",
        }
    )
    client = client_for(app)
    for path in ("/y", "/z"):
        client.get(path)

    app.cache.revalidate_path(*purge)

    assert client.get("/y").headers["Cache-Status"] == "routehandlers; fwd=miss; stored"
    assert (client.get("/z").headers["Cache-Status"] == "routehandlers; fwd=miss; stored") is (purge[0] == "/")


def test_a_purge_of_everything_left_the_values_of_cached(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "v/route.py": """
            import itertools
            from routehandlers.cache import cached
            calls = itertools.count(1)
            @cached
            def value(): return next(calls)
            def GET(request): return {"n": value()}
            """
        }
    )
    client = client_for(app)
    before = [client.get("/v").json["n"] for _ in range(2)]

    app.cache.revalidate_path("/", "layout")

    assert (before, client.get("/v").json["n"]) == ([1, 1], 2)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("file", [False, True])
def test_a_stored_404_had_no_etag(make_app: MakeApp, client_for: ClientFor, accept: str, file: bool) -> None:
    files = {"n/route.py": "from routehandlers.navigation import not_found\nrevalidate = 60\ndef GET(): not_found()"}
    if file:
        files["not_found.py"] = "def not_found(request): return 'nothing for ' + request.headers.get('Accept')"
    client = client_for(make_app(files))

    answers = [client.get("/n", headers={"Accept": accept}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert {answer.headers["ETag"] for answer in answers} == {etag_of(answers[0].data)}


def test_the_methods_of_a_subclass_of_the_memory_storage_were_never_called(make_app: MakeApp) -> None:
    class Recording(MemoryCacheHandler):
        def __init__(self) -> None:
            super().__init__()
            self.called: list[str] = []

        def get(self, key: str) -> Entry | None:
            self.called.append("get")
            return super().get(key)

        def set(self, entry: Entry) -> None:
            self.called.append("set")
            super().set(entry)

    storage = Recording()
    app = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=storage)
    client = app.test_client()

    answers = [client.get("/x", buffered=True).headers["Cache-Status"][:19] for _ in range(3)]
    app.cache.revalidate_path("/x")
    after = client.get("/x", buffered=True).headers["Cache-Status"]

    assert answers == ["routehandlers; fwd=", "routehandlers; hit;", "routehandlers; hit;"]
    assert {*storage.called} == {"get", "set"}
    assert [entry.body for entry in storage.entries()] == [b"x"]
    assert after == "routehandlers; fwd=miss; stored"
