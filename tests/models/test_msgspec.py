"""What only msgspec has: renamed fields, tags, unset values, arrays, and the classes of attrs."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import attrs
import msgspec
import pytest
from models.kinds import MSGSPEC, StructOwner, StructOwnerWithPassword
from werkzeug.datastructures import FileStorage

from routehandlers._cache.key import make_key
from routehandlers._models.base import Fault

T = TypeVar("T")


def faults(model: Any, body: bytes) -> list[Fault]:
    with pytest.raises(MSGSPEC.errors) as caught:
        MSGSPEC.from_json(model)(body)
    return MSGSPEC.faults(model, caught.value, json.loads(body))


def key_of(model: Any, value: Any) -> str:
    values = MSGSPEC.values(model)
    assert values is not None
    return make_key("route", *values(value))


# Names ----------------------------------------------------------------------------


class Renamed(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    first_name: str
    other: int = msgspec.field(name="Other-Name", default=0)
    many_owners: list[StructOwner] = []


def test_fields_have_their_names_in_json() -> None:
    fields = MSGSPEC.fields(Renamed)

    assert fields is not None
    assert [(one.name, one.alias) for one in fields] == [
        ("first_name", "firstName"),
        ("other", "Other-Name"),
        ("many_owners", "manyOwners"),
    ]


def test_objects_are_found_by_attribute_and_by_name_in_json() -> None:
    class Row:
        first_name = "a"
        other = 1
        password = "secret"
        many_owners = (StructOwnerWithPassword("o"),)

    convert = MSGSPEC.from_objects(Renamed)
    rows: list[Any] = [
        Row(),
        {"first_name": "a", "other": 1, "password": "secret", "many_owners": [{"name": "o", "password": "secret"}]},
        {"firstName": "a", "Other-Name": 1, "password": "secret", "manyOwners": [StructOwnerWithPassword("o")]},
    ]

    for row in rows:
        text = MSGSPEC.to_json(Renamed)(convert(row))
        assert text == b'{"firstName":"a","Other-Name":1,"manyOwners":[{"name":"o"}]}'


def test_all_unknown_names_are_faults() -> None:
    assert faults(Renamed, b'{"firstName": 1, "x": 1, "first_name": "a"}') == [
        Fault("Expected str, got int.", ("firstName",)),
        Fault("Unknown field.", ("x",)),
        Fault("Unknown field.", ("first_name",)),
    ]


# Validation -----------------------------------------------------------------------


class Limited(msgspec.Struct):
    word: Annotated[str, msgspec.Meta(pattern="^a", min_length=2)] = "aa"
    number: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    few: Annotated[list[int], msgspec.Meta(max_length=2)] = []
    color: Literal["red", "blue"] = "red"


def test_limits_are_checked() -> None:
    found = faults(Limited, b'{"word": "b", "number": 9, "few": [1, 2, 3], "color": "s3cr3t"}')

    assert [fault.path for fault in found] == [("word",), ("number",), ("few",), ("color",)]
    assert found[1].detail == "Expected int <= 5."
    assert found[3].detail == "Expected one of 'red', 'blue'."


class Range(msgspec.Struct):
    low: int = 0
    high: int = 10

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above `high` - at `$.x`")


def test_messages_of_the_model_are_passed_on() -> None:
    assert faults(Range, b'{"low": 20}') == [Fault("Low is above `high` - at `$.x`.", ())]
    assert faults(dict[str, list[Range]], b'{"a": [{}, {"low": 20}]}') == [
        Fault("Low is above `high` - at `$.x`.", ("a", 1))
    ]
    with pytest.raises(MSGSPEC.errors) as caught:
        MSGSPEC.from_strings(Range)({"low": "20"})
    assert MSGSPEC.faults(Range, caught.value, {"low": "20"}) == [Fault("Low is above `high` - at `$.x`.", ())]


class Cat(msgspec.Struct, tag="cat", forbid_unknown_fields=True):
    lives: int


class Dog(msgspec.Struct, tag="dog", tag_field="type"):
    name: str


def test_faults_of_tagged_unions_have_their_paths() -> None:
    model = list[Cat | Dog]

    assert faults(model, b'[{"type": "cat", "lives": "x"}, {"type": "dog"}]')[0] == Fault(
        "Expected int, got str.", (0, "lives")
    )
    assert faults(model, b'[{"type": "cat", "lives": 1}, {"type": "dog"}]') == [Fault("Field required.", (1, "name"))]
    assert faults(model, b'[{"type": "s3cr3t"}]') == [Fault("Invalid value.", (0, "type"))]
    assert faults(model, b"[{}]") == [Fault("Field required.", (0, "type"))]
    assert faults(Cat, b'{"type": "cat", "lives": "x", "y": 1}') == [
        Fault("Expected int, got str.", ("lives",)),
        Fault("Unknown field.", ("y",)),
    ]


def test_tagged_unions_are_filtered() -> None:
    class CatWithPassword(Cat, tag="secret-cat"):
        password: str = "secret"

    model = list[Cat | Dog]
    rows = [CatWithPassword(1), {"type": "dog", "name": "a", "password": "secret"}, Cat(2)]

    text = MSGSPEC.to_json(model)(MSGSPEC.from_objects(model)(rows))

    assert json.loads(text) == [
        {"type": "cat", "lives": 1},
        {"type": "dog", "name": "a"},
        {"type": "cat", "lives": 2},
    ]


def test_keys_of_dicts_are_checked() -> None:
    assert faults(dict[int, str], b'{"1": "a", "x": "b", "2": 3}')
    assert MSGSPEC.from_json(dict[int, str])(b'{"1": "a"}') == {1: "a"}


class Unknown:
    pass


class Holder(msgspec.Struct):
    thing: Unknown | None = None


def test_classes_that_msgspec_does_not_know_are_refused_at_start() -> None:
    for model in (Unknown, list[Unknown], dict[str, Unknown] | None, list[Holder], tuple[int, Unknown]):
        with pytest.raises(TypeError, match="does not know the class .*Unknown"):
            MSGSPEC.from_json(model)
        assert not MSGSPEC.can_check(model)


def test_annotations_that_cannot_be_resolved_are_refused_at_start() -> None:
    @dataclasses.dataclass
    class Broken:
        name: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match="Nowhere"):
        MSGSPEC.from_json(Broken)
    fields = MSGSPEC.fields(Broken)
    assert fields is not None
    assert [one.name for one in fields] == ["name"]


def test_deep_data_has_at_least_one_fault() -> None:
    class Tree(msgspec.Struct):
        children: list[Tree] = []
        number: int = 0

    body = b'{"children": [' * 50 + b'{"number": "x"}' + b"]}" * 50

    # The class is local, so its name cannot be found.
    with pytest.raises(TypeError, match="Tree"):
        MSGSPEC.from_json(Tree)
    (fault,) = faults(GlobalTree, body)
    assert fault.path == ("children", 0) * 50 + ("number",)


class GlobalTree(msgspec.Struct):
    children: list[GlobalTree] = []
    number: int = 0


# Kinds of structs -----------------------------------------------------------------


class Point(msgspec.Struct, array_like=True):
    x: int
    y: int = 0
    owner: StructOwner | None = None


def test_structs_that_are_arrays() -> None:
    assert MSGSPEC.from_strings(Point)({"x": "1"}) == Point(1)
    assert MSGSPEC.from_strings(Point)({"x": "1", "y": "2", "z": "3"}) == Point(1, 2)
    assert MSGSPEC.from_json(Point)(b"[1, 2]") == Point(1, 2)
    for row in ({"x": 1, "owner": {"name": "o", "password": "secret"}}, Point(1, 0, StructOwnerWithPassword("o"))):
        assert MSGSPEC.to_json(Point)(MSGSPEC.from_objects(Point)(row)) == b'[1,0,{"name":"o"}]'
    assert [fault.path for fault in faults(Point, b'["x"]')] == [(0,)]


class Patch(msgspec.Struct, omit_defaults=True):
    name: str | msgspec.UnsetType = msgspec.UNSET
    number: int | msgspec.UnsetType | None = msgspec.UNSET


def test_unset_values_have_their_own_keys() -> None:
    read = MSGSPEC.from_json(Patch)
    values = [read(b"{}"), read(b'{"number": null}'), read(b'{"number": 0}'), read(b'{"name": ""}')]

    assert len({key_of(Patch, value) for value in values}) == 4


class WithDict(msgspec.Struct, dict=True):
    name: str = ""


class HoldsDict(msgspec.Struct):
    inner: list[WithDict] = []


@pytest.mark.parametrize("model", [WithDict, HoldsDict])
def test_structs_with_other_attributes_have_no_values(model: Any) -> None:
    assert MSGSPEC.values(model) is None


class Page(msgspec.Struct, Generic[T]):
    items: list[T]
    next: int | None = None


def test_generic_structs_have_their_arguments() -> None:
    model = Page[StructOwner]
    rows = {"items": [StructOwnerWithPassword("o"), {"name": "p", "password": "secret"}]}

    assert (
        MSGSPEC.to_json(model)(MSGSPEC.from_objects(model)(rows))
        == b'{"items":[{"name":"o"},{"name":"p"}],"next":null}'
    )
    assert not MSGSPEC.is_exact(model)(Page([StructOwnerWithPassword("o")]))
    assert MSGSPEC.is_exact(model)(Page([StructOwner("o")]))
    assert [fault.path for fault in faults(model, b'{"items": [{"name": "a"}, {"name": 1}], "next": "x"}')] == [
        ("items", 1, "name"),
        ("next",),
    ]
    assert set(MSGSPEC.schemas([(model, "output")], "{name}").components) == {"Page_StructOwner", "StructOwner"}


Names = NewType("Names", list[StructOwner])


def test_containers_of_every_kind_are_filtered() -> None:
    secret = StructOwnerWithPassword("o")
    for model, value in [
        (Names, [secret]),
        (Sequence[StructOwner], [secret]),
        (Mapping[str, StructOwner], {"a": secret}),
        (tuple[StructOwner, ...], (secret,)),
        (tuple[StructOwner, int], (secret, 1)),
        (Annotated[list[StructOwner], msgspec.Meta(max_length=3)], [secret]),
        (dict[str, list[StructOwner] | None], {"a": [secret], "b": None}),
        (list[list[StructOwner]], [[secret]]),
        (StructOwner | list[StructOwner], [secret]),
        (StructOwner | None, secret),
    ]:
        assert not MSGSPEC.is_exact(model)(value), model
        text = MSGSPEC.to_json(model)(MSGSPEC.from_objects(model)(value))
        assert b'{"name":"o"}' in text
        assert b"secret" not in text


# attrs ----------------------------------------------------------------------------


@attrs.define(slots=False)
class Open:
    name: str
    number: int = attrs.field(default=0, eq=False)


def test_attributes_beside_the_fields_are_not_written() -> None:
    value = Open("a")
    value.password = "secret"  # type: ignore[attr-defined]

    assert not MSGSPEC.is_exact(Open)(value)
    assert MSGSPEC.is_exact(Open)(Open("a"))
    assert MSGSPEC.to_json(Open)(MSGSPEC.from_objects(Open)(value)) == b'{"name":"a","number":0}'
    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        key_of(Open, value)


def test_fields_that_are_not_compared_are_in_the_key() -> None:
    assert Open("a", 1) == Open("a", 2)
    assert key_of(Open, Open("a", 1)) != key_of(Open, Open("a", 2))


# Keys -----------------------------------------------------------------------------


class Free(msgspec.Struct):
    value: Any = None


@dataclasses.dataclass
class Data:
    a: Any = None
    b: Any = dataclasses.field(default=None, compare=False)


def test_values_that_look_alike_have_different_keys() -> None:
    zone = datetime.timezone
    values: list[Any] = [
        *(True, 1, 1.0, "1", b"1", [1], (1,), {1}, frozenset({1}), deque([1]), {1: 1}, {"1": 1}, None, [], (), {}),
        *(datetime.timedelta(1), datetime.timedelta(seconds=1), datetime.date(2024, 1, 1), "2024-01-01"),
        *(datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 1, fold=1), datetime.time(0)),
        datetime.datetime(2024, 1, 1, tzinfo=zone.utc),
        datetime.datetime(2024, 1, 1, 1, tzinfo=zone(datetime.timedelta(hours=1))),
        *(Data(), Data(1), Data(None, 1), StructOwner("a"), StructOwnerWithPassword("a"), Free(1), Free("1")),
        *(["a", "b"], ["a,b"], [["a"], "b"], [["a", "b"]], ("a", "b")),
    ]

    assert len({key_of(Free, Free(value)) for value in values}) == len(values)


def test_files_are_fields() -> None:
    @dataclasses.dataclass
    class Upload:
        file: FileStorage
        note: str = ""

    Upload.__annotations__ = {"file": FileStorage, "note": str}
    fields = MSGSPEC.fields(Upload)
    file = FileStorage(filename="a")

    assert fields is not None
    assert [one.is_file for one in fields] == [True, False]
    assert MSGSPEC.from_strings(Upload)({"file": file, "note": "a"}).file is file
    schema = MSGSPEC.schemas([(Upload, "input")], "{name}").components["Upload"]
    assert schema["properties"]["file"] == {"type": "string", "contentMediaType": "application/octet-stream"}
