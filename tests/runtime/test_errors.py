"""Failures: a clear answer, everything in the log, nothing of it for the client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import write_app
from werkzeug.debug import DebuggedApplication
from werkzeug.routing import BaseConverter
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers.navigation import not_found

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

IMPORTS = "from routehandlers import *\nfrom routehandlers.headers import cookies\nfrom werkzeug.exceptions import *\nimport werkzeug\n"


@pytest.fixture
def failing(make_app: MakeApp, client_for: ClientFor) -> Callable[..., Any]:
    def ask(body: str, accept: str = "*/*", **settings: Any) -> Any:
        app = make_app({"x/route.py": f"{IMPORTS}def GET(request):\n    {body}\n"}, **settings)
        return client_for(app).get("/x", headers={"Accept": accept})

    return ask


@pytest.mark.parametrize(
    ("accept", "is_html"),
    [
        (BROWSER, True), ("text/html", True), ("text/html;q=0.9,application/json;q=0.8", True), ("*/*", False), ("", False),
        ("application/json", False), ("text/html;q=0.5,application/json", False), ("text/html,application/json", False),
        ("application/problem+json,text/html;q=0.9", False), ("text/html;q=", True), ("text/html," * 1000, False),
    ],
)  # fmt: skip
def test_errors_are_problems_unless_a_page_is_preferred(
    failing: Callable[..., Any], accept: str, is_html: bool
) -> None:
    answer = failing("abort(404)", accept)

    assert answer.headers["Content-Type"] == ("text/html; charset=utf-8" if is_html else "application/problem+json")
    assert answer.headers["Vary"] == "Accept"
    assert "404" in answer.text


def test_a_problem_has_the_members_of_rfc_9457(failing: Callable[..., Any]) -> None:
    assert failing("abort(409, 'Sold out.')").json == {
        "type": "about:blank", "title": "Conflict", "status": 409, "detail": "Sold out.",
    }  # fmt: skip


def test_a_page_escapes_what_it_shows(failing: Callable[..., Any]) -> None:
    assert "&lt;script&gt;" in failing("abort(400, '<script>')", BROWSER).text


def test_an_unexpected_exception_leaks_nothing_and_is_logged(failing: Callable[..., Any], caplog: Any) -> None:
    answer = failing("cookies().set('a', '1'); raise ValueError('the secret')", debug=False)

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "ValueError: the secret" in caplog.text
    assert caplog.records[0].name == "routehandlers"


def test_debug_says_what_went_wrong(failing: Callable[..., Any]) -> None:
    assert failing("raise ValueError('the cause')", debug=True).json["detail"] == "ValueError: the cause"


def test_under_werkzeugs_debugger_the_exception_is_its(tmp_path: Path) -> None:
    app = RouteHandlers(write_app(tmp_path, {"x/route.py": "def GET(): return 1 / 0\n"}), debug=True)

    answer = Client(DebuggedApplication(app, evalex=True)).get("/x", buffered=True)

    assert "ZeroDivisionError" in answer.text
    assert "Debugger" in answer.text


@pytest.mark.parametrize(
    ("raised", "status", "header"),
    [
        ("abort(401)", 401, None),
        ("raise NotFound()", 404, None),
        ("raise TooManyRequests(retry_after=7)", 429, ("Retry-After", "7")),
        ("raise ServiceUnavailable(retry_after=9)", 503, ("Retry-After", "9")),
        ("raise MethodNotAllowed(['GET', 'PUT'])", 405, ("Allow", "GET, PUT")),
        ("raise Unauthorized(www_authenticate=werkzeug.datastructures.WWWAuthenticate('basic', {'realm': 'x y'}))", 401,
         ("WWW-Authenticate", 'Basic realm="x y"')),
        ("raise RequestedRangeNotSatisfiable(10)", 416, ("Content-Range", "bytes */10")),
        ("abort(Response('mine', 418))", 418, None),
        ("raise werkzeug.routing.RequestRedirect('/y')", 308, ("Location", "/y")),
        ("return request.args['missing']", 400, None),
        ("return NotFound()", 404, None),
        ("abort(500)", 500, None),
        ("raise ImATeapot", 418, None),
    ],
)  # fmt: skip
def test_exceptions_of_werkzeug_are_answers(
    failing: Callable[..., Any], raised: str, status: int, header: tuple[str, str] | None
) -> None:
    answer = failing(raised)

    assert answer.status_code == status
    if header is not None:
        assert answer.headers[header[0]] == header[1]


def test_an_exception_with_its_own_body_is_sent_as_it_is(make_app: MakeApp, client_for: ClientFor) -> None:
    source = (
        f"{IMPORTS}class Mine(HTTPException):\n    code = 422\n    def get_body(self, *args): return 'own body'\n"
        "def GET(): raise Mine()\n"
    )

    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert (answer.status_code, answer.text) == (422, "own body")


def test_cookies_set_before_an_http_exception_are_sent(failing: Callable[..., Any]) -> None:
    assert failing("cookies().set('a', '1'); abort(403)").headers["Set-Cookie"] == "a=1; Path=/"


@pytest.mark.parametrize("url", ["/nope", "/x/nope"])
def test_what_no_route_answers_is_a_404_like_any_other(make_app: MakeApp, client_for: ClientFor, url: str) -> None:
    answer = client_for(make_app({"x/route.py": "def GET(): return 'x'\n"})).get(url)

    assert answer.json == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_an_error_in_an_error_is_a_500_like_any_other(make_app: MakeApp, client_for: ClientFor, caplog: Any) -> None:
    source = (
        f"{IMPORTS}class Mine(HTTPException):\n    code = 422\n    def get_body(self, *args): raise KeyError('in the body')\n"
        "def GET(): raise Mine()\n"
    )

    assert client_for(make_app({"x/route.py": source})).get("/x").status_code == 500
    assert "in the body" in caplog.text


def test_a_converter_that_fails_is_a_500_in_the_log(make_app: MakeApp, client_for: ClientFor, caplog: Any) -> None:
    class Broken(BaseConverter):
        def to_python(self, value: str) -> str:
            raise KeyError("in the converter")

    client = client_for(make_app({"[id=broken]/route.py": "def GET(): ...\n"}, converters={"broken": Broken}))

    assert client.get("/x").status_code == 500
    assert "in the converter" in caplog.text


@pytest.mark.parametrize(
    ("name", "source", "status"),
    [
        ("x", "def stream():\n    not_found()\n    yield b'x'\ndef GET(): abort(Response(stream()))\n", 404),
        ("[id=leaving]", "def GET(): ...\n", 500),
    ],
)
def test_an_interrupt_never_leaves(
    make_app: MakeApp, client_for: ClientFor, name: str, source: str, status: int
) -> None:
    class Leaving(BaseConverter):
        def to_python(self, value: str) -> str:
            not_found()

    source = f"{IMPORTS}from routehandlers.navigation import not_found\n{source}"
    app = make_app({f"{name}/route.py": source}, converters={"leaving": Leaving})

    assert client_for(app).get("/x").status_code == status
