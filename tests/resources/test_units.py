"""Units of work outside of requests, in tests, and mistakes."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from resources.conftest import MakeDbApp

from routehandlers.exceptions import OutsideUnitError
from routehandlers.navigation import redirect
from routehandlers.resources import resource, unit
from routehandlers.testing import call, client, override, request_scope

EVENTS: list[str] = []


@pytest.fixture(autouse=True)
def _no_events() -> None:
    EVENTS.clear()


@resource
def thing() -> Iterator[object]:
    try:
        yield object()
    except BaseException as error:
        EVENTS.append(type(error).__name__)
        raise
    EVENTS.append("end")


def leave_with(error: BaseException, used: Callable[[], object]) -> None:
    """Use a resource in a unit, and leave the unit with an exception."""
    with unit():
        used()
        raise error


def test_outside_of_a_unit_the_error_says_what_to_write() -> None:
    with pytest.raises(OutsideUnitError, match=r"with routehandlers\.resources\.unit\(\)"):
        thing()
    with pytest.raises(OutsideUnitError, match="thing"):
        thing.release()


def test_a_block_is_a_unit() -> None:
    with unit():
        first = thing()
        assert thing() is first
        assert EVENTS == []

    assert EVENTS == ["end"]
    with pytest.raises(OutsideUnitError):
        thing()


def test_an_exception_that_leaves_a_block_is_thrown_into_its_resources() -> None:
    with pytest.raises(KeyError):
        leave_with(KeyError(), thing)

    assert EVENTS == ["KeyError"]


def test_a_block_in_a_block_has_resources_of_its_own() -> None:
    with unit():
        outer = thing()
        with unit():
            assert thing() is not outer
        assert EVENTS == ["end"]
        assert thing() is outer

    assert EVENTS == ["end", "end"]


def test_a_block_in_a_request_has_resources_of_its_own() -> None:
    def handler() -> str:
        outer = thing()
        with unit():
            assert thing() is not outer
        assert EVENTS == ["end"]
        assert thing() is outer
        return "x"

    assert call(handler).text == "x"
    assert EVENTS == ["end", "end"]


def test_a_request_inside_of_a_block_has_resources_of_its_own(make_app: MakeApp) -> None:
    app = make_app({"route.py": "USE = []\ndef GET():\n    USE[0]()\n    return 'x'\n"})
    seen: list[object] = []
    app.load("/").USE.append(lambda: seen.append(thing()))

    with unit():
        outer = thing()
        client(app).get("/")
        assert EVENTS == ["end"]
        assert thing() is outer

    assert seen != [outer]


def test_purges_of_a_block_are_repeated_at_its_end(make_db_app: MakeDbApp, client_for: ClientFor) -> None:
    app, database = make_db_app({"route.py": "from ._db import names\nrevalidate = False\ndef GET(): return names()\n"})
    get = client_for(app).get
    assert get("/").json == []

    with unit():
        app.cache.revalidate_path("/")
        database.module.add("a")
        assert get("/").json == []

    assert get("/").json == ["a"]


def test_threads_outside_of_a_unit_need_their_own(make_app: MakeApp) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            thing()
        except OutsideUnitError as error:
            errors.append(error)
        with unit():
            thing()

    with unit():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(errors) == 1
        assert EVENTS == ["end"]


def test_call_is_a_unit() -> None:
    def handler() -> str:
        thing()
        return "x"

    def fails() -> None:
        thing()
        raise KeyError

    def streams() -> Iterator[str]:
        thing()
        yield "a"
        EVENTS.append("b")
        yield "b"

    def redirects() -> None:
        thing()
        redirect("/")

    call(handler)
    with pytest.raises(KeyError):
        call(fails)
    call(streams)
    call(redirects)
    assert EVENTS == ["end", "KeyError", "b", "end", "end"]


def test_a_request_scope_is_a_unit() -> None:
    with request_scope():
        thing()
    with pytest.raises(KeyError), request_scope():  # noqa: PT012  # the block is what is tested
        thing()
        raise KeyError

    assert EVENTS == ["end", "KeyError"]


# override() -------------------------------------------------------------------


def test_override_replaces_a_resource_and_puts_it_back() -> None:
    def fake() -> Iterator[str]:
        yield "fake"
        EVENTS.append("fake ended")

    with override(thing, fake), unit():
        assert thing() == "fake"  # type: ignore[comparison-overlap]  # the replacement has another type
    with override(thing, lambda: "value"), override(thing, lambda: "inner"), unit():
        assert thing() == "inner"  # type: ignore[comparison-overlap]
    with unit():
        assert type(thing()) is object

    assert EVENTS == ["fake ended", "end"]


def test_override_takes_a_resource_and_holds_in_all_threads() -> None:
    other = resource(lambda: "other")
    seen: list[Any] = []

    def work() -> None:
        with unit():
            seen.append(thing())

    with override(thing, other):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == ["other"]


# Mistakes ---------------------------------------------------------------------


async def asynchronous() -> None: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (3, "takes a function"),
        (asynchronous, "not asynchronous"),
        (lambda x: x, "is called without arguments"),
    ],
)
def test_what_cannot_be_a_resource_is_refused(function: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        resource(function)


def test_a_context_manager_is_refused_at_its_first_use() -> None:
    @resource
    @contextlib.contextmanager
    def wrong() -> Iterator[int]:
        yield 1

    with unit(), pytest.raises(TypeError, match="Leave out @contextmanager"):
        wrong()


def test_defaults_and_decorators_are_fine() -> None:
    def traced(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            EVENTS.append("called")
            return function(*args)

        return wrapper

    @resource
    @traced
    def number(start: int = 7) -> Iterator[int]:
        """A number."""
        yield start
        EVENTS.append("ended")

    with unit():
        assert (number(), number()) == (7, 7)

    assert EVENTS == ["called", "ended"]
    assert (number.__doc__, number.__name__) == ("A number.", "number")
    assert "number" in repr(number)


def test_code_of_a_resource_that_ends_may_use_others() -> None:
    @resource
    def audit() -> Iterator[None]:
        thing()
        yield
        assert thing() is not None
        late()

    @resource
    def late() -> Iterator[None]:
        yield
        EVENTS.append("late")

    with unit():
        audit()

    assert EVENTS == ["late", "end"]  # the last one that was opened ends first


def test_a_thrown_stop_iteration_is_no_failure_of_the_resource(caplog: pytest.LogCaptureFixture) -> None:
    @resource
    def plain() -> Iterator[None]:
        yield

    with pytest.raises(StopIteration):
        leave_with(StopIteration(), plain)

    assert caplog.records == []


def test_a_resource_that_yields_again_after_an_exception_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    @resource
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        except KeyError:
            yield 2

    with pytest.raises(KeyError):
        leave_with(KeyError(), stubborn)

    assert "yields twice" in caplog.text
