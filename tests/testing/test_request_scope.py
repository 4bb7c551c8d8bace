"""A request for functions that need one, around any code of a test."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any

import pytest
from conftest import MakeApp

from routehandlers import RouteHandlers
from routehandlers.cache import cached, revalidate_path, revalidate_tag
from routehandlers.exceptions import InvalidConfigError, OutsideRequestError, ResponseStartedError
from routehandlers.headers import cookies, draft_mode, headers
from routehandlers.navigation import Interrupt, not_found, redirect
from routehandlers.server import after, connection
from routehandlers.testing import client, request_scope


def test_functions_that_need_a_request_find_one() -> None:
    with request_scope("/items/a%2Fb?x=1", cookies={"user": "Ada Æ"}, headers={"X-A": "b"}, params={"id": 7}) as scope:
        assert cookies().get("user") == "Ada Æ"
        assert headers()["x-a"] == "b"
        assert not draft_mode().is_enabled
        connection()
        revalidate_tag("posts")
        revalidate_path("/items")

    assert scope.request.url == "http://localhost/items/a%2Fb?x=1"
    assert scope.context.params == {"id": 7}
    assert scope.set_cookies == []


def test_a_handler_can_be_called_by_hand(make_app: MakeApp) -> None:
    app = make_app({"[id]/route.py": "def POST(request, context): return request.json() | context.params"})

    with request_scope(method="POST", json={"a": 1}, params={"id": "7"}) as scope:
        assert app.load("/[id]").POST(scope.request, scope.context) == {"a": 1, "id": "7"}


def test_nothing_is_left_behind_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), request_scope():
        raise ZeroDivisionError
    with pytest.raises(Interrupt) as caught, request_scope():
        redirect("/x")
    with pytest.raises(Interrupt), request_scope():
        not_found()

    assert caught.value.status == 307
    with pytest.raises(OutsideRequestError):
        cookies()


def test_what_was_set_is_told_also_when_the_scope_has_ended() -> None:
    with request_scope(cookies={"a": "1"}) as scope:
        cookies().set("theme", "dark blue", httponly=True).delete("a")
        assert cookies()["theme"] == "dark blue"
        assert len(scope.set_cookies) == 2

    assert scope.set_cookies == [
        "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "theme=dark%20blue; Path=/; HttpOnly",
    ]


def test_after_is_called_at_the_end_also_of_what_failed() -> None:
    log: list[Any] = []

    @request_scope(cookies={"a": "1"})
    def fail() -> None:
        after(lambda: log.append(cookies()["a"]))
        after(log.append, 2)
        assert log == []
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert log == ["1", 2]


def test_after_is_called_when_the_test_wants_it() -> None:
    log: list[int] = []
    with request_scope() as scope:
        after(log.append, 1)
        scope.run_after()
        assert log == [1]
        with pytest.raises(ResponseStartedError):
            cookies().set("a", "1")
        after(log.append, 2)

    assert log == [1, 2]


def test_scopes_nest() -> None:
    with request_scope("/outer", cookies={"a": "outer"}) as outer:
        with request_scope("/inner", cookies={"a": "inner"}) as inner:
            cookies().set("b", "inner")
            assert cookies()["a"] == "inner"
        cookies().set("c", "outer")
        assert cookies()["a"] == "outer"

    assert (outer.set_cookies, inner.set_cookies) == (["c=outer; Path=/"], ["b=inner; Path=/"])
    assert repr(inner) == "<RequestScope GET http://localhost/inner>"


def test_a_thread_finds_the_scope_in_a_copied_context_and_else_none() -> None:
    found: list[Any] = []

    def look() -> None:
        try:
            cookies().set("from", "a thread")
            found.append(cookies()["a"])
        except OutsideRequestError as error:
            found.append(error)

    with request_scope(cookies={"a": "1"}) as scope:
        for thread in (threading.Thread(target=copy_context().run, args=(look,)), threading.Thread(target=look)):
            thread.start()
            thread.join()

    assert found[0] == "1"
    assert isinstance(found[1], OutsideRequestError)
    assert scope.set_cookies == ["from=a%20thread; Path=/"]


def test_it_is_a_decorator_and_belongs_on_a_stack_too() -> None:
    @request_scope(cookies={"a": "1"})
    def read() -> str | None:
        return cookies().get("a")

    assert [read(), read()] == ["1", "1"]
    with ExitStack() as stack:
        stack.enter_context(request_scope(cookies={"a": "2"}))
        assert cookies()["a"] == "2"


CALLS: list[int] = []


@cached(tags=("numbers",))
def number() -> int:
    CALLS.append(1)
    return len(CALLS)


def test_values_are_kept_for_the_scope_or_in_the_cache_of_an_application(make_app: MakeApp) -> None:
    CALLS.clear()
    app: RouteHandlers = make_app({"x/route.py": "def GET(): return 'x'"}, secret_key="0123456789abcdef")

    with request_scope():
        assert [number(), number()] == [1, 1]
    with request_scope():
        assert number() == 2
        with pytest.raises(InvalidConfigError):
            draft_mode().enable()
    with request_scope(app=app) as scope:
        assert number() == 3
        draft_mode().enable()
    with request_scope(app=app):
        assert number() == 3
    app.cache.revalidate_tag("numbers")
    with request_scope(app=app):
        assert number() == 4
    assert scope.set_cookies[0].startswith("__prerender_bypass=")


def test_requests_that_are_sent_inside_are_their_own(make_app: MakeApp) -> None:
    app = make_app({"x/route.py": "from routehandlers.headers import cookies\ndef GET(): return dict(cookies())"})

    with request_scope("/outer", base_url="http://localhost/api", cookies={"a": "1"}):
        assert client(app).get("/x").get_json() == {}
        assert app.url_for("/x") == "/api/x"
        assert cookies()["a"] == "1"


def test_the_error_outside_of_a_request_names_it() -> None:
    with pytest.raises(OutsideRequestError, match=r"with routehandlers\.testing\.request_scope\(\):"):
        cookies()
