"""Different valid queries never share an entry; two spellings of one query do. Through the whole application.

The handler returns what it was given, so a response to another query is a wrong response.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers

_COMMON = """
import enum, ipaddress, pathlib, uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, TypedDict
revalidate = False
class Color(enum.Enum):
    RED = "red"
    ONE = "1"
class Number(enum.IntEnum):
    ONE = 1
    TWO = 2
"""

# The fields that all libraries have, with texts that are valid, or nearly.
_FIELDS = {
    "text": ("str", ["", "1", "true", "a b", "ä", "\0", "a,b", '"', "null"]),
    "other": ("str", ["", "1", "a"]),
    "flag": ("bool | None", ["true", "1", "0", "false", "on", ""]),
    "count": ("int", ["0", "1", "2", "-1", "10000000000000000000000"]),
    "ratio": ("float", ["0", "-0.0", "1", "1.0", "1.5", "1e3", "nan", "inf"]),
    "amount": ("Decimal", ["1", "1.0", "1.00", "1E+1", "10", "-0", "0"]),
    "either": ("int | str", ["1", "01", "1.0", "a", ""]),
    "maybe": ("float | None", ["", "1", "1.0", "null"]),
    "day": ("date | None", ["2024-01-01", "2024-01-02"]),
    "at": ("datetime | None", ["2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00"]),
    "clock": ("time | None", ["10:00:00", "10:00:00Z", "11:00:00+01:00"]),
    "length": ("timedelta | None", ["PT1S", "PT60S", "PT1M", "P1D"]),
    "id": ("uuid.UUID | None", ["12345678-1234-5678-1234-567812345678", "12345678123456781234567812345678"]),
    "color": ("Color | None", ["red", "1"]),
    "number": ("Number | None", ["1", "2"]),
    "literal": ("Literal['a', '1'] | None", ["a", "1"]),
}
_LISTS = {
    "tags": ("list[str]", ["a", "b", "a,b", ""]),
    "numbers": ("list[int]", ["1", "2", "01"]),
    "names": ("frozenset[str]", ["a", "b"]),
    "pair": ("tuple[str, ...]", ["a", "b"]),
}
_DEFAULTS = {"str": "''", "int": "0", "float": "0.0", "Decimal": "Decimal(0)", "int | str": "0"}
_EMPTY = {"list[str]": "[]", "list[int]": "[]", "frozenset[str]": "frozenset()", "tuple[str, ...]": "()"}

_ONLY = {
    "pydantic": {
        "secret": ("SecretStr", ["a", "b", ""], "SecretStr('')"),
        "hidden": ("Annotated[str, Field(exclude=True)]", ["a", "b", ""], "''"),
        "web": ("AnyUrl | None", ["http://a.example/", "http://a.example", "http://b.example"], "None"),
        "address": ("ipaddress.IPv4Address | None", ["10.0.0.1", "10.0.0.2"], "None"),
        "folder": ("pathlib.Path | None", ["a", "a/", "b"], "None"),
        "any": ("bool | int | float | str", ["1", "1.0", "true", "a"], "0"),
        "renamed": ("Annotated[str, Field(alias='re-named')]", ["a", "b"], "''"),
        "point": ("Annotated[Point, BeforeValidator(Point.parse)]", ["1,2", "3,4"], "Point(0, 0)"),
    },
    "msgspec": {"renamed": ("str", ["a", "b"], "msgspec.field(name='re-named', default='')")},
    "dataclass": {},
}
_HEADS = {
    "pydantic": """
from pydantic import AnyUrl, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x}, {self.y})"
    @classmethod
    def parse(cls, text): return cls(*map(int, text.split(","))) if isinstance(text, str) else text
class Q(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
""",
    "msgspec": "import msgspec\nclass Q(msgspec.Struct):\n",
    "dataclass": "@dataclass(slots=True)\nclass Q:\n",
}
_HANDLER = """
def seen(value):
    secret = getattr(value, "get_secret_value", None)
    if secret is not None: return f"secret {secret()!r}"
    if isinstance(value, frozenset): return repr(sorted(value))
    return f"{type(value).__name__} {value!r} {value}"
def GET(query: Q): return {name: seen(getattr(query, name)) for name in NAMES}
def POST(query: Q): return {name: seen(getattr(query, name)) for name in NAMES}
"""


def _source(kind: str) -> str:
    lines = []
    for name, (annotation, _) in _FIELDS.items():
        lines.append(f"    {name}: {annotation} = {_DEFAULTS.get(annotation, 'None')}")
    for name, (annotation, _) in _LISTS.items():
        empty = _EMPTY[annotation]
        if kind == "dataclass" and empty == "[]":
            continue
        lines.append(f"    {name}: {annotation} = {empty}")
    for name, (annotation, _, default) in _ONLY[kind].items():
        lines.append(f"    {name}: {annotation} = {default}")
    names = [line.strip().partition(":")[0] for line in lines]
    return f"{_COMMON}{_HEADS[kind]}" + "\n".join(lines) + f"\nNAMES = {names}\n{_HANDLER}"


def _texts(kind: str) -> dict[str, list[str]]:
    own = {"renamed": "re-named"}
    return {
        **{name: texts for name, (_, texts) in _FIELDS.items()},
        **{name: texts for name, (_, texts) in _LISTS.items()},
        **{own.get(name, name): texts for name, (_, texts, _) in _ONLY[kind].items()},
        "unknown": ["1", "2"],
    }


def queries(kind: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    texts = _texts(kind)
    pair = st.sampled_from(sorted(texts)).flatmap(
        lambda name: st.tuples(st.just(name), st.one_of(st.sampled_from(texts[name]), st.text(max_size=3)))
    )
    several = st.lists(pair, max_size=4)
    # Plain fields only once: a second one is a fault.
    return several.map(
        lambda pairs: [
            pair for index, pair in enumerate(pairs) if pair[0] in _LISTS or pair[0] not in dict(pairs[:index])
        ]
    )


def _spelled(pairs: list[tuple[str, str]], *, is_other: bool) -> str:
    """Return a query, or another spelling of it: all characters escaped, and an unknown name."""
    escape = (lambda text: "".join(f"%{byte:02x}" for byte in text.encode())) if is_other else quote
    parts = [f"{escape(name)}={escape(text)}" for name, text in pairs]
    return "&".join([*parts, "utm_source=x"] if is_other else parts)


@pytest.fixture(scope="module", params=["pydantic", "msgspec", "dataclass"])
def kind_and_client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    kind: str = request.param
    folder = write_app(tmp_path_factory.mktemp("leaks"), {"route.py": _source(kind)})
    yield kind, Client(RouteHandlers(folder))


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_each_query_gets_its_own_response(kind_and_client: tuple[str, Client], data: st.DataObject) -> None:
    kind, client = kind_and_client
    pairs = data.draw(queries(kind))
    url = f"/?{_spelled(pairs, is_other=False)}"

    expected = client.post(url)
    cached = client.get(url)
    again = client.get(url)
    other = client.get(f"/?{_spelled(pairs, is_other=True)}")

    assert cached.status_code == again.status_code == other.status_code == expected.status_code
    assert expected.status_code in {200, 422}
    if expected.status_code == 200:
        # Entries of all earlier examples are in the cache: each response must be that of its own query.
        assert cached.json == expected.json
        assert again.json == expected.json
        assert other.json == expected.json
        assert "hit" in other.headers["Cache-Status"]


def test_the_examples_are_mostly_valid(kind_and_client: tuple[str, Client]) -> None:
    kind, client = kind_and_client

    for name, texts in _texts(kind).items():
        statuses = [client.get(f"/?{name}={quote(text)}").status_code for text in texts]
        assert statuses.count(200) >= 2, (name, texts, statuses)
