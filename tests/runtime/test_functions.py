"""What handlers import: ``headers``, ``navigation`` and ``server``."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import Client, encode_multipart

from routehandlers import RouteHandlers
from routehandlers.exceptions import OutsideRequestError
from routehandlers.headers import cookies, headers
from routehandlers.navigation import Interrupt, forbidden, not_found, permanent_redirect, redirect, unauthorized
from routehandlers.server import after, connection

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

IMPORTS = """
from routehandlers import *
from routehandlers.headers import cookies, headers
from routehandlers.navigation import *
from routehandlers.server import *
LOG = []
"""


@pytest.fixture
def run(make_app: MakeApp, client_for: ClientFor) -> Callable[..., Any]:
    def ask(body: str, method: str = "GET", **options: Any) -> Any:
        app = make_app({"x/route.py": f"{IMPORTS}def {method}(request):\n    {body}\n"})
        answer = client_for(app).open("/x", method=method, **options)
        answer.log = app.load("/x").LOG
        return answer

    return ask


@pytest.mark.parametrize("function", [cookies, headers, connection, lambda: after(print)])
def test_outside_of_a_request_a_function_explains_itself(function: Callable[[], object]) -> None:
    with pytest.raises(OutsideRequestError, match=r"was called outside of a request.*request_scope"):
        function()


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (lambda: redirect("/x"), 307),
        (lambda: permanent_redirect("/x"), 308),
        (not_found, 404),
        (forbidden, 403),
        (unauthorized, 401),
    ],
)
def test_an_interrupt_is_no_exception(function: Callable[[], object], status: int) -> None:
    with pytest.raises(Interrupt) as caught:
        function()

    assert caught.value.status == status
    assert not isinstance(caught.value, Exception)


@pytest.mark.parametrize(
    ("body", "method", "content_type", "status"),
    [
        ("redirect('/t?x=1')", "GET", None, 307),
        ("redirect('/t?x=1')", "POST", "application/json", 307),
        ("redirect('/t?x=1')", "POST", "application/x-www-form-urlencoded", 303),
        ("redirect('/t?x=1')", "POST", "Multipart/Form-Data; boundary=x", 303),
        ("redirect('/t?x=1')", "PUT", "application/x-www-form-urlencoded", 307),
        ("permanent_redirect('/t?x=1')", "POST", "application/x-www-form-urlencoded", 303),
        ("permanent_redirect('/t?x=1')", "POST", "application/json", 308),
        ("permanent_redirect('/t?x=1')", "GET", None, 308),
    ],
)
def test_a_redirect_answers_303_to_a_form(
    run: Callable[..., Any], body: str, method: str, content_type: str | None, status: int
) -> None:
    answer = run(body, method, content_type=content_type)

    assert (answer.status_code, answer.headers["Location"], answer.data) == (status, "/t?x=1", b"")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://e.example/p?q=1#f", "https://e.example/p?q=1#f"),
        ("../up", "../up"),
        ("/a b", "/a b"),
        ("/café", "/caf%C3%A9"),
    ],
)
def test_a_location_is_sent_as_it_stands(run: Callable[..., Any], url: str, location: str) -> None:
    assert run(f"redirect({url!r})").headers["Location"] == location


@pytest.mark.parametrize("url", ["", "/a\r\nX: 1", "/\0"])
def test_a_location_that_would_break_the_header_is_an_error(run: Callable[..., Any], url: str) -> None:
    assert run(f"redirect({url!r})").status_code == 500


def test_except_exception_does_not_swallow_an_interrupt_and_finally_runs(run: Callable[..., Any]) -> None:
    answer = run(
        "try:\n        not_found()\n    except Exception:\n        return 'swallowed'\n    finally:\n        LOG.append('finally')"
    )

    assert (answer.status_code, answer.log) == (404, ["finally"])


def test_headers_are_read_only_and_in_any_case(run: Callable[..., Any]) -> None:
    answer = run("return [headers()['x-test'], headers().get('X-TEST'), 'nope' in headers()]", headers={"X-Test": "v"})

    assert answer.json == ["v", "v", False]
    assert run("headers().set('x', '1')").status_code == 500


def test_functions_of_helpers_see_the_request(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "_auth.py": "from routehandlers.headers import cookies\nfrom routehandlers.navigation import unauthorized\n"
            "def user():\n    return cookies().get('user') or unauthorized()\n",
            "me/route.py": "from .._auth import user\ndef GET(): return user()\n",
        }
    )
    client = client_for(app)

    assert client.get("/me").status_code == 401
    assert client.get("/me", headers={"Cookie": "user=ada"}).text == "ada"


def test_after_runs_in_order_when_the_answer_is_sent_and_loses_none(run: Callable[..., Any], caplog: Any) -> None:
    answer = run(
        "after(LOG.append, 1); after(lambda: 1 / 0); after(lambda: after(LOG.append, 'nested')); after(redirect, '/x')\n"
        "    after(LOG.append, headers().get('x')); LOG.append('handler'); return 'x'",
        headers={"X": "v"},
    )

    assert (answer.text, answer.log) == ("x", ["handler", 1, "v", "nested"])
    assert "ZeroDivisionError" in caplog.text
    assert "raised a response" in caplog.text


@pytest.mark.parametrize(
    "end", ["raise ValueError", "redirect('/y')", "not_found()", "return Response(None, 204)", "return iter('ab')"]
)
def test_after_runs_whatever_the_answer(run: Callable[..., Any], end: str) -> None:
    assert run(f"after(LOG.append, 'ran'); {end}").log == ["ran"]


def test_after_may_read_cookies_and_not_set_them(run: Callable[..., Any]) -> None:
    body = """def later():
        LOG.append(cookies()['a'])
        try: cookies().set('b', '1')
        except RuntimeError as error: LOG.append(type(error).__name__)
    after(later); return 'x'"""

    assert run(body, headers={"Cookie": "a=1"}).log == ["1", "ResponseStartedError"]


def test_after_wants_something_to_call(run: Callable[..., Any], caplog: Any) -> None:
    assert run("after(42)").status_code == 500
    assert "without calling the function" in caplog.text


def test_connection_says_nothing(run: Callable[..., Any]) -> None:
    assert run("return [connection()]").json == [None]


def test_what_a_request_opened_is_closed(run: Callable[..., Any]) -> None:
    boundary, data = encode_multipart({"f": FileStorage(BytesIO(b"x" * 600_000), "f")})
    content_type = f"multipart/form-data; boundary={boundary}"

    answer = run("LOG.append(request.files['f']); return 'x'", "POST", data=data, content_type=content_type)

    assert answer.log[0].stream.closed
