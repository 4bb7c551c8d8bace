"""Faults in the JSON of responses that hard use found (B18), each by what was wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask
import pytest
from conftest import ClientFor, MakeApp
from flask.json.provider import DefaultJSONProvider, JSONProvider
from servers import write_app

from routehandlers.exceptions import InvalidConfigError
from routehandlers.flask import RouteHandlersBlueprint

IMPORTS = """
import enum, uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from routehandlers import Response
from routehandlers.cache import cached
@dataclass
class Point:
    x: int
    at: object = None
@dataclass
class Line:
    points: list
class Colour(enum.Enum):
    RED = "red"
class Named(str, enum.Enum):
    BLUE = "blue"
class Level(enum.IntEnum):
    LOW = 1
class Money:
    def __init__(self, cents): self.cents = cents
"""

# The value in Python, and what a client reads.
VALUES = {
    "date(2020, 1, 2)": "2020-01-02",
    "datetime(2020, 1, 2, 3, 4, 5, 678)": "2020-01-02T03:04:05.000678",
    "datetime(2020, 1, 2, tzinfo=timezone.utc)": "2020-01-02T00:00:00+00:00",
    "datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=2)))": "2020-01-02T00:00:00+02:00",
    "datetime(1, 1, 1)": "0001-01-01T00:00:00",
    "time(3, 4)": "03:04:00",
    "uuid.UUID(int=1)": "00000000-0000-0000-0000-000000000001",
    "Decimal('1.50')": "1.50",
    "Colour.RED": "red",
    "Named.BLUE": "blue",
    "Level.LOW": 1,
    "Point(1)": {"x": 1, "at": None},
    "Point(1, date(2020, 1, 2))": {"x": 1, "at": "2020-01-02"},
    "Line([Point(1), Point(2, Colour.RED)])": {"points": [{"x": 1, "at": None}, {"x": 2, "at": "red"}]},
}


def write(value: Any) -> Any:
    """Convert the type of the tests, and dates in a way of their own."""
    if type(value).__name__ == "Money":
        return {"cents": value.cents}
    if type(value).__name__ == "date":
        return value.toordinal()
    raise TypeError(f"{value!r} is unknown.")


class Encoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        return write(o) if type(o).__name__ in ("Money", "date") else super().default(o)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("returned", ["{{'a': [{}]}}", "Response.json({{'a': [{}]}})", "({{'a': [{}]}}, 201)"])
def test_types_that_json_lacks_were_http_dates_or_errors(
    make_app: MakeApp, client_for: ClientFor, value: str, returned: str
) -> None:
    source = f"{IMPORTS}def GET(): return {returned.format(value)}\n"

    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert answer.get_json() == {"a": [VALUES[value]]}


@pytest.mark.parametrize(
    ("returned", "status", "data"),
    [
        ("Point(1)", 200, {"x": 1, "at": None}),
        ("Response.json(Point(1))", 200, {"x": 1, "at": None}),
        ("Point(1), 201", 201, {"x": 1, "at": None}),
        ("Point(1), {'X-A': 'b'}", 200, {"x": 1, "at": None}),
        ("Point(1), '418 Mine', {'X-A': 'b'}", 418, {"x": 1, "at": None}),
        ("[Point(1)]", 200, [{"x": 1, "at": None}]),
        ("Point(1), 204", 204, None),
    ],
)
@pytest.mark.parametrize("config", ["", "revalidate = 60\n"])
def test_a_returned_dataclass_was_an_error(
    make_app: MakeApp, client_for: ClientFor, returned: str, status: int, data: Any, config: str
) -> None:
    client = client_for(make_app({"x/route.py": f"{IMPORTS}{config}def GET(): return {returned}\n"}))

    for _ in range(2):
        answer = client.get("/x")

        assert (answer.status_code, answer.get_json(silent=True)) == (status, data)


@pytest.mark.parametrize("name", ["error", "not_found"])
def test_an_error_file_could_not_return_a_dataclass(make_app: MakeApp, client_for: ClientFor, name: str) -> None:
    fails = "raise ValueError" if name == "error" else "not_found()"
    route = f"from routehandlers.navigation import not_found\ndef GET(): {fails}\n"
    app = make_app({"x/route.py": route, f"{name}.py": f"{IMPORTS}def {name}(): return Point(1, date(2020, 1, 2))\n"})

    answer = client_for(app).get("/x")

    assert answer.status_code == {"error": 500, "not_found": 404}[name]
    assert answer.get_json() == {"x": 1, "at": "2020-01-02"}


def test_a_dataclass_with_a_value_that_cannot_be_copied_was_an_error(make_app: MakeApp, client_for: ClientFor) -> None:
    source = f"import threading\n{IMPORTS}class Lock:\n    def __init__(self): self.lock = threading.Lock()\n"
    source += "    def __html__(self): return 'lock'\ndef GET(): return Point(1, Lock())\n"

    answer = client_for(make_app({"x/route.py": source})).get("/x")

    assert answer.get_json() == {"x": 1, "at": "lock"}


@pytest.mark.parametrize("returned", ["Point", "{'a': Point}", "{'a': Money(1)}", "Money(1)", "date(2020, 1, 2)", "p"])
def test_what_json_cannot_write_is_still_an_error(make_app: MakeApp, caplog: Any, returned: str) -> None:
    source = f"{IMPORTS}p = Point(1)\np.at = p\ndef GET(): return {returned}\n"

    assert make_app({"x/route.py": source}).test_client().get("/x").status_code == 500

    assert "JSON" in caplog.text or "Circular reference" in caplog.text


def test_cached_gave_http_dates(make_app: MakeApp, client_for: ClientFor) -> None:
    source = f"{IMPORTS}@cached()\ndef value(): return [{', '.join(VALUES)}]\ndef GET(): return value()\n"
    client = client_for(make_app({"x/route.py": source}))

    assert client.get("/x").get_json() == client.get("/x").get_json() == list(VALUES.values())


@pytest.mark.parametrize("encoder", [write, Encoder], ids=["function", "class"])
@pytest.mark.parametrize("config", ["", "revalidate = 60\n"], ids=["plain", "cached"])
@pytest.mark.parametrize(
    ("returned", "data"),
    [
        ("{'a': Money(5), 'd': date(1, 1, 2), 't': datetime(2020, 1, 2)}", None),
        ("Response.json({'a': Money(5), 'd': date(1, 1, 2), 't': datetime(2020, 1, 2)})", None),
        ("value()", None),
        ("Response((Response.json({'a': Money(5)}).data for _ in '1'), 200, {'Content-Type': 'application/json'})", {"a": {"cents": 5}}),
        ("Point(Money(5))", {"x": {"cents": 5}, "at": None}),
        ("Money(5)", {"cents": 5}),
        ("(Money(5), 200)", {"cents": 5}),
    ],
)  # fmt: skip
def test_there_was_no_setting_for_types_of_an_applications_own(
    make_app: MakeApp, client_for: ClientFor, encoder: Any, config: str, returned: str, data: Any
) -> None:
    value = "@cached()\ndef value(): return {'a': Money(5), 'd': date(1, 1, 2), 't': datetime(2020, 1, 2)}\n"
    app = make_app({"x/route.py": f"{IMPORTS}{config}{value}def GET(): return {returned}\n"}, json_encoder=encoder)
    client = client_for(app)

    for _ in range(2):
        assert client.get("/x").get_json() == (data or {"a": {"cents": 5}, "d": 2, "t": "2020-01-02T00:00:00"})


@pytest.mark.parametrize("returned", ["None", "5", "object()", "{1}", "(x for x in [Money(1)])", "{'a': Money}"])
def test_the_setting_does_not_hide_mistakes(make_app: MakeApp, returned: str) -> None:
    app = make_app({"x/route.py": f"{IMPORTS}def GET(): return {returned}\n"}, json_encoder=str)

    answer = app.test_client().get("/x")

    assert answer.status_code == (200 if returned == "{'a': Money}" else 500)


def test_an_exception_in_the_function_is_not_lost(make_app: MakeApp, caplog: Any) -> None:
    def fails(value: Any) -> Any:
        raise TypeError("a bug in the function") if value.cents == 1 else ZeroDivisionError("another")

    source = f"{IMPORTS}def GET(request): return {{'a': Money(int(request.args['n']))}}\n"
    client = make_app({"x/route.py": source}, json_encoder=fails).test_client()

    assert (client.get("/x?n=1").status_code, client.get("/x?n=2").status_code) == (500, 500)

    assert "a bug in the function" in caplog.text
    assert "ZeroDivisionError: another" in caplog.text


def test_two_applications_have_functions_of_their_own(make_app: MakeApp) -> None:
    source = f"{IMPORTS}def GET(): return Money(5)\n"
    one = make_app({"x/route.py": source}, json_encoder=lambda value: value.cents)
    two = make_app({"x/route.py": source}, json_encoder=lambda value: [value.cents])

    assert [app.test_client().get("/x").get_json() for app in (one, two, one)] == [5, [5], 5]


@pytest.mark.parametrize("encoder", ["orjson", 5, json.JSONEncoder()])
def test_a_wrong_encoder_is_refused_at_start(make_app: MakeApp, encoder: Any) -> None:
    with pytest.raises(InvalidConfigError, match="json_encoder is .* Give a function"):
        make_app({}, json_encoder=encoder)


class OwnProvider(DefaultJSONProvider):
    @staticmethod
    def default(o: Any) -> Any:
        return write(o) if type(o).__name__ in ("Money", "date") else DefaultJSONProvider.default(o)


class OnlyText(JSONProvider):
    """A provider without a function for single values, as one for another encoder may be."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return json.dumps(obj, default=OwnProvider.default)

    def loads(self, s: Any, **_: Any) -> Any:
        return json.loads(s)


def _with_option(app: flask.Flask) -> DefaultJSONProvider:
    provider = DefaultJSONProvider(app)
    provider.default = OwnProvider.default  # type: ignore[method-assign]  # as Flask's manual says
    return provider


FILES = {
    "dict/route.py": f"{IMPORTS}def GET(): return {{'d': date(1, 1, 2), 'a': Money(5)}}\n",
    "json/route.py": f"{IMPORTS}def GET(): return Response.json({{'d': date(1, 1, 2), 'a': Money(5)}})\n",
    "value/route.py": f"{IMPORTS}@cached()\ndef value(): return {{'d': date(1, 1, 2), 'a': Money(5)}}\ndef GET(): return value()\n",
    "cached/route.py": f"{IMPORTS}revalidate = 60\ndef GET(): return {{'d': date(1, 1, 2), 'a': Money(5)}}\n",
    "stream/route.py": f"{IMPORTS}def GET(): return Response.event_stream([{{'data': {{'d': date(1, 1, 2), 'a': Money(5)}}}}])\n",
    "waits/route.py": f"{IMPORTS}def GET(): return Response.event_stream([{{'data': {{'d': date(1, 1, 2), 'a': Money(5)}}}}], keep_alive=60)\n",
    "class/route.py": f"{IMPORTS}def GET(): return Point(Money(5), date(1, 1, 2))\n",
    "error/route.py": "def GET(): raise ValueError\n",
    "error/error.py": f"{IMPORTS}def error(): return {{'d': date(1, 1, 2), 'a': Money(5)}}\n",
}


@pytest.mark.parametrize("path", ["dict", "json", "value", "cached", "stream", "waits", "class", "error"])
@pytest.mark.parametrize("provider", [OwnProvider, OnlyText, _with_option, "setting"])
def test_flasks_provider_wrote_only_returned_dicts(tmp_path: Path, path: str, provider: Any) -> None:
    app = flask.Flask("shop")
    settings = {"json_encoder": write} if provider == "setting" else {}
    app.register_blueprint(RouteHandlersBlueprint("routes", write_app(tmp_path, FILES), **settings))
    if not settings:
        app.json = provider(app)
    client = app.test_client()

    for _ in range(2):
        text = client.get(f"/{path}").text
        data = json.loads(text.removeprefix(":\n\n").removeprefix("data: "))

        assert data == ({"x": {"cents": 5}, "at": 2} if path == "class" else {"a": {"cents": 5}, "d": 2})


def test_an_option_of_flasks_provider_had_no_effect(tmp_path: Path) -> None:
    app = flask.Flask("shop")
    app.register_blueprint(
        RouteHandlersBlueprint("routes", write_app(tmp_path, {"x/route.py": "def GET(): return {'b': 1, 'a': 2}\n"}))
    )
    before = app.test_client().get("/x").text
    app.json.sort_keys = True  # type: ignore[attr-defined]  # of the default provider

    assert (before, app.test_client().get("/x").text) == ('{"b":1,"a":2}', '{"a":2,"b":1}\n')
