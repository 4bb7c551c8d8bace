"""Faults of paths that were read in two ways: by a guard, and by what lies behind it."""

from __future__ import annotations

from typing import Any

import flask
import pytest
from conftest import ClientFor, MakeApp
from werkzeug.test import EnvironBuilder

from routehandlers import RouteHandlers

GUARD = """
from routehandlers import Response
config = {{"matcher": {matcher!r}}}
def middleware(request):
    return Response("guarded", 401)
"""


def legacy(prefix: str = "/legacy") -> flask.Flask:
    app = flask.Flask("legacy")
    app.add_url_rule(f"{prefix}/admin", "admin", lambda: "secret")
    app.add_url_rule("/<path:rest>", "rest", lambda rest: f"rest {rest}")
    return app


def ask(app: RouteHandlers, target: str, method: str = "GET", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    """Send a request as gunicorn hands it on: the path decoded, and the target as it was sent."""
    builder = EnvironBuilder(target, method=method, environ_overrides={"RAW_URI": target, **environ})
    answer = app.test_client().open(builder, buffered=True)
    return answer.status_code, dict(answer.headers), answer.data


# F1 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/legacy/admin",
        "/legacy%2Fadmin",
        "/legacy%2fadmin",
        "/LEGACY%2Fadmin",
        "/%6Cegacy%2Fadmin",
        "/legacy%2Fadmin?a=%2F",
    ],
)
def test_an_encoded_slash_went_past_the_guard_of_the_application_behind(make_app: MakeApp, target: str) -> None:
    app = make_app({"middleware.py": GUARD.format(matcher=["/legacy/:path*"])}, fallback=legacy())

    assert ask(app, target)[0] == 401
    assert ask(app, "/other")[2] == b"rest other"
    assert ask(app, "/other%2Fplace")[2] == b"rest other/place"


def test_a_guard_that_looks_at_the_path_itself_saw_another_path_than_the_application_behind(make_app: MakeApp) -> None:
    guard = """
    from routehandlers import Response
    def middleware(request):
        if request.path.startswith("/legacy/") or request.next_url.pathname.startswith("/secret/"):
            return Response("guarded", 401)
    """
    app = make_app({"middleware.py": guard}, fallback=legacy())

    assert ask(app, "/legacy%2Fadmin")[0] == 401
    assert ask(app, "/secret%2Fadmin")[0] == 401
    assert ask(app, "/free%2Fadmin")[2] == b"rest free/admin"


def test_headers_and_redirects_missed_the_path_that_the_application_behind_reads(make_app: MakeApp) -> None:
    app = make_app(
        {},
        fallback=legacy(),
        headers=[{"source": "/legacy/:path*", "headers": [{"key": "X-Robots-Tag", "value": "noindex"}]}],
        redirects=[{"source": "/gone/:path*", "destination": "/new/:path*", "permanent": False}],
    )

    status, headers, _ = ask(app, "/legacy%2Fadmin")

    assert (status, headers["X-Robots-Tag"]) == (200, "noindex")
    assert ask(app, "/gone%2Fx")[1]["Location"] == "/new/x"


def test_a_base_path_with_an_encoded_slash_went_past_the_guard(make_app: MakeApp) -> None:
    app = make_app(
        {"middleware.py": GUARD.format(matcher="/admin")},
        base_path="/legacy",
        fallback=legacy("/legacy"),
    )

    assert ask(app, "/legacy/admin")[0] == 401
    assert ask(app, "/legacy%2Fadmin")[0] == 401
    assert ask(app, "/outside%2Fadmin")[2] == b"rest outside/admin"


def test_dots_behind_an_encoded_slash_reached_the_application_behind(make_app: MakeApp) -> None:
    app = make_app({"middleware.py": GUARD.format(matcher=["/legacy/:path*"])}, fallback=legacy())

    assert ask(app, "/free%2F..%2Flegacy%2Fadmin")[0] == 404


def test_the_application_behind_still_gets_the_target_as_it_was_sent(make_app: MakeApp) -> None:
    def behind(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode(), b" ", environ["RAW_URI"].encode()]

    app = make_app({"middleware.py": "def middleware(request): pass"}, fallback=behind)

    assert ask(app, "/a%2Fb?c=1")[2] == b"/a/b /a%2Fb?c=1"


# F2 and F3 ------------------------------------------------------------------

SEEN = """
def GET(request, context):
    url = request.next_url
    return [request.path, request.url, request.base_url, url.href, url.pathname, context.params]
"""

SPELLINGS = [
    ("/%61dmin/1", "/admin/1", "/admin/1", "1"),
    ("/admin/%31?q=%61", "/admin/1", "/admin/1", "1"),
    ("/admin/caf%c3%a9", "/admin/caf%C3%A9", "/admin/café", "café"),
    ("/admin/a%2fb", "/admin/a%2Fb", "/admin/a%2Fb", "a/b"),
    ("/admin/a%252Fb", "/admin/a%252Fb", "/admin/a%252Fb", "a%2Fb"),
    ("/admin/a%25252fb", "/admin/a%25252fb", "/admin/a%25252fb", "a%252fb"),
    ("/admin/100%25", "/admin/100%25", "/admin/100%", "100%"),
    ("/admin/a%3Ab%40c%21", "/admin/a:b@c!", "/admin/a:b@c!", "a:b@c!"),
    ("/admin/%3Cb%3E%22", "/admin/%3Cb%3E%22", '/admin/<b>"', '<b>"'),
    ("/admin/%5C", "/admin/%5C", "/admin/\\", "\\"),
]


@pytest.mark.parametrize(("target", "pathname", "path", "param"), SPELLINGS)
@pytest.mark.parametrize("has_middleware", [False, True])
@pytest.mark.parametrize("cached", ["", "revalidate = 60\n"])
def test_a_path_had_another_spelling_in_the_url_than_in_the_routes(
    make_app: MakeApp, target: str, pathname: str, path: str, param: str, has_middleware: bool, cached: str
) -> None:
    files = {"admin/[id]/route.py": cached + SEEN}
    if has_middleware:
        files["middleware.py"] = "def middleware(request): request.next_url.pathname, request.path"
    app = make_app(files)

    for _ in range(3):
        answer = app.test_client().open(EnvironBuilder(target, environ_overrides={"RAW_URI": target})).json

        query = target.partition("?")[1] + target.partition("?")[2]
        whole = f"http://localhost{pathname}"
        assert answer == [path, whole + query, whole, whole + query, pathname, {"id": param}]


def test_a_guard_of_one_spelling_was_passed_in_another(make_app: MakeApp) -> None:
    guard = """
    from routehandlers import Response
    def middleware(request):
        if request.next_url.pathname.startswith("/admin") and request.url.startswith("http://localhost/admin"):
            return Response("guarded", 401)
    """
    app = make_app({"middleware.py": guard, "admin/[id]/route.py": "def GET(): return 'secret'"})

    for target in ("/admin/1", "/%61dmin/1", "/%61%64%6D%69%6e/1", "/admin/%31"):
        assert ask(app, target)[0] == 401


def test_a_slash_inside_a_segment_passed_an_allow_list(make_app: MakeApp) -> None:
    guard = """
    from routehandlers import Response
    def middleware(request):
        if not request.path.startswith("/public/"):
            return Response("guarded", 401)
    """
    app = make_app(
        {"middleware.py": guard, "[user]/settings/route.py": "def GET(request, context): return context.params"}
    )

    assert ask(app, "/public%2Fx/settings")[0] == 401
    assert ask(app, "/public%252Fx/settings")[0] == 401
    assert ask(app, "/public/settings")[0] == 200


def test_two_paths_never_look_alike(make_app: MakeApp) -> None:
    app = make_app({"[...all]/route.py": "def GET(request): return request.path"})
    targets = ["/a/b", "/a%2Fb", "/a%252Fb", "/a%25252Fb", "/a%252fb", "/a%2525b", "/a%25b", "/a%2F%2Fb"]

    paths = [ask(app, target)[2] for target in targets]

    assert len(set(paths)) == len(targets)


def test_a_mounted_application_has_one_spelling_of_its_prefix(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": "def GET(request): return [request.url, request.next_url.href, request.root_url]"})
    builder = EnvironBuilder("/x", "http://localhost/m", environ_overrides={"RAW_URI": "/%6D/%78"})

    assert app.test_client().open(builder).json == [
        "http://localhost/m/x",
        "http://localhost/m/x",
        "http://localhost/m/",
    ]


# F4 -------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/admin/1", "/ADMIN/1", "/Admin/1", "/%41dmin/1"])
def test_a_rewrite_took_a_path_in_capitals_that_the_guard_did_not(make_app: MakeApp, target: str) -> None:
    app = make_app(
        {
            "middleware.py": GUARD.format(matcher="/admin/:path*"),
            "internal/[p]/route.py": "def GET(): return 'secret'",
        },
        rewrites=[{"source": "/admin/:p*", "destination": "/internal/:p*"}],
    )

    assert ask(app, target)[0] == 401


# F6 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["admin.example.com", "admin.example.com.", "ADMIN.example.com.:80", "admin.example.com.:80"]
)
def test_a_host_with_a_dot_at_its_end_went_past_a_condition(
    make_app: MakeApp, client_for: ClientFor, host: str
) -> None:
    app = make_app(
        {"x/route.py": "def GET(request): return [request.host, request.next_url.hostname]"},
        redirects=[
            {
                "source": "/old",
                "destination": "/new",
                "permanent": False,
                "has": [{"type": "host", "value": "admin.example.com"}],
            }
        ],
        trusted_hosts=["admin.example.com"],
    )
    client = client_for(app)

    assert client.get("/old", headers={"Host": host}).status_code == 307
    assert client.get("/x", headers={"Host": host}).json == ["admin.example.com", "admin.example.com"]


# F7 -------------------------------------------------------------------------

LISTED = """
dynamic_params = False
revalidate = 60
def generate_static_params(): return [{"s": ["a"]}]
def GET(request, context): return context.params
"""


@pytest.mark.parametrize("settings", [{}, {"base_path": "/base"}, {"trailing_slash": True}, {"fallback": legacy()}])
@pytest.mark.parametrize("folder", ["d", "(group)/d"])
def test_the_base_of_an_optional_catch_all_was_answered_though_it_was_not_listed(
    make_app: MakeApp, settings: dict[str, Any], folder: str
) -> None:
    app = make_app({f"{folder}/[[...s]]/route.py": LISTED}, **settings)
    base, end = settings.get("base_path", ""), "/" if "trailing_slash" in settings else ""
    missing = (200, b"rest d") if "fallback" in settings else (404, b"")

    assert ask(app, f"{base}/d/a{end}")[2] == b'{"s":["a"]}'
    for target in (f"{base}/d{end}", f"{base}/%64{end}"):
        status, _, body = ask(app, target)
        assert status == missing[0]
        assert body == missing[1] or status == 404


# F9 and F10 -----------------------------------------------------------------

GREETING = """
def middleware(request):
    response = yield
    response.response = [*response.response, f" for {request.headers.get('X-User')}".encode()]
"""


def test_a_body_that_middleware_changed_kept_the_validator_of_another(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"middleware.py": GREETING, "x/route.py": "revalidate = 60\ndef GET(): return 'hello'"})
    client = client_for(app)
    first = client.get("/x", headers={"X-User": "ada"})

    second = client.get("/x", headers={"X-User": "bob", "If-None-Match": first.headers.get("ETag", '"x"')})

    assert (first.text, second.status_code, second.text) == ("hello for ada", 200, "hello for bob")


def test_a_date_of_the_old_body_did_not_make_the_new_one_unmodified(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
    from routehandlers import Response
    def GET(): return Response("hello", headers={"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"})
    """
    client = client_for(make_app({"middleware.py": GREETING, "x/route.py": source}))

    answer = client.get("/x", headers={"X-User": "bob", "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})

    assert (answer.status_code, answer.text) == (200, "hello for bob")


def test_a_validator_that_middleware_gives_to_its_new_body_stays(make_app: MakeApp, client_for: ClientFor) -> None:
    middleware = f"{GREETING}    response.headers['ETag'] = '\"own\"'\n"
    client = client_for(
        make_app({"middleware.py": middleware, "x/route.py": "revalidate = 60\ndef GET(): return 'hello'"})
    )

    assert client.get("/x").headers["ETag"] == '"own"'
    assert client.get("/x", headers={"If-None-Match": '"own"'}).status_code == 304


HEADS = {
    "cached": "revalidate = 60\ndef GET(): return 'hello'",
    "dynamic": "def GET(): return 'hello'",
    "own HEAD": "from routehandlers import Response\n"
    "def GET(): return 'hello'\ndef HEAD(): return Response(None, headers={'Content-Length': '5'})",
    "empty HEAD": "def GET(): return 'hello'\ndef HEAD(): return ''",
    "stream": "def GET():\n    yield 'hello'",
}


@pytest.mark.parametrize("source", HEADS.values(), ids=HEADS)
def test_a_head_had_the_length_of_what_middleware_added_alone(
    make_app: MakeApp, client_for: ClientFor, source: str
) -> None:
    middleware = GREETING.replace("[*response.response,", "[*response.response, b'',")
    client = client_for(make_app({"middleware.py": middleware, "x/route.py": source}))

    whole = client.get("/x", headers={"X-User": "ada"})
    head = client.head("/x", headers={"X-User": "ada"})

    assert head.data == b""
    assert head.headers.get("Content-Length") in (None, str(len(whole.data)))


# F11 ------------------------------------------------------------------------


@pytest.mark.parametrize("cached", ["", "revalidate = 60\n"])
def test_a_cached_route_did_not_read_the_cookie_that_middleware_set(
    make_app: MakeApp, client_for: ClientFor, cached: str
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers.headers import cookies\n"
            "def middleware(request): cookies().set('who', 'mw')",
            "x/route.py": cached + "from routehandlers.headers import cookies\n"
            "def GET(): return [cookies().get('who'), cookies().get('sent')]",
        }
    )

    answer = client_for(app).get("/x", headers={"Cookie": "sent=1"})

    assert answer.json == ["mw", "1"]
    assert answer.headers.getlist("Set-Cookie") == ["who=mw; Path=/"]
