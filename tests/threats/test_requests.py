"""What went wrong for Next.js, as tests: routing, params, Host, redirects, bodies, files and resources.

The numbers are those of ``docs/threats.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import Server, ask, serve, write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

# A guard of its own: whoever has no cookie is not known.
GUARDED = """
from routehandlers.headers import cookies
from routehandlers.navigation import unauthorized
def GET(request, context):
    if cookies().get("session") != "good":
        unauthorized()
    return {"params": context.params}
POST = GET
"""

FILES = {
    "admin/[id]/route.py": GUARDED,
    "echo/route.py": """
from routehandlers import Response
def GET(request):
    return {"url": request.url, "host": request.host, "q": request.args, "accept": request.accept_mimetypes.best}
def POST(request):
    return {"n": len(request.bytes())}
def PUT(request):
    return {"n": len(request.form_data()), "a": request.args}
def DELETE(request):
    return "not read"
def PATCH(request):
    return request.json()
""",
    "reflect/route.py": """
from routehandlers import Response
def GET(request):
    return Response("x", headers={"X-Name": request.args.get("name", "")})
""",
    "stream/route.py": """
import time
def GET():
    try:
        while True:
            yield "tick;"
            time.sleep(0.05)
    finally:
        print("closed", flush=True)
""",
}

# Headers with which frameworks have been told what only they should know.
INTERNAL = [
    "x-middleware-subrequest", "x-middleware-subrequest-id", "x-middleware-next", "x-middleware-rewrite", "x-middleware-redirect",
    "x-middleware-skip", "x-middleware-set-cookie", "x-middleware-override-headers", "x-middleware-invoke", "x-middleware-prefetch",
    "x-now-route-matches", "x-matched-path", "x-invoke-path", "x-invoke-query", "x-invoke-status", "x-invoke-error",
    "x-nextjs-data", "x-next-cache-tags", "x-prerender-revalidate", "x-prerender-bypass", "next-resume", "next-action",
    "next-url", "next-router-state-tree", "next-router-prefetch", "next-router-segment-prefetch", "rsc", "purpose",
    "x-routehandlers", "x-routehandlers-route", "x-routehandlers-skip", "x-original-url", "x-rewrite-url", "x-http-method-override",
    "x-method-override", "x-forwarded-host", "x-forwarded-path", "x-forwarded-prefix", "x-forwarded-uri", "x-script-name",
]  # fmt: skip


@pytest.fixture
def client(make_app: MakeApp, client_for: ClientFor) -> Client:
    return client_for(make_app(FILES, trusted_hosts=["localhost", "example.com"]))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("threats")
    write_app(folder, FILES)
    (folder / "pyproject.toml").write_text("[tool.routehandlers]\nmax_content_length = 1000\n")
    with serve("routehandlers:create_app()", cwd=folder) as started:
        yield started


@pytest.mark.parametrize("name", INTERNAL)
@pytest.mark.parametrize("value", ["1", "middleware:middleware:middleware:middleware:middleware", "/admin/7", "GET"])
def test_sec_01_no_header_skips_a_guard(client: Client, name: str, value: str) -> None:
    guarded = client.get("/admin/7", headers={name: value})

    assert guarded.status_code == 401
    assert client.post("/echo", headers={name: value}, data=b"abc").json == {"n": 3}


def test_sec_01_the_dispatch_reads_only_the_headers_that_it_documents() -> None:
    import re

    package = Path(__file__).parents[2] / "routehandlers"
    files = [*(package / "_runtime").rglob("*.py"), *(package / "_http").rglob("*.py")]
    read = {name for file in files for name in re.findall(r'"HTTP_([A-Z_]+)"', file.read_text())}

    assert read == {
        "ACCEPT",  # the form of an error
        "AUTHORIZATION",  # whether caches on the way may keep the answer
        "COOKIE", "HOST",
        "EXPECT", "TRANSFER_ENCODING",  # whether there is a body that was not read
        "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_MATCH", "IF_UNMODIFIED_SINCE",  # RFC 9110 section 13
        "RANGE",  # RFC 9110 section 14, for files
        "UPGRADE",  # to refuse what is no HTTP
    }  # fmt: skip


def test_sec_02_nothing_internal_leaves_with_an_answer(client: Client) -> None:
    names = {
        name.lower() for url in ("/echo", "/nope", "/echo/", "/admin/7") for name in client.get(url).headers.keys()
    }

    assert names <= {"content-type", "content-length", "vary", "location", "refresh"}


@pytest.mark.parametrize(
    "query", ["id=8", "nxtPid=8", "nxtIid=8", "params=8", "p0=8", "p1=8", "__proto__=8", "id=8&id=9"]
)
def test_sec_05_neither_query_nor_headers_change_params(client: Client, query: str) -> None:
    answer = client.get(f"/admin/7?{query}", headers={"Cookie": "session=good; id=8", "X-Param-Id": "8", "nxtPid": "8"})

    assert answer.json == {"params": {"id": "7"}}


@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        ("/admin/../admin/7", {404}), ("/admin/%2e%2e/admin/7", {404}), ("/admin/.%2e/7", {404}), ("/admin/%2E./7", {404}),
        ("/x/..%2fadmin/7", {404, 401}), ("/admin//7", {308}), ("//admin/7", {308}), ("/admin\\7", {308}), ("/admin%5c7", {404}),
        ("/admin%2f7", {404}), ("/admin/7%00", {400}), ("/admin/%2e", {404}), ("/./admin/7", {404}), ("/%61dmin/7", {401}),
        ("/admin/7;x=1", {401}), ("/admin/7.json", {401}), ("/admin/7.rsc", {401}), ("/ADMIN/7", {404}), ("/admin/7/", {308}),
    ],
)  # fmt: skip
def test_sec_07_there_is_one_path_and_the_guard_sees_it(server: Server, target: str, statuses: set[int]) -> None:
    assert server.request("GET", target).status in statuses


def test_sec_30_absolute_urls_come_from_trusted_hosts_and_settings_only(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    app = make_app(
        {"x/route.py": "def GET(request): return request.url\n"},
        origin="https://real.example",
        trusted_hosts=["localhost"],
    )

    assert client_for(app).get("/x", headers={"Host": "evil.example"}).status_code == 400
    assert app.url_for("/x", _external=True) == "https://real.example/x"


def test_sec_31_a_location_without_a_redirect_is_only_a_header(make_app: MakeApp, client_for: ClientFor) -> None:
    source = "from routehandlers import Response\ndef GET(request): return Response('x', headers={'Location': 'http://evil.example/'})\n"

    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert (answer.status_code, answer.text) == (200, "x")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET http://evil.example/echo HTTP/1.1\r\nHost: localhost\r\n", 200),
        (b"GET http://evil.example/nope HTTP/1.1\r\nHost: localhost\r\n", 404),
        (b"GET //evil.example/echo HTTP/1.1\r\nHost: localhost\r\n", 308),
        (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", 400),
        (b"GET http://evil.example/echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n", 400),
    ],
)
def test_sec_32_a_target_is_a_path_of_this_host(server: Server, message: bytes, status: int) -> None:
    answer = server.raw(message + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"//evil" not in answer.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("path", ["@evil.example", "echo", "*", "http:/evil.example/echo"])
def test_sec_32_a_path_without_a_slash_is_no_path(make_app: MakeApp, path: str) -> None:
    assert ask(make_app(FILES), {"PATH_INFO": path, "RAW_URI": path})[0] == 400


@pytest.mark.parametrize(
    "host", ["a@b", "evil.example", "localhost evil", "localhost:99999", "[::1", "localhost/x", "localhost\\x", "évil"]
)
def test_sec_34_a_host_that_is_not_ours_is_a_400_and_in_no_location(make_app: MakeApp, host: str) -> None:
    app = make_app(FILES, trusted_hosts=["localhost"])
    for url in ("/echo", "/echo/"):
        status, headers, _ = ask(app, {"HTTP_HOST": host.encode().decode("latin-1")}, path=url)

        assert status == 400
        assert "Location" not in headers


@pytest.mark.parametrize(
    "target",
    ["//evil.example/", "/\\evil.example/", "/%5cevil.example/", "/%2f%2fevil.example/", "/%09/evil.example/", "//evil.example//",
     "///evil.example/", "/\\/evil.example/", "/\\\\evil.example/", "//evil.example/%2e%2e/", "/%0d%0aLocation:x/", "//@evil.example/",
     "/.//evil.example/", "/%2f/evil.example/", "//evil.example:80/?a=//b", "/;//evil.example/"],
)  # fmt: skip
def test_sec_35_no_redirect_of_slashes_leaves_the_site(server: Server, target: str) -> None:
    seen = 0
    while (answer := server.request("GET", target)).status == 308:
        target = answer.header("Location") or ""
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))
        seen += 1
        assert seen < 5
    assert answer.status in {400, 404}


def test_sec_36_a_backslash_in_a_path_names_no_host(server: Server) -> None:
    answer = server.request("GET", "/redirect/me/to-about/\\google.com")

    assert (answer.status, answer.header("Location")) == (308, "/redirect/me/to-about/google.com")


@pytest.mark.parametrize("value", ["a%0d%0aSet-Cookie:%20x=1", "a%0aX:%201", "a%0d", "a%00b"])
def test_sec_37_control_characters_never_split_a_header(server: Server, value: str) -> None:
    answer = server.request("GET", f"/reflect?name={value}")

    assert answer.status == 500
    assert answer.header("X-Name") is answer.header("Set-Cookie") is answer.header("X") is None


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "POST", "FOO"])
def test_sec_40_an_unread_body_is_never_the_next_request(server: Server, method: str) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"{method} /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(smuggled)}\r\n\r\n".encode()
    last = b"GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answers = server.raw(head + smuggled + last)

    assert answers.count(b"HTTP/1.1 404") <= 1
    assert b"HTTP/1.1 404 Not Found\r\n" not in answers.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_sec_40_a_client_that_sends_too_much_still_sees_its_answer(server: Server, method: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = server.request(method, "/echo", body=b"x" * (4 << 20), headers=headers)

    assert answer.status == (200 if method == "DELETE" else 413)


def test_sec_41_a_body_that_does_not_come_pins_no_other_request(server: Server) -> None:
    with server.connect() as slow:
        slow.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\nNext-Resume: 1\r\n\r\nx")

        assert server.request("GET", "/echo", timeout=5).status == 200


def test_sec_42_large_inputs_take_linear_time(client: Client) -> None:
    started = time.perf_counter()

    client.get("/echo?" + "&".join(f"k{n}=v" for n in range(20_000)))
    client.get("/echo", headers={"Accept": ",".join(f"a/b{n};q=0.{n % 10}" for n in range(5_000))})
    client.get("/admin/7", headers={"Cookie": "; ".join(f"k{n}=v%20" for n in range(20_000))})
    client.get("/nope", headers={"Accept": "text/html;" * 50_000})
    client.patch("/echo", data=b"[" * 100_000)
    client.get("/" + "a/" * 20_000)
    client.get("/" + "%2e%2f" * 20_000)
    client.get("/" + "\\" * 20_000)

    assert time.perf_counter() - started < 10


def test_sec_42_a_form_of_too_many_parts_is_a_413(make_app: MakeApp, client_for: ClientFor) -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    client = client_for(make_app(FILES))

    answer = client.put("/echo", data=part * 1_001 + b"--B--\r\n", content_type="multipart/form-data; boundary=B")

    assert answer.status_code == 413


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize(("size", "status"), [(1000, b"200"), (1001, b"413"), (100_000, b"413")])
def test_sec_43_a_body_is_whole_or_a_413(server: Server, framing: str, size: int, status: bytes) -> None:
    body = b"x" * size
    if framing == "chunked":
        head, data = (
            b"Transfer-Encoding: chunked",
            b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in _parts(body)) + b"0\r\n\r\n",
        )
    else:
        head, data = b"Content-Length: %d" % size, body

    answer = server.raw(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + head + b"\r\n\r\n" + data)

    assert answer.startswith(b"HTTP/1.1 " + status)
    assert status != b"200" or answer.endswith(b'{"n":1000}')


def _parts(body: bytes) -> list[bytes]:
    return [body[start : start + 300] for start in range(0, len(body), 300)]


def test_sec_45_odd_targets_are_no_500_and_kill_no_worker(server: Server) -> None:
    before = server.worker_pids()
    odd = ["/enc/%", "/%", "/%zz", "/%ff", "/%c0%af", "/%00", "/echo?%", "/echo?%ff=%zz", "/echo?=&&==", "*", "/" + "%25" * 500,
           "/a" * 1000, "/\x7f", "/%F0%9F%92%A9", "/[x]", "/{x}", "/<x>", "/|", "/`", "/echo#x", "/echo?#?", "/%2f", "/%5c", "/%e2%80%ae"]  # fmt: skip

    statuses = {server.request("GET", target.encode().decode("latin-1")).status for target in odd}

    assert statuses <= {200, 308, 400, 404}
    assert server.worker_pids() == before


def test_sec_48_a_stream_that_nobody_reads_is_closed(server: Server) -> None:
    before = server.logs().count("closed\n")
    with server.connect() as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(100)

    deadline = time.monotonic() + 5
    while server.logs().count("closed\n") == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "target",
    ["/_priv", "/_priv/route", "/route", "/route.py", "/../route.py", "/app/echo/route.py", "/echo/route.py", "/echo/route",
     "/admin/[id]", "/admin/%5Bid%5D/route.py", "/echo/__pycache__", "/..%2froute.py", "/%2e%2e/app/route.py", "/etc/passwd"],
)  # fmt: skip
def test_sec_52_no_request_reads_or_imports_a_file(make_app: MakeApp, client_for: ClientFor, target: str) -> None:
    import sys

    app = make_app(
        {**FILES, "_priv/route.py": "raise SystemExit('imported')\n", "_priv/x.py": "raise SystemExit('imported')\n"}
    )
    before = set(sys.modules)

    answer: Any = client_for(app).get(
        environ_overrides={"RAW_URI": target, "PATH_INFO": target.replace("%5B", "[").replace("%5D", "]")}
    )

    assert answer.status_code in {404, 401}
    assert b"def GET" not in answer.data
    assert not {name for name in set(sys.modules) - before if name.startswith("routehandlers_app")}
