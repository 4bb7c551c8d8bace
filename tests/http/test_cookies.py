"""Cookies, read and written as browsers' JavaScript and Next do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from routehandlers import Response, RouteHandlers
from routehandlers._http.response.cookies import Cookies, format_cookie, parse_cookies
from routehandlers.exceptions import ResponseStartedError

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("", {}), ("a=1; b=2", {"a": "1", "b": "2"}), ("a=1;b=2", {"a": "1", "b": "2"}), ("a=1; a=2", {"a": "2"}),
        ('a="q v"', {"a": "q v"}), ("a=x%20y%3B", {"a": "x y;"}), ("a=%zz; b=2", {"a": "%zz", "b": "2"}), ("a=%ff", {"a": "%ff"}),
        ("a; b=2", {"a": "true", "b": "2"}), ("=x; b=2", {"": "x", "b": "2"}), ("a=b=c", {"a": "b=c"}),
        ("a = 1 ", {"a ": " 1 "}), ("a=x+y", {"a": "x+y"}), ("a=caf\xc3\xa9", {"a": "café"}), ("a=caf\xe9", {"a": "caf\xe9"}),
        ("a%20b=1", {"a%20b": "1"}), ("; ;a=1;;", {"a": "1"}),
    ],
)  # fmt: skip
def test_a_cookie_header_is_read(header: str, cookies: dict[str, str]) -> None:
    assert parse_cookies(header) == cookies


@freeze_time("2026-01-02 03:04:05")
@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        ({}, "a=1; Path=/"),
        ({"path": None}, "a=1"),
        ({"path": "/x", "httponly": True}, "a=1; Path=/x; HttpOnly"),
        ({"max_age": 60}, "a=1; Path=/; Expires=Fri, 02 Jan 2026 03:05:05 GMT; Max-Age=60"),
        ({"max_age": timedelta(minutes=1)}, "a=1; Path=/; Expires=Fri, 02 Jan 2026 03:05:05 GMT; Max-Age=60"),
        ({"max_age": 0}, "a=1; Path=/; Max-Age=0"),
        ({"expires": datetime(2037, 1, 1)}, "a=1; Path=/; Expires=Thu, 01 Jan 2037 00:00:00 GMT"),
        ({"expires": datetime(2037, 1, 1, tzinfo=timezone(timedelta(hours=1)))}, "a=1; Path=/; Expires=Wed, 31 Dec 2036 23:00:00 GMT"),
        ({"expires": 0}, "a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ({"domain": "x.example", "secure": True, "samesite": "lax"}, "a=1; Path=/; Domain=x.example; Secure; SameSite=lax"),
        ({"secure": True, "partitioned": True, "samesite": "None"}, "a=1; Path=/; Secure; SameSite=None; Partitioned"),
    ],
)  # fmt: skip
def test_a_line_is_written_in_nexts_order(attributes: dict[str, Any], line: str) -> None:
    assert format_cookie("a", "1", **attributes) == line


@pytest.mark.parametrize(
    ("name", "value", "attributes"),
    [
        ("a b", "1", {}), ("a;b", "1", {}), ("a=b", "1", {}), ("", "1", {}), ("é", "1", {}), ("a\r\n", "1", {}),
        ("a", "1", {"path": "/; HttpOnly"}), ("a", "1", {"domain": "x\r\nSet-Cookie: b=1"}), ("a", "1", {"expires": "x; Secure"}),
        ("a", "1", {"samesite": "bogus"}), ("a", "1", {"samesite": True}),
    ],
)  # fmt: skip
def test_what_could_break_out_of_the_header_is_refused(name: str, value: str, attributes: Any) -> None:
    with pytest.raises(ValueError):
        format_cookie(name, value, **attributes)


@pytest.mark.parametrize(("value", "attributes"), [(1, {}), (None, {}), ("1", {"httpOnly": True})])
def test_other_types_and_attributes_are_a_type_error(value: Any, attributes: Any) -> None:
    with pytest.raises(TypeError):
        format_cookie("a", value, **attributes)


@given(value=st.text().filter(lambda text: not any(0xD800 <= ord(letter) < 0xE000 for letter in text)))
def test_every_value_survives_the_way_to_the_browser_and_back(value: str) -> None:
    line = format_cookie("a", value)

    assert line.isascii()
    assert line.isprintable()
    assert parse_cookies(line.partition(";")[0]) == {"a": value}


def test_the_jar_reads_what_was_set_and_keeps_the_order_of_the_request() -> None:
    jar = Cookies({"a": "old", "b": "old"})

    jar.set("new", "1").set("b", "2").delete("a")

    assert (jar["b"], jar.get("a"), "a" in jar, jar.get("nope")) == ("2", "", True, None)
    assert jar.lines == ["a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2; Path=/", "new=1; Path=/"]
    assert (dict(jar), len(jar), jar.get_all("b")) == ({"a": "", "b": "2", "new": "1"}, 3, [("b", "2")])


def test_a_sealed_jar_refuses_to_be_changed() -> None:
    jar = Cookies({})
    jar.seal()

    with pytest.raises(ResponseStartedError, match="comes too late"):
        jar.set("a", "1")


def test_a_response_has_cookies_of_its_own() -> None:
    response = Response("x")

    response.cookies.set("a", "1").set("b", "x y", httponly=True).set("a", "2").delete("c", path="/p")

    assert response.cookies.get("b") == "x y"
    assert response.cookies.get_all() == {"b": "x y", "a": "2", "c": ""}
    assert "a" in response.cookies
    assert response.headers.getlist("Set-Cookie") == [
        "b=x%20y; Path=/; HttpOnly", "a=2; Path=/", "c=; Path=/p; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("return 'x'", ["a=jar; Path=/", "b=2; Path=/"]),
        ("return Response('x', headers={'Set-Cookie': 'a=own; Path=/o'})", ["a=own; Path=/o", "b=2; Path=/"]),
        ("redirect('/y')", ["a=jar; Path=/", "b=2; Path=/"]),
        ("not_found()", ["a=jar; Path=/", "b=2; Path=/"]),
        ("raise ValueError", []),
        ("return Response(None, 204)", ["a=jar; Path=/", "b=2; Path=/"]),
        ("return iter(['x'])", ["a=jar; Path=/", "b=2; Path=/"]),
        ("import werkzeug; return werkzeug.Response('x')", ["a=jar; Path=/", "b=2; Path=/"]),
    ],
)
def test_the_jar_is_sent_with_every_planned_answer(
    make_app: MakeApp, client_for: ClientFor, body: str, lines: list[str]
) -> None:
    source = (
        "from routehandlers import Response\nfrom routehandlers.headers import cookies\nfrom routehandlers.navigation import *\n"
        f"def GET():\n    cookies().set('a', 'jar').set('b', '2')\n    {body}\n"
    )

    assert client_for(make_app({"x/route.py": source})).get("/x").headers.getlist("Set-Cookie") == lines
