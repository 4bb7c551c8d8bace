"""Methods, handlers, and what they return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from routehandlers import RouteHandlers

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

SEVEN = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture
def answer_of(make_app: MakeApp, client_for: ClientFor) -> Callable[..., Any]:
    def ask(body: str, method: str = "GET", imports: str = "", **options: Any) -> Any:
        source = f"from routehandlers import *\n{imports}\ndef {method}(request):\n    {body}\n"
        return client_for(make_app({"x/route.py": source})).open("/x", method=method, **options)

    return ask


@pytest.mark.parametrize("method", SEVEN)
def test_each_method_has_its_function(make_app: MakeApp, client_for: ClientFor, method: str) -> None:
    source = "".join(f"def {name}(request): return Response('', headers={{'X-Method': '{name}'}})\n" for name in SEVEN)
    app = make_app({"x/route.py": f"from routehandlers import Response\n{source}"})

    assert client_for(app).open("/x", method=method).headers["X-Method"] == method


def test_head_is_get_without_its_body(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"x/route.py": "def GET(request): return {'method': request.method}\n"})

    answer = client_for(app).head("/x")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len('{"method":"HEAD"}'))


@pytest.mark.parametrize(
    ("methods", "allow"),
    [
        ("GET", "GET, HEAD, OPTIONS"),
        ("POST", "OPTIONS, POST"),
        ("GET DELETE", "DELETE, GET, HEAD, OPTIONS"),
        ("HEAD", "HEAD, OPTIONS"),
    ],
)
def test_allow_names_the_same_methods_with_405_and_options(
    make_app: MakeApp, client_for: ClientFor, methods: str, allow: str
) -> None:
    app = make_app({"x/route.py": "".join(f"def {name}(): return 'x'\n" for name in methods.split())})

    options = client_for(app).options("/x")
    # wsgiref.validate knows fewer methods than there are.
    refused = [Client(app).open("/x", method=method) for method in ("PATCH", "TRACE", "PROPFIND", "FOO")]

    assert (options.status_code, options.headers["Allow"], options.data) == (204, allow, b"")
    assert [(answer.status_code, answer.headers["Allow"]) for answer in refused] == [(405, allow)] * 4
    assert app.routes[0].methods == tuple(allow.split(", "))


def test_the_path_is_matched_before_the_method(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {"items/new/route.py": "def GET(): return 'new'\n", "items/[id]/route.py": "def DELETE(): return 'gone'\n"}
    )

    assert client_for(app).delete("/items/new").status_code == 405


def test_handlers_take_nothing_the_request_or_the_context_too(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "[a]/route.py": "def GET(): return 'none'\ndef POST(request): return request.method\n"
            "def PUT(request, context): return context.params\n"
        }
    )

    client = client_for(app)

    assert [client.open("/v", method=method).text for method in ("GET", "POST", "PUT")] == ["none", "POST", '{"a":"v"}']


@pytest.mark.parametrize(
    ("returned", "status", "content_type", "body"),
    [
        ("{'a': 'é'}", 200, "application/json", '{"a":"é"}'),
        ("[1, None]", 200, "application/json", "[1,null]"),
        ("'text'", 200, "text/plain; charset=utf-8", "text"),
        ("b'bytes'", 200, "application/octet-stream", "bytes"),
        ("iter(['a', b'b', ''])", 200, "text/plain; charset=utf-8", "ab"),
        ("(c for c in 'xy')", 200, "text/plain; charset=utf-8", "xy"),
        ("({'a': 1}, 201)", 201, "application/json", '{"a":1}'),
        ("('x', 299)", 299, "text/plain; charset=utf-8", "x"),
        ("('x', 200, {'Content-Type': 'text/css'})", 200, "text/css", "x"),
        ("(None, 200)", 200, "text/plain; charset=utf-8", ""),
        ("(Response('x'), 202)", 202, "text/plain; charset=utf-8", "x"),
        ("Response('<p>', content_type='text/html')", 200, "text/html", "<p>"),
        ("Response('<p>', mimetype='text/html')", 200, "text/html; charset=utf-8", "<p>"),
        ("Response(b'x')", 200, "application/octet-stream", "x"),
        ("Response(response='x', status='418 Teapot')", 418, "text/plain; charset=utf-8", "x"),
        ("werkzeug.Response('x', mimetype='text/css')", 200, "text/css; charset=utf-8", "x"),
        ("Response.json([1], status=203, headers={'X': '1'})", 203, "application/json", "[1]"),
    ],
)
def test_what_a_handler_returns_becomes_an_answer(
    answer_of: Callable[..., Any], returned: str, status: int, content_type: str, body: str
) -> None:
    answer = answer_of(f"return {returned}", imports="import werkzeug")

    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (status, content_type, body)


def test_json_writes_common_types_that_it_lacks(answer_of: Callable[..., Any]) -> None:
    answer = answer_of(
        "return {'d': date(2026, 1, 2), 't': datetime(2026, 1, 2), 'u': UUID(int=1), 'n': Decimal('1.50'), 'p': Point(1)}",
        imports="from datetime import *\nfrom uuid import UUID\nfrom decimal import Decimal\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int",
    )

    assert answer.get_json() == {
        "d": "2026-01-02",
        "t": "2026-01-02T00:00:00",
        "u": "00000000-0000-0000-0000-000000000001",
        "n": "1.50",
        "p": {"x": 1},
    }


def test_half_a_surrogate_pair_leaves_as_the_escape_that_it_came_in_by(answer_of: Callable[..., Any]) -> None:
    answer = answer_of("return request.json()", method="POST", data=b'["\\ud800"]')

    assert answer.data == b'["\\ud800"]'


@pytest.mark.parametrize(
    "returned",
    ["None", "3", "object()", "(1, 2, 3, 4)", "('x', '200')", "{1, 2}", "range(3)", "{'a': object()}", "{'a': float('nan')}",
     "iter([3])", "Response('x', 600)", "Response('x', 100)", "Response('x', 204)", "Response('x', headers={'X': 'a\\nb'})",
     "Response('x', headers={'bad name': '1'})", "Response('x', headers={'X': '\\u20ac'})", "Response('x', headers={'X': '\\0'})",
     "Response('x', headers={'Content-Length': '5'})", "Response.redirect('/x', 200)", "Response.redirect('')",
     "Response.redirect('/a\\r\\nX: 1')"],
)  # fmt: skip
def test_what_cannot_be_sent_is_a_500_that_the_log_explains(
    answer_of: Callable[..., Any], caplog: Any, returned: str
) -> None:
    answer = answer_of(f"return {returned}")

    assert answer.status_code == 500
    assert "GET /x (" in caplog.text
    assert "x/route.py:3)" in caplog.text


def test_returning_nothing_names_the_function_and_asks_for_a_return(answer_of: Callable[..., Any], caplog: Any) -> None:
    answer_of("return None")

    assert "returned None. Return a Response" in caplog.text
    assert "Does every branch end in a 'return'?" in caplog.text


def test_headers_of_the_connection_are_left_to_the_server(answer_of: Callable[..., Any]) -> None:
    answer = answer_of(
        "return Response('x', headers={'Connection': 'close', 'Transfer-Encoding': 'chunked', 'X': '1'})"
    )

    assert set(answer.headers.keys()) == {"X", "Content-Type", "Content-Length"}


def test_headers_of_the_handler_are_respected(answer_of: Callable[..., Any]) -> None:
    answer = answer_of(
        "return Response(b'zip', headers={'Content-Encoding': 'gzip', 'ETag': '\"v\"', 'Content-Length': '3'})"
    )

    assert (answer.headers["Content-Encoding"], answer.headers["ETag"], answer.headers["Content-Length"]) == (
        "gzip",
        '"v"',
        "3",
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": '"v"'}, 304),
        ({"If-None-Match": '"w"'}, 200),
        ({"If-None-Match": "*"}, 304),
        ({"If-Modified-Since": "Fri, 02 Jan 2026 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}, 200),
        ({"If-Match": '"w"'}, 412),
        ({}, 200),
    ],
)
def test_an_answer_with_a_validator_is_conditional(
    answer_of: Callable[..., Any], headers: dict[str, str], status: int
) -> None:
    answer = answer_of(
        "return Response('x', headers={'ETag': '\"v\"', 'Last-Modified': 'Fri, 02 Jan 2026 00:00:00 GMT'})",
        headers=headers,
    )

    assert answer.status_code == status
    assert answer.data.startswith({200: b"x", 304: b"", 412: b'{"type"'}[status])
    assert "Date" not in answer.headers


def test_one_response_may_answer_every_request(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {"x/route.py": "from routehandlers import *\nfrom routehandlers.headers import cookies\nR = Response('same')\n"
         "def GET():\n    cookies().set('a', '1')\n    return R\n"}
    )  # fmt: skip

    answers = [client_for(app).get("/x") for _ in range(3)]

    assert [answer.text for answer in answers] == ["same"] * 3
    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [["a=1; Path=/"]] * 3


def test_what_is_shared_between_requests_is_never_changed(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "x/route.py": "from routehandlers import Response\nfrom werkzeug.datastructures import Headers\n"
            "OK, H = Response('x'), Headers({'X-A': '1'})\n"
            "def GET(): return OK\ndef POST(): return OK, 404, {'X-B': '1'}\n"
            "def PUT(request):\n    response = Response('x', headers=H)\n"
            "    if request.args: response.cookies.set('s', 'secret')\n    return response\n"
        }
    )
    client = client_for(app)

    assert (client.post("/x").status_code, client.get("/x").status_code) == (404, 200)
    assert "X-B" not in client.get("/x").headers
    assert "Set-Cookie" in client.put("/x?s=1").headers
    assert "Set-Cookie" not in client.put("/x").headers


def test_context_variables_of_an_outer_application_are_seen(make_app: MakeApp) -> None:
    app = make_app(
        {
            "x/route.py": "from contextvars import ContextVar\nOUTER = ContextVar('outer')\ndef GET():\n    yield OUTER.get()\n"
        }
    )
    app.load("/x").OUTER.set("seen")

    assert Client(app).get("/x").text == "seen"


def test_empty_chunks_are_left_out_of_a_stream(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": "def GET(): return iter(['', 'a', b'', '', 'b'])\n"})

    assert list(Client(app).get("/x", buffered=False).response) == [b"a", b"b"]
