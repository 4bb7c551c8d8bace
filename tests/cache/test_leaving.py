"""What leaves the house: what clients and caches on the way are told, and what a real one makes of it."""

from __future__ import annotations

import http.client
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from conftest import ClientFor, MakeApp
from optional_servers import missing
from servers import Server, free_port, run, serve, write_app

PUBLIC, PRIVATE, UNSTORED = (
    "s-maxage=60, stale-while-revalidate=31535940",
    "private, no-cache",
    "private, no-cache, no-store",
)

# Which answer, what the client has, whether the route is public → what a CDN sees on a miss and on a hit,
# where no middleware looks at the client.
ROUTES = {
    "plain": "return 'x'",
    "own": "return Response('x', headers={'Cache-Control': 'public, max-age=9'})",
    "sets a cookie": "return Response('x', headers={'Set-Cookie': 'a=1'})",
    "reads a cookie": "return cookies().get('a', '')",
    "fails": "return 'x', 500",
    "raises": "raise RuntimeError('x')",
    "not found": "not_found()",
    "private": "return Response('x', headers={'Cache-Control': 'private, max-age=9'})",
}
TABLE = [
    # route,            authorization, draft cookie, public, Cache-Control
    ("plain", False, "", False, PUBLIC),
    ("plain", True, "", False, PRIVATE),
    ("plain", True, "", True, PUBLIC),
    ("plain", False, "forged", False, PRIVATE),
    ("plain", False, "forged", True, PRIVATE),
    ("plain", False, "valid", False, UNSTORED),
    ("plain", True, "valid", True, UNSTORED),
    ("own", False, "", False, "public, max-age=9"),
    ("own", True, "", False, PRIVATE),
    ("own", True, "", True, "public, max-age=9"),
    ("own", False, "forged", False, PRIVATE),
    ("sets a cookie", False, "", False, UNSTORED),
    ("sets a cookie", False, "", True, UNSTORED),
    ("sets a cookie", True, "", True, UNSTORED),
    ("reads a cookie", False, "", False, UNSTORED),
    ("reads a cookie", False, "", True, UNSTORED),
    ("reads a cookie", True, "forged", True, UNSTORED),
    ("fails", False, "", False, UNSTORED),
    ("fails", True, "", True, UNSTORED),
    ("raises", False, "", True, UNSTORED),
    ("raises", False, "forged", True, UNSTORED),
    ("not found", False, "", False, PUBLIC),
    ("not found", True, "", False, PRIVATE),
    ("not found", True, "", True, PUBLIC),
    ("not found", False, "forged", True, PRIVATE),
    ("private", False, "", False, "private, max-age=9"),
    ("private", False, "", True, "private, max-age=9"),
]


# What stands around the route, and whether its answers depend on the client then: "cookie" where they set one.
MIDDLEWARE: dict[str, tuple[dict[str, str], str]] = {
    "none": ({}, ""),
    "idle": (
        {
            "middleware.py": "def middleware(request):\n    response = yield\n    response.headers['x-mw'] = request.path"
        },
        "",
    ),
    "reads a header": ({"middleware.py": "def middleware(request): request.headers.get('User-Agent')"}, "reads"),
    "reads by function": (
        {"x/middleware.py": "from routehandlers.headers import cookies\ndef middleware(): cookies().get('a')"},
        "reads",
    ),
    "reads afterwards": ({"x/middleware.py": "def middleware(request):\n    yield\n    request.remote_addr"}, "reads"),
    "has a condition": (
        {
            "middleware.py": "config = {'matcher': {'source': '/x', 'has': [{'type': 'cookie', 'key': 'never'}]}}\n"
            "def middleware(): raise RuntimeError"
        },
        "reads",
    ),
    "sets a cookie": (
        {
            "middleware.py": "from routehandlers import Response\ndef middleware():\n    response = Response.next()\n"
            "    response.cookies.set('a', '1')\n    return response"
        },
        "cookie",
    ),
    "sets one afterwards": (
        {
            "x/middleware.py": "from routehandlers.headers import cookies\ndef middleware():\n    yield\n    cookies().set('a', '1')"
        },
        "cookie",
    ),
}


@pytest.mark.parametrize("middleware", MIDDLEWARE)
@pytest.mark.parametrize(("route", "authorized", "draft", "public", "expected"), TABLE)
def test_what_a_cdn_is_told(
    make_app: MakeApp, client_for: ClientFor, route: str, authorized: bool, draft: str, public: bool, expected: str,
    middleware: str,
) -> None:  # fmt: skip
    files, dependence = MIDDLEWARE[middleware]
    if expected in {PUBLIC, "public, max-age=9"} and (dependence == "cookie" or (dependence == "reads" and not public)):
        expected = PRIVATE
    source = (
        "from routehandlers import Response\nfrom routehandlers.headers import cookies\n"
        "from routehandlers.navigation import not_found\n"
        f"revalidate = 60\npublic = {public}\ndef GET():\n    {ROUTES[route]}\n"
    )
    on = "from routehandlers.headers import draft_mode\ndef GET():\n    draft_mode().enable()\n    return ''\n"
    app = make_app({**files, "x/route.py": source, "on/route.py": on}, secret_key="k" * 32)
    client = client_for(app)
    headers = {"Authorization": "Bearer x"} if authorized else {}
    if draft == "valid":
        headers["Cookie"] = client.get("/on").headers.getlist("Set-Cookie")[-1].partition(";")[0]
    elif draft:
        headers["Cookie"] = "__prerender_bypass=forged"

    answers = [client.get("/x", headers=headers) for _ in range(3)]

    assert [answer.headers.getlist("Cache-Control") for answer in answers] == [[expected]] * 3
    # The client's own privacy changes nothing of what is stored.
    if route in {"plain", "own", "not found"} and draft != "valid":
        assert len(list(app.cache.store.memory.entries())) == 1
        if not dependence:
            other = client.get("/x").headers["Cache-Control"]
            assert other == ("public, max-age=9" if route == "own" else PUBLIC)


# What others of its kind do: Flask-Caching, Litestar and Django's cache_page fail one or more of these.
FIVE = {
    "another user's body": "return cookies()['who']",
    "a replayed Set-Cookie": "return Response('same', headers={'Set-Cookie': f\"who={cookies_of()}\"})",
    "a POST from the cache": "return 'got'",
    "a cached 500": "\n    CALLS.append(1)\n    return ('bad', 500) if len(CALLS) == 1 else 'good'",
    "a stampede": "\n    CALLS.append(1)\n    time.sleep(0.3)\n    return 'x'",
}


@pytest.mark.parametrize("check", FIVE)
def test_the_five_things_that_other_caches_get_wrong(
    make_app: MakeApp, client_for: ClientFor, storage: str, check: str
) -> None:
    source = (
        "import itertools, time\nfrom routehandlers import Response\nfrom routehandlers.headers import cookies\n"
        "revalidate = 60\nCALLS = []\nnumbers = itertools.count(1)\ndef cookies_of(): return next(numbers)\n"
        f"def GET():\n    {FIVE[check]}\ndef POST(): return 'posted'\n"
    )
    app = make_app({"x/route.py": source}, cache=storage)
    client = client_for(app)

    if check == "another user's body":
        assert [client.get("/x", headers={"Cookie": f"who={who}"}).text for who in "1212"] == ["1", "2", "1", "2"]
    elif check == "a replayed Set-Cookie":
        assert [client.get("/x").headers.getlist("Set-Cookie") for _ in range(3)] == [["who=1"], ["who=2"], ["who=3"]]
    elif check == "a POST from the cache":
        assert [client.get("/x").text, client.post("/x").text, client.get("/x").text] == ["got", "posted", "got"]
    elif check == "a cached 500":
        assert [client.get("/x").status_code for _ in range(3)] == [500, 200, 200]
    else:
        threads = [threading.Thread(target=client_for(app).get, args=("/x",)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert app.load("/x").CALLS == [1]


# A shared cache in front ----------------------------------------------------

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache keys_zone=shared:10m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_cache shared;
            proxy_cache_use_stale updating;
            proxy_cache_background_update on;
            add_header X-Nginx $upstream_cache_status always;
        }}
    }}
}}
"""

SITE = {
    "public/[n]/route.py": "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))\n",
    "brief/route.py": "import itertools\nrevalidate = 1\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))\n",
    "mine/route.py": "from routehandlers.headers import cookies\nrevalidate = 60\ndef GET(): return cookies().get('who', '')\n",
    "token/route.py": "revalidate = 60\ndef GET(request): return request.headers.get('Authorization', '')\n",
    "late/route.py": "from routehandlers.headers import cookies\nrevalidate = 60\ndef GET():\n    yield 'late '\n    yield cookies().get('who', '')\n",
    "cookie/route.py": "import itertools\nfrom routehandlers import Response\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return Response('x', headers={'Set-Cookie': f'n={next(calls)}'})\n",
    "vary/route.py": "vary = ('accept-language',)\nrevalidate = 60\ndef GET(request): return request.headers.get('Accept-Language', '')\n",
    "query/route.py": "vary = ('search_params:q',)\nrevalidate = 60\ndef GET(request): return request.args.get('q', '')\n",
    "down/route.py": "CALLS = []\nrevalidate = 60\ndef GET():\n    CALLS.append(1)\n    return ('down', 500) if len(CALLS) == 1 else 'up'\n",
    "dynamic/route.py": "def GET(request): return request.cookies.get('who', '')\n",
    "guarded/middleware.py": "from routehandlers import Response\ndef middleware(request):\n    if request.cookies.get('who') != 'ann': return Response('no', 401)",
    "guarded/route.py": "revalidate = 60\ndef GET(): return 'for ann'",
    "missing/[n]/route.py": "from routehandlers.navigation import not_found\nrevalidate = 60\ndef GET(): not_found()\n",
}


with_nginx = pytest.mark.once


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        missing("nginx", "apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o777)
    folder.parent.chmod(0o755)
    write_app(folder, SITE)
    (folder / "wsgi.py").write_text(
        f"from routehandlers import RouteHandlers\napp = RouteHandlers('app', secret_key='{'k' * 32}')\n"
    )
    with ExitStack() as stack:
        upstream = stack.enter_context(serve("wsgi:app", cwd=folder))
        port = free_port()
        conf = folder / "nginx.conf"
        user = "user root;\n" if _is_root() else ""
        conf.write_text(user + NGINX.format(folder=folder, port=port, upstream=upstream.port))
        yield stack.enter_context(run([program, "-p", str(folder), "-c", str(conf)], port))


def _is_root() -> bool:
    import os

    return os.geteuid() == 0


def get(server: Server, path: str, **headers: str) -> tuple[str, str, list[str]]:
    answer = server.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return answer.body.decode(), answer.header("X-Nginx") or "", answer.all("Set-Cookie")


@with_nginx
def test_a_shared_cache_keeps_what_is_public(nginx: Server) -> None:
    answers = [get(nginx, "/public/1") for _ in range(3)]

    assert [state for _, state, _ in answers] == ["MISS", "HIT", "HIT"]
    assert len({body for body, _, _ in answers}) == 1


@with_nginx
@pytest.mark.parametrize("path", ["/mine", "/late", "/dynamic"])
def test_it_never_hands_one_client_s_answer_to_another(nginx: Server, path: str) -> None:
    bodies = [get(nginx, path, Cookie=f"who={who}")[0] for who in ("ann", "bob", "ann", "eve")]

    assert [body.removeprefix("late ") for body in bodies] == ["ann", "bob", "ann", "eve"]


@with_nginx
def test_it_keeps_no_answer_to_who_is_known(nginx: Server) -> None:
    assert [get(nginx, "/token", Authorization=f"Bearer {who}")[0] for who in "121"] == [
        "Bearer 1",
        "Bearer 2",
        "Bearer 1",
    ]
    first = get(nginx, "/public/2", Authorization="Bearer 1")
    second = get(nginx, "/public/2")

    assert (first[1], second[1]) == ("MISS", "MISS")  # the first was private; the second may be kept
    assert get(nginx, "/public/2")[1] == "HIT"


@with_nginx
def test_it_keeps_nothing_that_a_guard_stands_before(nginx: Server) -> None:
    bodies = [get(nginx, "/guarded", Cookie=f"who={who}")[0] for who in ("ann", "bob", "ann", "bob")]

    assert bodies == ["for ann", "no", "for ann", "no"]


@with_nginx
def test_it_replays_no_cookie(nginx: Server) -> None:
    cookies = [get(nginx, "/cookie")[2] for _ in range(3)]
    forged = get(nginx, "/public/3", Cookie="__prerender_bypass=forged")

    assert cookies == [["n=1"], ["n=2"], ["n=3"]]
    assert forged[2][0].startswith("__prerender_bypass=;")
    assert get(nginx, "/public/3")[2] == []


@with_nginx
def test_it_keeps_languages_and_queries_apart(nginx: Server) -> None:
    assert [get(nginx, "/vary", Accept_Language=language)[0] for language in ("de", "en", "de")] == ["de", "en", "de"]
    assert [get(nginx, f"/query?q={value}")[0] for value in ("1", "2", "1")] == ["1", "2", "1"]


@with_nginx
def test_it_keeps_no_failure(nginx: Server) -> None:
    assert [get(nginx, "/down")[0] for _ in range(2)] == ["down", "up"]


@with_nginx
def test_it_keeps_the_forms_of_a_404_apart(nginx: Server) -> None:
    types = [
        nginx.request("GET", "/missing/1", headers={"Accept": accept}).header("Content-Type")
        for accept in ("text/html", "application/json", "text/html")
    ]

    assert types == ["text/html; charset=utf-8", "application/problem+json", "text/html; charset=utf-8"]


@with_nginx
def test_it_counts_the_age_that_we_tell_it(nginx: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=10)
    seen: set[str] = set()
    # nginx counts whole seconds and keeps our stale answer for another period, so two periods are four seconds.
    deadline = time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < deadline:
        connection.request("GET", "/brief")
        seen.add(connection.getresponse().read().decode())
        threading.Event().wait(0.1)
    connection.close()

    assert seen == {"1", "2"}


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        ({}, {"headers": [{"source": "/:p*", "headers": [{"key": "Cache-Control", "value": "public, max-age=60"}]}]}),
        (
            {
                "middleware.py": "from routehandlers import Response\n"
                "def middleware(): return Response.next(headers={'Cache-Control': 'public, max-age=60'})"
            },
            {},
        ),
    ],
    ids=["settings", "middleware"],
)
def test_nobody_makes_public_what_only_one_client_may_have(
    make_app: MakeApp, client_for: ClientFor, files: dict[str, str], settings: dict[str, object]
) -> None:
    app = make_app(
        {
            **files,
            "mine/route.py": "from routehandlers.headers import cookies\nrevalidate = 60\ndef GET(): return cookies().get('who', '')",
            "all/route.py": "revalidate = 60\ndef GET(): return 'x'",
        },
        **settings,
    )
    client = client_for(app)

    assert client.get("/mine", headers={"Cookie": "who=ann"}).headers.getlist("Cache-Control") == [UNSTORED]
    assert client.get("/all").headers.getlist("Cache-Control") == ["public, max-age=60"]


@pytest.mark.parametrize("name", ["Content-Length", "content-length"])
def test_a_response_has_one_content_length_whatever_the_handler_called_it(
    make_app: MakeApp, client_for: ClientFor, name: str
) -> None:
    # A hit had ours beside a name in lower case.
    source = f"""
        from routehandlers.server import Response
        revalidate = 60
        def GET(): return Response(b"bytes", 200, {{{name!r}: "5"}})
    """
    client = client_for(make_app({"route.py": source}))

    answers = [client.get("/") for _ in range(4)]

    assert [answer.headers.getlist("Content-Length") for answer in answers] == [["5"]] * 4
