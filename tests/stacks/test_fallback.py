"""``fallback=``: another application answers what no route knows, with its request as it came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from servers import ask
from werkzeug.wrappers import Request, Response

from routehandlers.exceptions import InvalidConfigError
from routehandlers.inspect import explain

ROUTES = {
    "items/[slug]/route.py": "def GET(request, context): return dict(context.params)",
    "missing/route.py": "from routehandlers.navigation import not_found\ndef GET(): not_found()",
    "listed/[slug]/route.py": """
        dynamic_params = False
        revalidate = 60
        def generate_static_params(): return [{"slug": "a"}]
        def GET(): return "listed"
    """,
    "echo/route.py": "def POST(request): return request.text()",
    "not_found.py": "def not_found(): return 'ours'",
}

WRAPPED = {
    **ROUTES,
    "middleware.py": """
        def middleware(request):
            if request.method == "POST":
                request.text()
            response = yield
            response.headers["X-Middleware"] = "1"
    """,
}


def other(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Says what it was asked, as it was asked."""
    request = Request(environ)
    text = f"other {request.method} {environ['SCRIPT_NAME']}|{environ['PATH_INFO']}|{request.query_string.decode()}|"
    return Response(text.encode() + request.get_data(), 200, {"X-Other": "1"})(environ, start_response)


@pytest.mark.parametrize("files", [ROUTES, WRAPPED], ids=["plain", "middleware"])
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere?a=1", b"other GET |/nowhere|a=1|"),
        ("GET", "/nowhere/", b"other GET |/nowhere/||"),
        ("GET", "/", b"other GET |/||"),
        ("POST", "/nowhere", b"other POST |/nowhere||body"),
        ("PUT", "/caf%C3%A9/", b"other PUT |/caf\xc3\x83\xc2\xa9/||body"),
        ("GET", "/listed/b", b"other GET |/listed/b||"),
        ("DELETE", "/nowhere", b"other DELETE |/nowhere||"),
    ],
)
def test_what_no_route_knows_is_the_others(
    make_app: MakeApp, client_for: ClientFor, files: dict[str, str], method: str, path: str, expected: bytes
) -> None:
    client = client_for(make_app(files, fallback=other))

    answer = client.open(path, method=method, data=b"body" if method in {"POST", "PUT"} else None)

    assert (answer.status_code, answer.headers["X-Other"]) == (200, "1")
    assert answer.data == expected
    assert answer.headers.get("X-Middleware") == ("1" if files is WRAPPED else None)


@pytest.mark.parametrize("files", [ROUTES, WRAPPED], ids=["plain", "middleware"])
@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/items/a", 200, '{"slug":"a"}'),
        ("GET", "/items/a/", 308, "/items/a"),
        ("GET", "/missing", 404, "ours"),
        ("DELETE", "/items/a", 405, None),
        ("GET", "/listed/a", 200, "listed"),
        ("GET", "/nowhere//x", 308, "/nowhere/x"),
        ("GET", "/a%ZZ", 400, None),
        ("GET", "/%2e%2e/x", 404, None),
    ],
)
def test_what_a_route_knows_and_what_is_malformed_stays_here(
    make_app: MakeApp, client_for: ClientFor, files: dict[str, str], method: str, path: str, status: int, text: str
) -> None:
    answer = client_for(make_app(files, fallback=other)).open(path, method=method)

    assert answer.status_code == status
    assert "X-Other" not in answer.headers
    assert text is None or answer.text == text


def test_what_lies_outside_of_the_base_path_is_the_others(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app(ROUTES, base_path="/api", fallback=other))

    assert client.get("/api/items/a").json == {"slug": "a"}
    assert client.get("/items/a").data == b"other GET |/items/a||"
    assert client.get("/api/nowhere").data == b"other GET |/api/nowhere||"


def test_trailing_slashes_that_only_the_other_has_are_not_redirected(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(make_app(ROUTES, trailing_slash=True, fallback=other))

    assert client.get("/items/a").headers["Location"] == "/items/a/"
    assert client.get("/items/a/").json == {"slug": "a"}
    assert client.get("/nowhere").data == b"other GET |/nowhere||"


def test_a_guard_at_the_root_stands_before_the_other_too(make_app: MakeApp, client_for: ClientFor) -> None:
    guard = """
        from routehandlers import Response
        config = {"matcher": "/admin/:path*"}
        def middleware(request): return Response("no", 403)
    """
    client = client_for(make_app({**ROUTES, "middleware.py": guard}, fallback=other))

    for path in ("/admin", "/admin/", "/admin/users/", "/%61dmin/", "/admin//x"):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 403, path
    assert client.get("/elsewhere/").data == b"other GET |/elsewhere/||"


def test_rewrites_come_before_it_and_headers_are_on_its_answers(make_app: MakeApp, client_for: ClientFor) -> None:
    client = client_for(
        make_app(
            ROUTES,
            fallback=other,
            rewrites={"fallback": [{"source": "/alias/:slug", "destination": "/items/:slug"}]},
            headers=[{"source": "/:path*", "headers": [{"key": "X-Config", "value": "1"}]}],
        )
    )

    assert client.get("/alias/a").json == {"slug": "a"}
    answer = client.get("/nowhere")
    assert (answer.data, answer.headers["X-Config"]) == (b"other GET |/nowhere||", "1")


@pytest.mark.parametrize("files", [ROUTES, WRAPPED], ids=["plain", "middleware"])
def test_its_stream_goes_out_chunk_by_chunk_and_is_closed(make_app: MakeApp, files: dict[str, str]) -> None:
    events: list[str] = []

    def streaming(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            for number in range(3):
                events.append(f"made {number}")
                yield str(number).encode()
        finally:
            events.append("closed")

    app = make_app(files, fallback=streaming)
    response = app.test_client().get("/nowhere")
    first = next(iter(response.response))
    response.close()

    assert first == b"0"
    assert events[0] == "made 0"
    assert "made 2" not in events
    assert events[-1] == "closed"


def test_the_other_may_write(make_app: MakeApp) -> None:
    def writing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        write = start_response("201 Created", [("Content-Type", "text/plain")])
        write(b"written ")
        return [b"returned"]

    for files in (ROUTES, WRAPPED):
        answer = make_app(files, fallback=writing).test_client().get("/nowhere")
        assert (answer.status_code, answer.data) == (201, b"written returned")


def test_a_websocket_is_the_others(make_app: MakeApp) -> None:
    environ = {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade"}

    status, _, body = ask(make_app(ROUTES, fallback=other), environ, path="/items/a")
    alone, _, _ = ask(make_app(ROUTES), environ, path="/items/a")

    assert (status, body) == (200, b"other GET |/items/a||")
    assert alone == 400


def test_what_the_other_raises_is_its_own(make_app: MakeApp) -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise KeyError("the other's")

    with pytest.raises(KeyError, match="the other's"):
        make_app(ROUTES, fallback=failing).test_client().get("/nowhere")


def test_explain_says_who_answers(make_app: MakeApp) -> None:
    [(step, text)] = explain(make_app(ROUTES, fallback=other), "GET", "/nowhere")

    assert step == "fallback"
    assert "no route matches" in text


def test_only_an_application_can_be_it(make_app: MakeApp) -> None:
    with pytest.raises(InvalidConfigError, match="fallback is 'django'. Give a WSGI application"):
        make_app(ROUTES, fallback="django")
