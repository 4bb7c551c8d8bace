"""What went wrong for Next.js, as tests: guards that could be gone around.

The numbers are those of ``docs/threats.md``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import pytest
from conftest import ClientFor, MakeApp
from hypothesis import given
from hypothesis import strategies as st
from servers import Server, ask, serve, write_app

import routehandlers
from routehandlers import RouteHandlers
from routehandlers._patterns.patterns import compile_pattern
from routehandlers._patterns.regex import compile_regex
from routehandlers.exceptions import InvalidConfigError, InvalidPatternError

GUARD = """
from routehandlers import Response
def middleware(request):
    if request.headers.get("Authorization") != "good":
        return Response("no", 401)
"""
SECRET = "def GET(request, context): return {'secret': dict(context.params)}\nPOST = PUT = DELETE = GET"
CACHED = "revalidate = 60\ndef GET(context=None): return 'secret'".replace("context=None", "")
STATIC = "dynamic = 'force-static'\ndef GET(): return 'secret'"
FILES = {
    "admin/route.py": SECRET,
    "admin/[id]/route.py": SECRET,
    "admin/cached/route.py": CACHED,
    "admin/static/route.py": STATIC,
    "admin/files/[...path]/route.py": SECRET,
    "admin/sitemap.xml/route.py": SECRET,
    "public/route.py": "def GET(): return 'public'",
}

# The same guard, at the root with a matcher, at the root for all that is secret, and in its folder.
GUARDS = {
    "matcher": {"middleware.py": "config = {'matcher': ['/admin/:path*']}" + GUARD},
    "regex": {"middleware.py": "config = {'matcher': ['/((?!public).*)']}" + GUARD},
    "folder": {"admin/middleware.py": GUARD},
}

SPOOFED = [
    "x-middleware-subrequest", "x-middleware-subrequest-id", "x-middleware-next", "x-middleware-rewrite", "x-middleware-redirect",
    "x-middleware-skip", "x-middleware-override-headers", "x-middleware-request-authorization", "x-middleware-set-cookie",
    "x-middleware-invoke", "x-middleware-prefetch", "x-invoke-path", "x-invoke-query", "x-invoke-status", "x-invoke-output",
    "x-matched-path", "x-now-route-matches", "x-nextjs-data", "x-nextjs-matched-path", "x-nextjs-rewrite", "x-next-cache-tags",
    "x-next-revalidated-tags", "x-next-revalidate-tag-token", "x-prerender-revalidate", "x-prerender-revalidate-if-generated",
    "x-vercel-id", "x-vercel-internal", "next-router-prefetch", "next-router-state-tree", "next-router-segment-prefetch", "next-url",
    "next-action", "next-resume", "rsc", "purpose", "sec-purpose", "x-purpose", "x-routehandlers", "x-routehandlers-middleware",
    "x-routehandlers-route", "x-routehandlers-query", "x-routehandlers-cookies", "routehandlers-route", "x-original-url", "x-rewrite-url",
    "x-http-method-override", "x-forwarded-prefix", "x-forwarded-uri", "x-script-name", "x-accel-redirect",
]  # fmt: skip
VALUES = [
    "1",
    "middleware",
    "src/middleware:src/middleware:src/middleware:src/middleware:src/middleware",
    "/public",
    "true",
]


@pytest.fixture(params=GUARDS, ids=list(GUARDS))
def guarded(request: pytest.FixtureRequest, make_app: MakeApp) -> RouteHandlers:
    return make_app({**FILES, **GUARDS[request.param]})


@pytest.mark.parametrize("path", ["/admin", "/admin/7", "/admin/cached", "/admin/static"])
def test_sec_01_no_request_header_skips_a_guard(guarded: RouteHandlers, client_for: ClientFor, path: str) -> None:
    client = client_for(guarded)
    assert client.get(path, headers={"Authorization": "good"}).status_code == 200  # and it is stored from now on

    for name in SPOOFED:
        for value in VALUES:
            assert client.get(path, headers={name: value}).status_code == 401, (name, value)


def test_sec_01_no_header_is_read_in_dispatch_but_those_of_a_list() -> None:
    runtime = Path(routehandlers.__file__).parent / "_runtime"
    read = {
        name
        for file in runtime.rglob("*.py")
        for name in re.findall(r"[\"'](HTTP_[A-Z_]+)[\"']", file.read_text(encoding="utf-8"))
    }

    assert read == {
        "HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_HOST", "HTTP_UPGRADE", "HTTP_TRANSFER_ENCODING", "HTTP_IF_MATCH",
        "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_NONE_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE",
    }  # fmt: skip


def test_sec_02_nothing_internal_is_added_to_what_leaves(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            **FILES,
            "middleware.py": "from routehandlers import Response\ndef middleware(request):\n"
            "    if request.path == '/from': return Response.rewrite('/echo')\n"
            "    return Response.next(request_headers={'x-user': '7'})",
            "echo/route.py": "def GET(request): return sorted(name.lower() for name, _ in request.headers)",
        }
    )
    client = client_for(app)

    for path in ("/from", "/echo", "/nothing", "/public"):
        answer = client.get(path, headers={"Host": "localhost"})
        assert {name.lower() for name in answer.headers.keys()} <= {"content-type", "content-length", "vary"}
    assert client.get("/from", headers={"Host": "localhost"}).json == ["host"]
    assert client.get("/echo", headers={"Host": "localhost"}).json == ["host", "x-user"]


@pytest.mark.parametrize("path", ["/", "/x", "/x/", "/x/y", "/x/y/z", "/nothing", "/.well-known/a"])
def test_sec_03_a_guard_at_the_root_stands_before_every_path(
    make_app: MakeApp, client_for: ClientFor, path: str
) -> None:
    app = make_app(
        {"middleware.py": GUARD, "route.py": SECRET, "x/route.py": SECRET, "x/y/route.py": SECRET},
        skip_trailing_slash_redirect=True,
    )

    assert client_for(app).get(path).status_code == 401


VARIANTS = [
    "/admin/7.rsc", "/admin.json", "/admin.rsc", "/admin/7.txt", "/admin;x", "/admin/7;jsessionid=1", "/admin/%2e", "/admin/.", "/admin/./7",
    "/public/../admin", "/public/%2e%2e/admin", "/public/.%2e/admin", "/public/%2E./admin", "//admin", "/admin//7", "///admin/7", "/\\admin",
    "/%5cadmin", "/admin%2F7", "/admin%2f7", "/%2Fadmin/7", "/admin%00", "/admin/%00", "/%61dmin", "/%61dmin/7", "/admin/%37", "/ADMIN", "/Admin/7",
    "/admin/", "/admin/7/", "/_next/data/x/admin.json", "/_next/data/x/admin/7.json", "/en/admin", "/admin?_rsc=1", "/admin/7?nxtPid=8",
    "/admin/7?id=8", "/admin%20", "/admin%09", "/admin%E2%80%8B", "/admin/cached.rsc", "/admin/%63ached", "/admin/cached/", "/admin/cached%2F",
    "/admin/static;v=1", "/admin#x", "/admin/files/../7", "/admin/files/..%2F7", "/admin/files/a/b", "/admin/files//a", "/admin%0A", "/admin/7%0A",
    "/admin/7%0D%0A", "/%0Aadmin", "/admin/%F0%9F%98%80", "/admin/%FF", "/public%2F..%2Fadmin", "/public/..;/admin",
]  # fmt: skip


@pytest.mark.parametrize("target", VARIANTS)
@pytest.mark.parametrize("slash", [False, True])
def test_sec_04_07_another_spelling_meets_the_guard_or_nothing(
    make_app: MakeApp, debug: bool, target: str, slash: bool
) -> None:
    for files in GUARDS.values():
        app = make_app({**FILES, **files}, skip_trailing_slash_redirect=slash)
        for raw in ("RAW_URI", None):
            environ = {"PATH_INFO": "", "QUERY_STRING": target.partition("?")[2]}
            environ["PATH_INFO"] = _decoded(target.partition("?")[0])
            if raw is not None:
                environ[raw] = target
            status, _, body = ask(app, environ)

            assert status in {301, 308, 400, 401, 404}, (target, raw)
            assert b"secret" not in body


_SEGMENT = st.sampled_from(
    [
        "admin",
        "%61dmin",
        "ADMIN",
        "public",
        "7",
        "cached",
        "static",
        "files",
        "",
        ".",
        "..",
        "%2e%2e",
        "a%2Fb",
        "%5C",
        "%00",
        "x;y",
        "sitemap.xml",
        "%0a",
    ]
)


@given(
    segments=st.lists(_SEGMENT, max_size=5),
    kind=st.sampled_from(["matcher", "folder", "root"]),
    query=st.sampled_from(["", "?a=1", "?id=2"]),
)
def test_sec_04_a_guard_is_asked_wherever_its_handler_is_reached(segments: list[str], kind: str, query: str) -> None:
    app = _APPS[kind]
    path = "/" + "/".join(segments)
    log: list[str] = app.load("/public").LOG
    log.clear()

    ask(app, {"RAW_URI": path + query, "QUERY_STRING": query[1:], "PATH_INFO": _decoded(path)})

    if any(entry.startswith("handler") for entry in log):
        assert log[0].startswith("guard")
        # It saw the params that the handler saw.
        if kind == "folder":
            assert log[0].removeprefix("guard") == log[-1].removeprefix("handler")


def _decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


_APPS: dict[str, RouteHandlers] = {}


@pytest.fixture(autouse=True, scope="module")
def _logging_apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    for kind in ("matcher", "folder", "root"):
        where = "admin/middleware.py" if kind == "folder" else "middleware.py"
        config = "config = {'matcher': '/admin/:path*'}\n" if kind == "matcher" else ""
        package = "from ..public.route import LOG" if kind == "folder" else "from .public.route import LOG"
        handler = "LOG.append(f'handler{dict(context.params)}'); return 'x'"
        up = "."
        files = {
            where: f"{config}{package}\ndef middleware(request, context): LOG.append(f'guard{{dict(context.params)}}')",
            "public/route.py": "LOG = []\ndef GET(): return 'public'",
        }
        for place, depth in (("admin", 2), ("admin/[id]", 3), ("admin/files/[...path]", 4), ("admin/cached", 3)):
            files[f"{place}/route.py"] = (
                f"from {up * depth}public.route import LOG\ndef GET(request, context): {handler}"
            )
        _APPS[kind] = RouteHandlers(write_app(tmp_path_factory.mktemp(kind), files))
    yield
    _APPS.clear()


@pytest.mark.parametrize("extra", ["?nxtPid=8", "?id=8", "?params=8", "?__nextLocale=8"])
def test_sec_05_guard_and_handler_see_the_same_params(make_app: MakeApp, client_for: ClientFor, extra: str) -> None:
    app = make_app(
        {
            "items/[id]/middleware.py": "def middleware(request, context): request.seen = context.params",
            "items/[id]/route.py": "def GET(request, context): return [dict(request.seen), dict(context.params)]",
        }
    )

    answer = client_for(app).get(f"/items/7{extra}", headers={"x-now-route-matches": "1=8", "Cookie": "id=8"})

    assert answer.json == [{"id": "7"}, {"id": "7"}]


@pytest.mark.parametrize("kind", GUARDS)
def test_sec_06_rewritten_prefixed_and_mounted_applications_are_guarded(make_app: MakeApp, kind: str) -> None:
    app = make_app(
        {**FILES, **GUARDS[kind]},
        base_path="/base",
        rewrites={
            "before_files": [{"source": "/public/before", "destination": "/admin"}],
            "after_files": [{"source": "/public/after/:id", "destination": "/admin/:id"}],
            "fallback": [{"source": "/public/at-last", "destination": "/admin/cached"}],
        },
    )
    client = app.test_client()

    for prefix in ("", "/mount"):
        for path in ("/admin", "/admin/7", "/admin/cached", "/public/before", "/public/after/7", "/public/at-last"):
            for _ in range(2):
                answer = client.get(f"/base{path}", base_url=f"http://localhost{prefix}/")
                assert answer.status_code == 401, (prefix, path)
            known = client.get(f"/base{path}", base_url=f"http://localhost{prefix}/", headers={"Authorization": "good"})
            assert known.status_code == 200, (prefix, path)


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "get", "PURGE"]
)
@pytest.mark.parametrize("path", ["/admin", "/admin/7", "/admin/cached", "/admin/static"])
def test_no_method_skips_a_guard(guarded: RouteHandlers, method: str, path: str) -> None:
    client = guarded.test_client()
    assert client.get(path, headers={"Authorization": "good"}).status_code == 200

    assert client.open(path, method=method).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{"If-None-Match": "*"}, {"Range": "bytes=0-1"}, {"Cache-Control": "only-if-cached"}, {"Accept": "text/html"}],
)
def test_what_is_stored_is_guarded_too(guarded: RouteHandlers, client_for: ClientFor, headers: dict[str, str]) -> None:
    client = client_for(guarded)
    stored = client.get("/admin/cached", headers={"Authorization": "good"})
    assert stored.headers["Cache-Control"] == "private, no-cache"

    for _ in range(3):
        assert client.get("/admin/cached", headers=headers).status_code == 401


def test_sec_31_headers_of_a_request_are_not_sent_back(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        {
            "middleware.py": "from routehandlers import Response\ndef middleware(request):\n"
            "    if request.path == '/reflect': return Response.next(headers=request.headers)\n"
            "    return Response.next(headers={'Location': 'https://evil.example/'})",
            "reflect/route.py": "def GET(): return 'x'",
            "route.py": "def GET(): return 'x'",
        }
    )
    client = client_for(app)

    reflected = client.get("/reflect", headers={"Location": "https://evil.example/", "Set-Cookie": "a=1"})
    inert = client.get("/")

    assert reflected.status_code == 500
    assert not {"Location", "Set-Cookie"} & set(reflected.headers.keys())
    assert (inert.status_code, inert.text) == (200, "x")


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        ("/:sub/a", "https://:sub.example.com/"),
        ("/:sub", "https://example.com:443:sub/"),
        ("/:sub", "https://:sub@example.com/"),
        ("/:sub", "https://:sub/"),
        ("/:sub", "//:sub/"),
    ],
)
def test_sec_33_no_parameter_stands_in_a_host(make_app: MakeApp, source: str, destination: str) -> None:
    with pytest.raises(InvalidConfigError, match="its host contains a parameter"):
        make_app(FILES, redirects=[{"source": source, "destination": destination, "permanent": False}])


@pytest.mark.parametrize(
    "value",
    ["evil.com/", "a@b", "%2f", "#", "//evil.com", "\\\\evil.com", "..", "%2e%2e", ".evil.com", "@evil.com", ":80"],
)
@pytest.mark.parametrize("destination", ["/:to", "https://example.com/:to", "/x/:to*", "/x?to=:to", "/:to/x"])
def test_sec_33_what_a_client_chooses_stays_in_its_place(make_app: MakeApp, destination: str, value: str) -> None:
    source = {"source": "/go/:to*" if "*" in destination else "/go/:to", "destination": destination, "permanent": False}
    app = make_app(
        FILES,
        redirects=[
            source,
            {
                "source": "/q",
                "has": [{"type": "query", "key": "to"}],
                "destination": destination.replace("*", ""),
                "permanent": False,
            },
        ],
    )
    client = app.test_client()

    for answer in (client.get(f"/go/{quote(value, safe='%')}"), client.get(f"/q?to={quote(value, safe='%')}")):
        location = answer.headers.get("Location", "/")
        host = re.match(r"(?:[a-z]+:)?[/\\\\]{2}([^/?#\\\\]*)", location)
        assert (host[1] if host else "") in {"", "example.com"}, location
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "regex",
    [
        "(?:a+)+",
        "(?:a*)*b",
        "(?:a|a+)+",
        "(?:[a-z]+)*x",
        "(?:.*)*",
        "(?:a+b?)+",
        "(?:(?:ab)+c*)+",
        r"(?:\w+\d+)+",
        "(?:a+a)+",
    ],
)
def test_sec_47_a_regular_expression_that_takes_forever_on_re_is_matched_in_bounded_time(regex: str) -> None:
    text = "a" * 8_000 + "!"

    assert compile_regex(regex).bounded is not None
    assert (compile_regex(f"{regex}z").fullmatch(text)) is None
    assert compile_pattern(f"/x/:a({regex})z").match(f"/x/{text}") is None


@pytest.mark.parametrize(
    "regex",
    [
        r"[a-z0-9]+(?:-[a-z0-9]+)*",
        r"\d+",
        "(?:/[a-z]+)+",
        "en|de|fr",
        ".*",
        "(?!api).*",
        r"\w+(?:\.\w+)*",
        "(?:ab){2,5}",
    ],
)
def test_sec_47_others_are_not(regex: str) -> None:
    assert compile_regex(regex)


@pytest.mark.parametrize("source", ["/" + "a" * 5_000, "/x(" + "a" * 5_000 + ")", "/x((?:[a-z]{1,99}){1,99})"])
def test_sec_47_a_source_that_is_too_large_is_refused(source: str) -> None:
    with pytest.raises(InvalidPatternError):
        compile_pattern(source)


def test_sec_47_the_longest_paths_are_matched_before_a_deadline() -> None:
    script = """
from routehandlers._patterns.patterns import compile_pattern
sources = ["/a/:b*/c/:d*/e", "/:a*/x", "/(.*)-(.*)x", "/:a-:b-:c-:d", "/x/:s([a-z0-9]+(?:-[a-z0-9]+)*)", "/:a([0-9]+)/:b"]
texts = ["/a" * 2000, "/a" + "/c" * 1900, "/" + "a-" * 2000, "/x/" + "a" * 4000 + "!", "/x/" + "a-" * 2000 + "!", "/" + "1" * 4000]
for source in sources:
    for text in texts:
        compile_pattern(source).match(text)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("guarded")
    write_app(folder, {**FILES, **GUARDS["matcher"]})
    with serve("routehandlers:create_app()", cwd=folder) as started:
        yield started


@pytest.mark.parametrize(
    "target",
    ["/admin", "/%61dmin", "//admin", "/admin/cached", "/admin%2F7", "/admin/%2e%2e/admin", "/public/../admin"],
)
def test_a_real_server_is_guarded(server: Server, target: str) -> None:
    assert server.request("GET", "/admin/cached", headers={"Authorization": "good"}).status == 200

    answer = server.request("GET", target)

    assert answer.status in {308, 401, 404}
    assert b"secret" not in answer.body


def test_rewrites_and_redirects_of_a_real_server(tmp_path: Path) -> None:
    write_app(tmp_path, {"x/[id]/route.py": "def GET(request, context): return {**context.params, 'q': request.args}"})
    (tmp_path / "pyproject.toml").write_text(
        """
[tool.routehandlers]
redirects = [{source = "/old/:id", destination = "/x/:id", permanent = true}]
rewrites = [{source = "/r/:id", destination = "/x/:id?fixed=1"}]
headers = [{source = "/:p*", headers = [{key = "x-all", value = "1"}]}]
"""
    )
    with serve("routehandlers:create_app()", cwd=tmp_path) as started:
        moved = started.request("GET", "/old/a%2Fb?c=1")
        rewritten = started.request("GET", "/r/a%2Fb?c=1")

    assert (moved.status, moved.header("Location"), moved.header("Refresh")) == (
        308,
        "/x/a%2Fb?c=1",
        "0;url=/x/a%2Fb?c=1",
    )
    assert rewritten.body == b'{"id":"a/b","q":{"c":"1","fixed":"1"}}'
    assert rewritten.header("x-all") == "1"


def test_params_that_middleware_changes_are_not_stored_under_the_key_of_others(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {
            "items/middleware.py": "def middleware(request, context):\n    context.params['id'] = request.args.get('as', 'changed')\n"
            "    context.params['path'].append('more')",
            "items/[id]/[...path]/route.py": "revalidate = 60\ndef GET(request, context): return dict(context.params)",
        }
    )

    answer = client_for(app).get("/items/7/a?as=8")

    assert answer.json == {"id": "7", "path": ["a"]}
