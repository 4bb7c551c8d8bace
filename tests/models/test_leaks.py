"""Two different valid values never have one key, and two spellings of one value do: over all types of fields."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import json
import uuid
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import pydantic
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from models.kinds import MSGSPEC, PYDANTIC, Color, Level
from pydantic import Field, SecretBytes, SecretStr

from routehandlers._cache.key import make_key
from routehandlers._models.base import ModelAdapter


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclasses.dataclass
class Nested:
    a: int = 0
    b: str = dataclasses.field(default="", compare=False)


ZONES = st.sampled_from([datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=2)), None])

# Each type of a field with strategies for its values. What JSON and text can spell, a handler can get.
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-2, 2),
    str: st.sampled_from(["", "1", "1.0", "True", "a", "a,b", "\x00", "é", "None", "[]"]),
    bool: st.booleans(),
    float: st.sampled_from([0.0, -0.0, 1.0, 1e300, float("nan"), float("inf")]),
    bytes: st.sampled_from([b"", b"1", b"\xff"]),
    decimal.Decimal: st.sampled_from([decimal.Decimal(text) for text in ("1", "1.0", "1.00", "-0", "0", "NaN")]),
    datetime.date: st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 1, 3)),
    datetime.datetime: st.datetimes(
        datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 1, 0, 0, 0, 1), timezones=ZONES
    ),
    datetime.time: st.sampled_from([datetime.time(1), datetime.time(1, tzinfo=datetime.timezone.utc)]),
    datetime.timedelta: st.sampled_from([datetime.timedelta(1), datetime.timedelta(seconds=1)]),
    uuid.UUID: st.sampled_from([uuid.UUID(int=0), uuid.UUID(int=1)]),
    Color: st.sampled_from(Color),
    Level: st.sampled_from(Level),
    Literal[1, "1", True]: st.sampled_from([1, "1", True]),
    list[int]: st.lists(st.integers(0, 1), max_size=2),
    list[str]: st.lists(st.sampled_from(["", "a", "b", "a,b"]), max_size=2),
    set[str]: st.sets(st.sampled_from(["a", "b", "c"])),
    tuple[int, str]: st.tuples(st.integers(0, 1), st.sampled_from(["0", "1"])),
    dict[str, int]: st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 1), max_size=1),
    int | str: st.sampled_from([1, "1", 0, ""]),
    int | None: st.sampled_from([1, 0, None]),
    bool | int | float | str | None: st.sampled_from([True, 1, 1.0, "1", None, 0, False, 0.0, ""]),
    Nested: st.builds(Nested, st.integers(0, 1), st.sampled_from(["", "0"])),
    list[Nested]: st.lists(st.builds(Nested, st.integers(0, 1), st.just("")), max_size=2),
    Any: st.sampled_from(
        [True, 1, 1.0, "1", b"1", [1], (1,), {1}, frozenset({1}), {1: 1}, None, Flags.A, Flags.A | Flags.B]
    ),
}
OF_PYDANTIC: dict[Any, st.SearchStrategy[Any]] = {
    SecretStr: st.sampled_from([SecretStr(""), SecretStr("a"), SecretStr("b")]),
    SecretBytes: st.sampled_from([SecretBytes(b""), SecretBytes(b"a")]),
    ipaddress.IPv4Address: st.sampled_from([ipaddress.IPv4Address(1), ipaddress.IPv4Address(2)]),
}


def exact(value: Any) -> Any:
    """Return a text of a value that shows its type and all of its parts: an independent account of what differs."""
    if isinstance(value, (SecretStr, SecretBytes)):
        return f"{type(value)}({value.get_secret_value()!r})"
    if dataclasses.is_dataclass(value):
        return f"{type(value)}{[exact(getattr(value, field.name)) for field in dataclasses.fields(value)]}"
    if isinstance(value, Mapping):
        return f"{type(value)}{[(exact(key), exact(item)) for key, item in value.items()]}"
    if isinstance(value, (list, tuple)):
        return f"{type(value)}{[exact(item) for item in value]}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value)}{sorted(exact(item) for item in value)}"
    return f"{type(value)}{value!r}"


def make_pydantic(types: dict[str, Any]) -> Any:
    excluded = {name: (annotation, Field(exclude=True, repr=False)) for name, annotation in types.items()}
    return pydantic.create_model("Made", **{name: excluded[name] for name in types})


def make_struct(types: dict[str, Any]) -> Any:
    return msgspec.defstruct("Made", list(types.items()), eq=False)


def make_dataclass(types: dict[str, Any]) -> Any:
    fields: Any = [(name, annotation, dataclasses.field(compare=False)) for name, annotation in types.items()]
    return dataclasses.make_dataclass("Made", fields)


MAKERS = [
    pytest.param(PYDANTIC, make_pydantic, {**VALUES, **OF_PYDANTIC}, id="pydantic"),
    pytest.param(PYDANTIC, make_dataclass, {**VALUES, **OF_PYDANTIC}, id="dataclass-by-pydantic"),
    pytest.param(MSGSPEC, make_struct, VALUES, id="struct"),
    pytest.param(MSGSPEC, make_dataclass, VALUES, id="dataclass-by-msgspec"),
]


def key_of(adapter: ModelAdapter, value: Any) -> str:
    values = adapter.values(type(value))
    assert values is not None
    return make_key("route", *values(value))


@pytest.mark.parametrize(("adapter", "make", "strategies"), MAKERS)
@given(data=st.data())
def test_two_values_have_one_key_only_if_nothing_tells_them_apart(
    adapter: ModelAdapter, make: Any, strategies: dict[Any, st.SearchStrategy[Any]], data: st.DataObject
) -> None:
    annotations = data.draw(st.lists(st.sampled_from(list(strategies)), min_size=1, max_size=3))
    types = {f"field_{number}": annotation for number, annotation in enumerate(annotations)}
    model = make(types)
    # Not validated: pydantic's smart unions and lax conversions would hide values that validators may make.
    build = model.model_construct if hasattr(model, "model_construct") else model
    first, second = (
        build(**{name: data.draw(strategies[annotation]) for name, annotation in types.items()}) for _ in range(2)
    )

    is_same = all(exact(getattr(first, name)) == exact(getattr(second, name)) for name in types)

    assert (key_of(adapter, first) == key_of(adapter, second)) is is_same


SPELLINGS: dict[Any, st.SearchStrategy[str]] = {
    int: st.sampled_from(["1", "2", "-1", "01", "+1", "1.0", " 1", "1_0", "x", ""]),
    str: st.sampled_from(["", "1", "a", "A", "a b", "null"]),
    bool: st.sampled_from(["1", "true", "True", "on", "yes", "0", "false", "off", "x", ""]),
    float: st.sampled_from(["1", "1.0", "1e0", "-0", "0", "nan", "NaN", "inf", "x"]),
    decimal.Decimal: st.sampled_from(["1", "1.0", "1.00", "1e0", "-0", "0", "x"]),
    datetime.date: st.sampled_from(["2024-01-01", "2024-01-02", "x", "1704067200"]),
    datetime.datetime: st.sampled_from(
        ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00", "x"]
    ),
    uuid.UUID: st.sampled_from(["0" * 32, "00000000-0000-0000-0000-000000000000", "1" * 32, "A" * 32, "a" * 32]),
    Color: st.sampled_from(["red", "blue", "RED"]),
    Level: st.sampled_from(["1", "2", "3", "LOW"]),
    Literal[1, 2, "a"]: st.sampled_from(["1", "2", "a", "b"]),
    int | None: st.sampled_from(["1", "", "null", "0"]),
    int | str: st.sampled_from(["1", "a", ""]),
    int | bool: st.sampled_from(["1", "true", "0", "off"]),
}


@pytest.mark.parametrize(
    ("adapter", "make"),
    [
        pytest.param(PYDANTIC, make_pydantic, id="pydantic"),
        pytest.param(PYDANTIC, make_dataclass, id="dataclass-by-pydantic"),
        pytest.param(MSGSPEC, make_struct, id="struct"),
        pytest.param(MSGSPEC, make_dataclass, id="dataclass-by-msgspec"),
    ],
)
@given(data=st.data())
def test_queries_have_one_key_only_if_they_have_one_value(
    adapter: ModelAdapter, make: Any, data: st.DataObject
) -> None:
    annotations = data.draw(st.lists(st.sampled_from(list(SPELLINGS)), min_size=1, max_size=2))
    types: dict[str, Any] = {}
    texts: list[dict[str, Any]] = [{}, {}]
    for number, annotation in enumerate(annotations):
        name, is_list = f"field_{number}", data.draw(st.booleans())
        types[name] = list[annotation] if is_list else annotation  # type: ignore[valid-type]
        strategy = st.lists(SPELLINGS[annotation], max_size=3) if is_list else SPELLINGS[annotation]
        for query in texts:
            query[name] = data.draw(strategy)
    model = make(types)
    read = adapter.from_strings(model)

    values = []
    for query in texts:
        try:
            values.append(read(query))
        except adapter.errors as error:
            assert adapter.faults(model, error, query)
    if len(values) < 2:
        return

    first, second = values
    is_same = all(exact(getattr(first, name)) == exact(getattr(second, name)) for name in types)
    assert (key_of(adapter, first) == key_of(adapter, second)) is is_same


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "owner", "tags", "field_0", "$ref", "[...]", "a.b"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("adapter", [PYDANTIC, MSGSPEC], ids=lambda adapter: adapter.name)
@given(data=st.data(), body=BODIES)
@example(data=None, body={"field_0": {"[...]": 1}})
def test_faults_of_any_body_point_into_it(adapter: ModelAdapter, data: st.DataObject | None, body: Any) -> None:
    annotation: Any = dict[str, int] if data is None else data.draw(st.sampled_from(list(VALUES)))
    make = make_pydantic if adapter is PYDANTIC else make_struct
    model = make({"field_0": annotation, "name": str | None, "owner": dict[str, list[Nested]]})
    try:
        adapter.from_json(model)(json.dumps(body).encode())
    except adapter.errors as error:
        faults = adapter.faults(model, error, body)
    else:
        return

    assert faults
    assert len(set(faults)) == len(faults)
    for fault in faults:
        found = body
        *way, last = fault.path or (None,)
        for part in way:
            found = found[part]
        assert last is None or fault.detail == "Field required." or found[last] is not NotImplemented


@pytest.mark.parametrize("adapter", [PYDANTIC, MSGSPEC], ids=lambda adapter: adapter.name)
@given(
    body=st.binary(max_size=20) | st.text(alphabet='{}[]",:0123456789eE+-.naulINfity\\ud8', max_size=20).map(str.encode)
)
def test_no_bytes_raise_another_error(adapter: ModelAdapter, body: bytes) -> None:
    model: Any = list[Nested] | dict[str, Any] | None
    try:
        adapter.from_json(model)(body)
    except adapter.errors as error:
        assert adapter.faults(model, error, None)
