"""One handler's answer, without a server, a route or middleware."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import flask
import pytest
from conftest import MakeApp
from servers import write_app
from werkzeug.exceptions import Conflict, abort

from routehandlers import Request, Response, RouteContext
from routehandlers.cache import cached, revalidate_tag
from routehandlers.exceptions import InvalidConfigError, InvalidReturnError, ResponseStartedError
from routehandlers.flask import RouteHandlersBlueprint
from routehandlers.headers import cookies, draft_mode, headers
from routehandlers.navigation import forbidden, not_found, permanent_redirect, redirect
from routehandlers.server import after
from routehandlers.testing import call, request_scope


def test_a_handler_of_a_route_is_called_with_request_and_context(make_app: MakeApp) -> None:
    source = """
    from routehandlers.headers import cookies
    def GET(request, context):
        cookies().set("seen", "1")
        return {"slug": context.params["slug"], "user": cookies().get("user"), "url": request.url}
    """
    app = make_app({"items/[slug]/route.py": source})

    answer = call(app.load("/items/[slug]").GET, "/items/a%2Fb?x=1", params={"slug": "a/b"}, cookies={"user": "Ada Æ"})

    assert answer.get_json() == {"slug": "a/b", "user": "Ada Æ", "url": "http://localhost/items/a%2Fb?x=1"}
    assert answer.headers["Set-Cookie"] == "seen=1; Path=/"
    assert answer.cache is None


def none() -> str:
    return "none"


def one(request: Request) -> str:
    return request.path


def two(request: Request, context: RouteContext) -> dict[str, Any]:
    return {"path": request.path, "params": context.params}


@pytest.mark.parametrize(
    ("handler", "text"), [(none, "none"), (one, "/a"), (two, '{"path":"/a","params":{"id":7,"day":"2026-01-02"}}')]
)
def test_a_handler_gets_as_much_as_it_takes(handler: Any, text: str) -> None:
    assert call(handler, "/a", params={"id": 7, "day": datetime.date(2026, 1, 2).isoformat()}).text == text


@dataclass
class Item:
    name: str


def stream() -> Iterator[str]:
    yield "a"
    yield cookies().get("b", "")


def raise_(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize(
    ("handler", "status", "content_type", "body"),
    [
        (lambda: {"a": Item("é")}, 200, "application/json", '{"a":{"name":"é"}}'),
        (lambda: ["a"], 200, "application/json", '["a"]'),
        (lambda: b"a", 200, "application/octet-stream", "a"),
        (lambda: ("a", 201), 201, "text/plain; charset=utf-8", "a"),
        (lambda: ({"a": 1}, 201, {"Content-Type": "application/x"}), 201, "application/x", '{"a":1}'),
        (stream, 200, "text/plain; charset=utf-8", "ab"),
        (lambda: Response.event_stream(["a"]), 200, "text/event-stream; charset=utf-8", ":\n\ndata: a\n\n"),
        (lambda: not_found(), 404, "application/problem+json", None),
        (lambda: forbidden(), 403, "application/problem+json", None),
        (lambda: abort(418), 418, "application/problem+json", None),
        (lambda: raise_(Conflict("taken")), 409, "application/problem+json", None),
        (lambda: redirect("/x"), 307, "text/plain; charset=utf-8", ""),
        (lambda: permanent_redirect("/x"), 308, "text/plain; charset=utf-8", ""),
    ],
)
def test_what_a_handler_returns_or_raises_on_purpose_is_its_answer(
    handler: Any, status: int, content_type: str, body: str | None
) -> None:
    answer = call(handler, cookies={"b": "b"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, content_type)
    assert body is None or answer.text == body


def test_cookies_are_sent_with_what_is_raised_on_purpose_too() -> None:
    def POST() -> None:
        cookies().set("a", "1").set("b", "ü", httponly=True)
        redirect("/x")

    answer = call(POST, data={"form": "1"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/x")
    assert answer.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=%C3%BC; Path=/; HttpOnly"]


def test_what_nobody_planned_is_raised_and_after_is_called_all_the_same() -> None:
    log: list[str] = []

    def GET() -> None:
        after(log.append, "after")
        raise ZeroDivisionError("in the handler")

    with pytest.raises(ZeroDivisionError, match="in the handler"):
        call(GET)

    assert log == ["after"]


@pytest.mark.parametrize("handler", [lambda: None, lambda: 7, lambda: Response.next()])
def test_what_cannot_be_sent_is_raised_with_the_place(handler: Any) -> None:
    with pytest.raises(InvalidReturnError, match=r"^GET /a \(.*test_call\.py:\d+\) returned "):
        call(handler, "/a")


def test_a_stream_that_breaks_is_raised_and_closed() -> None:
    log: list[str] = []

    def GET() -> Iterator[str]:
        after(log.append, "after")
        try:
            yield "a"
            raise ZeroDivisionError
        finally:
            log.append("closed")

    with pytest.raises(ZeroDivisionError):
        call(GET)

    assert log == ["closed", "after"]


@pytest.mark.parametrize("handler", [None, "GET", Request, lambda a, b, c: "x"])
def test_what_is_no_handler_is_told_so(handler: Any) -> None:
    with pytest.raises(TypeError, match="Write"):
        call(handler)


def test_an_asynchronous_handler_is_told_so_before_it_is_called() -> None:
    async def GET() -> str:
        return "x"

    with pytest.raises(TypeError, match="asynchronous"):
        call(GET)  # type: ignore[arg-type]


def PUT(request: Request) -> str:
    return request.method


def test_the_method_is_the_handlers_name_unless_it_is_said() -> None:
    @wraps(PUT)
    def decorated(request: Request) -> str:
        return PUT(request)

    def save(request: Request) -> str:
        return request.method

    assert [call(each).text for each in (PUT, decorated, save)] == ["PUT", "PUT", "GET"]
    assert call(save, method="patch").text == "PATCH"
    assert call(save, method="HEAD").text == ""
    assert call(save, method="HEAD").headers["Content-Length"] == "4"


def test_a_request_has_what_it_is_given() -> None:
    def POST(request: Request) -> dict[str, Any]:
        return {
            "args": request.args, "form": request.form, "agent": headers().get("User-Agent"), "body": request.text(),
            "cookies": dict(cookies()), "host": request.host,
        }  # fmt: skip

    answer = call(
        POST, "https://shop.example/a", query_string={"q": "1"}, json={"b": 2}, headers={"User-Agent": "x", "Cookie": "c=3"},
        cookies={"d": "4;"},
    ).get_json()  # fmt: skip
    form = call(POST, "/a", data={"b": "2"}, auth=("ada", "secret")).get_json()

    assert answer == {
        "args": {"q": "1"}, "form": {}, "agent": "x", "body": '{"b":2}', "cookies": {"c": "3", "d": "4;"},
        "host": "shop.example",
    }  # fmt: skip
    assert form["form"] == {"b": "2"}


@pytest.mark.parametrize(("given", "error"), [({"a;b": "1"}, ValueError), ({"a": 1}, TypeError)])
def test_what_no_cookie_can_be_is_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match="cookie"):
        call(none, cookies=given)


def test_a_misspelt_option_is_refused() -> None:
    with pytest.raises(TypeError, match="jsn"):
        call(none, jsn={})


CALLS: list[int] = []


@cached(tags=("numbers",))
def number(at: int) -> int:
    CALLS.append(at)
    return len(CALLS)


def twice() -> list[int]:
    return [number(1), number(1)]


def test_each_call_begins_with_an_empty_cache_unless_it_has_an_application(make_app: MakeApp) -> None:
    CALLS.clear()
    app = make_app({"x/route.py": "def GET(): return 'x'"})

    def forget() -> str:
        revalidate_tag("numbers")
        return "done"

    assert [call(twice).get_json() for _ in range(2)] == [[1, 1], [2, 2]]
    assert [call(twice, app=app).get_json() for _ in range(2)] == [[3, 3], [3, 3]]
    call(forget, app=app)
    assert call(twice, app=app).get_json() == [4, 4]


def test_the_routes_of_a_blueprint_are_called_with_and_without_flask(tmp_path: Path) -> None:
    CALLS.clear()
    folder = write_app(tmp_path, {"x/route.py": "def GET(): return {'a': 1}, {'X-A': 'b'}"})
    app = RouteHandlersBlueprint("api", folder).route_handlers

    assert [call(twice, app=app).get_json() for _ in range(2)] == [[1, 1], [1, 1]]
    with flask.Flask(__name__).app_context():
        assert call(app.load("/x").GET, app=app).headers["X-A"] == "b"
        assert call(twice, app=app).get_json() == [1, 1]


def test_an_application_brings_its_settings_and_its_files(make_app: MakeApp) -> None:
    app = make_app(
        {
            "x/route.py": "revalidate = 60\nmax_content_length = 3\n"
            "from routehandlers.navigation import not_found\ndef GET(): not_found()\n"
            "def POST(request): return request.text()",
            "x/not_found.py": "def not_found(request): return 'nothing here'",
            "error.py": "def error(request, exception): return 'not asked'",
        },
        secret_key="0123456789abcdef",
    )

    def edit() -> str:
        draft_mode().enable()
        return str(draft_mode().is_enabled)

    missing = call(app.load("/x").GET, app=app)
    assert (missing.status_code, missing.text, missing.cache) == (404, "nothing here", None)
    assert call(app.load("/x").POST, data="long", app=app).status_code == 413
    assert call(edit, app=app).headers["Set-Cookie"].startswith("__prerender_bypass=")
    with pytest.raises(InvalidConfigError, match="secret_key"):
        call(edit)
    with pytest.raises(InvalidReturnError):
        call(lambda: None, app=app)


def test_what_after_does_may_read_the_request_and_sets_no_cookie(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Any] = []

    def late() -> None:
        seen.append(cookies().get("a"))
        cookies().set("b", "2")

    def GET() -> str:
        after(late)
        return "x"

    answer = call(GET, cookies={"a": "1"})

    assert seen == ["1"]
    assert "Set-Cookie" not in answer.headers
    assert ResponseStartedError.__name__ in caplog.text


def test_a_call_inside_a_scope_has_a_request_of_its_own() -> None:
    def GET() -> dict[str, Any]:
        return dict(cookies())

    with request_scope("/outer", cookies={"a": "1"}):
        assert call(GET, cookies={"b": "2"}).get_json() == {"b": "2"}
        assert dict(cookies()) == {"a": "1"}
