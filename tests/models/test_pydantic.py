"""What only pydantic has: aliases, validators, secrets, private attributes, generic models."""

from __future__ import annotations

import functools
import json
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic
import pytest
from models.kinds import PYDANTIC, PydanticOwner
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    Json,
    PrivateAttr,
    RootModel,
    SecretStr,
    SerializeAsAny,
    StrictInt,
    computed_field,
    field_validator,
    model_validator,
)
from werkzeug.datastructures import FileStorage

from routehandlers._cache.key import make_key
from routehandlers._models.base import Fault

T = TypeVar("T")


def names_of(model: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    fields = PYDANTIC.fields(model)
    assert fields is not None
    return [(one.name, one.alias, one.other_names) for one in fields]


def faults(model: Any, body: bytes) -> list[Fault]:
    with pytest.raises(PYDANTIC.errors) as caught:
        PYDANTIC.from_json(model)(body)
    return PYDANTIC.faults(model, caught.value, json.loads(body))


def key_of(model: Any, value: Any) -> str:
    values = PYDANTIC.values(model)
    assert values is not None
    return make_key("route", *values(value))


# Aliases --------------------------------------------------------------------------


class Aliased(BaseModel):
    plain: int = 0
    one: int = Field(0, alias="One")
    two: int = Field(0, validation_alias="Two", serialization_alias="zwei")
    three: int = Field(0, validation_alias=AliasChoices("Three", "drei", AliasPath("numbers", 2)))
    four: int = Field(0, validation_alias=AliasPath("numbers", 3))


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True, alias_generator=str.upper)
    first: int
    second: list[int] = []


class ByNameOnly(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    first: int = Field(alias="eins")


def test_all_names_of_a_field_are_known() -> None:
    assert names_of(Aliased) == [
        ("plain", "plain", ()),
        ("one", "One", ()),
        ("two", "Two", ()),
        ("three", "Three", ("drei", "numbers")),
        ("four", "numbers", ()),
    ]
    assert names_of(ByName) == [("first", "FIRST", ("first",)), ("second", "SECOND", ("second",))]
    assert names_of(ByNameOnly) == [("first", "first", ())]


def test_text_is_found_by_every_name() -> None:
    read, read_by_name = PYDANTIC.from_strings(Aliased), PYDANTIC.from_strings(ByName)

    assert read({"One": "1", "Two": "2", "drei": "3", "numbers": ["0", "0", "0", "4"]}).model_dump() == {
        "plain": 0,
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
    }
    assert read({"one": "1"}).one == 0
    assert read_by_name({"FIRST": "1", "second": ["2"]}) == read_by_name({"first": "1", "SECOND": ["2"]})
    assert PYDANTIC.from_strings(ByNameOnly)({"first": "1"}).first == 1


def test_objects_are_found_by_attribute_and_by_alias() -> None:
    class Row:
        plain = 1
        One = 2
        two = 3

    for row in (Row(), {"plain": 1, "One": 2, "two": 3}):
        assert PYDANTIC.from_objects(Aliased)(row).model_dump(include={"plain", "one", "two"}) == {
            "plain": 1,
            "one": 2,
            "two": 3,
        }


def test_json_is_written_with_aliases() -> None:
    assert json.loads(PYDANTIC.to_json(Aliased)(Aliased(One=1, Two=2))) == {
        "plain": 0,
        "One": 1,
        "zwei": 2,
        "three": 0,
        "four": 0,
    }


def test_the_path_of_a_fault_has_the_alias() -> None:
    assert [fault.path for fault in faults(ByName, b'{"FIRST": "x", "SECOND": [1, "y"]}')] == [
        ("FIRST",),
        ("SECOND", 1),
    ]
    assert faults(ByName, b"{}") == [Fault("Field required.", ("FIRST",))]


# Validation -----------------------------------------------------------------------


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    number: int = 0
    exact: StrictInt = 0
    numbers: list[int] = []
    flag: bool = False


def test_strict_models_read_text_and_refuse_it_in_json() -> None:
    value = PYDANTIC.from_strings(Strict)({"number": "1", "exact": "2", "numbers": ["3"], "flag": "on"})

    assert value == Strict(number=1, exact=2, numbers=[3], flag=True)
    assert [fault.path for fault in faults(Strict, b'{"number": "1"}')] == [("number",)]


class Range(BaseModel):
    low: int = 0
    high: int = 10

    @field_validator("low")
    @classmethod
    def is_even(cls, low: int) -> int:
        if low % 2:
            raise ValueError("low must be even")
        return low

    @model_validator(mode="after")
    def is_ordered(self) -> Range:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


def test_messages_of_validators_are_passed_on() -> None:
    assert faults(Range, b'{"low": 1}') == [Fault("Low must be even.", ("low",))]
    assert faults(Range, b'{"low": 20}') == [Fault("Low is above high.", ())]
    assert faults(list[Range], b'[{}, {"low": 20}]') == [Fault("Low is above high.", (1,))]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Zoo(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    other: Cat | Dog | None = None
    either: int | list[int] = 0


def test_paths_of_unions_have_only_what_was_sent() -> None:
    body = b'{"pet": {"kind": "cat", "lives": "x"}, "other": {"kind": "dog", "int": 1}, "either": ["y"]}'

    found = faults(Zoo, body)

    assert [fault.path for fault in found] == [
        ("pet", "lives"),
        ("other", "kind"),
        ("other", "lives"),
        ("other", "name"),
        ("either",),
        ("either", 0),
    ]


def test_unknown_tags_are_not_repeated() -> None:
    (fault,) = faults(Zoo, b'{"pet": {"kind": "s3cr3t"}}')

    assert fault.path == ("pet",)
    assert "s3cr3t" not in fault.detail
    assert "'cat', 'dog'" in fault.detail


class Contact(BaseModel):
    site: HttpUrl
    data: Json[list[int]] = []


def test_types_of_pydantic_do_not_repeat_values() -> None:
    found = faults(Contact, b'{"site": "s3cr3t", "data": "s3cr3t"}')

    assert [fault.path for fault in found] == [("site",), ("data",)]
    assert not [fault for fault in found if "s3cr3t" in fault.detail]


def test_json_inside_of_text_is_one_text() -> None:
    fields = PYDANTIC.fields(Contact)

    assert fields is not None
    assert [one.is_list for one in fields] == [False, False]
    assert PYDANTIC.from_strings(Contact)({"site": "https://a.example", "data": "[1, 2]"}).data == [1, 2]


def test_errors_of_the_user_pass() -> None:
    class Broken(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def fails(cls, name: str) -> str:
            raise LookupError(name)

    with pytest.raises(LookupError):
        PYDANTIC.from_json(Broken)(b'{"name": "a"}')


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_constants_that_json_lacks_are_faults(number: str) -> None:
    class Free(BaseModel):
        ratio: float = 0
        anything: Any = None

    for name in ("ratio", "anything", "unknown"):
        with pytest.raises(PYDANTIC.errors):
            PYDANTIC.from_json(Free)(b'{"%s": [%s]}' % (name.encode(), number.encode()))
    assert PYDANTIC.from_json(Free)(b'{"anything": "%s"}' % number.encode()).anything == number


def test_classes_that_pydantic_does_not_know_are_refused_at_start() -> None:
    class Unknown:
        pass

    for model in (Unknown, list[Unknown], dict[str, Unknown] | None):
        with pytest.raises(TypeError, match="pydantic cannot check it"):
            PYDANTIC.from_json(model)


def test_a_model_may_name_classes_below_it() -> None:
    fields = PYDANTIC.fields(Early)

    assert fields is not None
    assert fields[0].annotation == list[Late]
    assert PYDANTIC.from_json(Early)(b'{"late": [{"name": "a"}]}').late[0].name == "a"


class Early(BaseModel):
    late: list[Late] = []


class Late(BaseModel):
    name: str


# Objects --------------------------------------------------------------------------


class OwnerWithPassword(PydanticOwner):
    password: str = "secret"


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


@pytest.mark.parametrize("model", [Loose, Closed])
def test_objects_are_filtered_whatever_the_model_says_of_extras(model: Any) -> None:
    item = PYDANTIC.from_objects(model)({"name": "a", "password": "secret"})

    assert PYDANTIC.to_json(model)(item) == b'{"name":"a"}'


def test_a_validator_sees_the_whole_row() -> None:
    class FullName(BaseModel):
        name: str

        @model_validator(mode="before")
        @classmethod
        def join(cls, data: Any) -> Any:
            if isinstance(data, dict):
                return {"name": f"{data['first']} {data['last']}"}
            return {"name": f"{data.first} {data.last}"}

    class Row:
        first, last = "A", "B"

    assert PYDANTIC.from_objects(FullName)({"first": "A", "last": "B"}).name == "A B"
    assert PYDANTIC.from_objects(list[FullName])([Row()])[0].name == "A B"


def test_assigned_objects_are_filtered_too() -> None:
    class Thing(BaseModel):
        owner: PydanticOwner | None = None
        owners: dict[str, list[PydanticOwner]] = {}

    thing = Thing()
    thing.owner = {"name": "o", "password": "secret"}  # type: ignore[assignment]
    thing.owners = {"a": [OwnerWithPassword(name="p")]}

    assert not PYDANTIC.is_exact(Thing)(thing)
    assert PYDANTIC.to_json(Thing)(PYDANTIC.from_objects(Thing)(thing)) == (
        b'{"owner":{"name":"o"},"owners":{"a":[{"name":"p"}]}}'
    )


def test_a_union_of_models_is_filtered() -> None:
    model = list[Cat | OwnerWithPassword | PydanticOwner]
    rows = [{"kind": "cat", "lives": 9, "password": "secret"}, Cat(kind="cat", lives=1)]

    items = PYDANTIC.from_objects(model)(rows)

    assert PYDANTIC.to_json(model)(items) == b'[{"kind":"cat","lives":9},{"kind":"cat","lives":1}]'


def test_annotations_without_a_hash_are_filtered() -> None:
    note: Any = Field(json_schema_extra={"a": []}, discriminator=None)
    for model in (list[Annotated[PydanticOwner, note, [1]]], dict[str, Annotated[PydanticOwner | None, [2]]]):  # type: ignore[valid-type]
        value: Any = [OwnerWithPassword(name="a")] if "list" in str(model) else {"x": OwnerWithPassword(name="a")}

        assert not PYDANTIC.is_exact(model)(value)
        assert "secret" not in repr(PYDANTIC.from_objects(model)(value))


def test_unions_in_another_order_are_other_models() -> None:
    first, second = (PYDANTIC.from_json(model)(b'["1"]') for model in (list[int | float], list[float | int]))

    assert repr(first) == "[1]"
    assert repr(second) == "[1.0]"


def test_a_subclass_in_a_union_is_filtered() -> None:
    class CatWithPassword(Cat):
        password: str = "secret"

    model = list[Cat | Dog]

    items = PYDANTIC.from_objects(model)([CatWithPassword(kind="cat", lives=1)])

    assert type(items[0]) is Cat


def test_the_model_may_ask_for_more_than_itself() -> None:
    class Thing(BaseModel):
        owner: SerializeAsAny[PydanticOwner]

    thing = PYDANTIC.from_objects(Thing)({"owner": OwnerWithPassword(name="o")})

    assert PYDANTIC.to_json(Thing)(thing) == b'{"owner":{"name":"o"}}'


def test_root_models_are_models() -> None:
    class Names(RootModel[list[str]]):
        pass

    value = PYDANTIC.from_json(Names)(b'["a"]')

    assert PYDANTIC.fields(Names) is None
    assert PYDANTIC.is_exact(Names)(value)
    assert not PYDANTIC.is_exact(Names)(["a"])
    assert PYDANTIC.to_json(Names)(PYDANTIC.from_objects(Names)(["a"])) == b'["a"]'


# Keys -----------------------------------------------------------------------------


class Hidden(BaseModel):
    token: SecretStr = SecretStr("")
    trace: str = Field("", exclude=True)
    shown: str = Field("", repr=False)


def test_secrets_and_excluded_fields_are_in_the_key() -> None:
    values = [Hidden(), Hidden(token="a"), Hidden(token="b"), Hidden(trace="a"), Hidden(shown="a")]  # type: ignore[arg-type]

    assert len({key_of(Hidden, value) for value in values}) == len(values)
    assert key_of(Hidden, Hidden(token="a")) == key_of(Hidden, Hidden(token="a"))  # type: ignore[arg-type]


class Private(BaseModel):
    name: str = ""
    _seen: str = PrivateAttr("")

    @model_validator(mode="before")
    @classmethod
    def keep(cls, data: Any) -> Any:
        return data


class HoldsPrivate(BaseModel):
    inner: list[Private] = []


@pytest.mark.parametrize("model", [Private, HoldsPrivate, Loose])
def test_models_that_hold_more_than_their_fields_have_no_values(model: Any) -> None:
    assert PYDANTIC.values(model) is None


def test_attributes_that_validators_add_are_not_hidden_from_the_key() -> None:
    class Sly(BaseModel):
        name: str = ""

        @functools.cached_property
        def length(self) -> int:
            return len(self.name)

        @model_validator(mode="after")
        def look(self) -> Sly:
            assert self.length >= 0
            return self

    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        key_of(Sly, PYDANTIC.from_strings(Sly)({"name": "a"}))


def test_values_of_own_classes_are_not_part_of_a_key() -> None:
    class Text(str):
        pass

    class Own(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        name: Any = None

    for name in (object(), Text("a"), [Text("a")], {"a": Text("a")}, lambda: 1):
        with pytest.raises(TypeError, match="cannot be part of a cache key"):
            key_of(Own, Own(name=name))


def test_numbers_that_are_equal_have_different_keys() -> None:
    class Free(BaseModel):
        value: Any = None

    values = [
        True,
        1,
        1.0,
        "1",
        b"1",
        bytearray(b"1"),
        [1],
        (1,),
        {1},
        frozenset({1}),
        {1: 1},
        {"1": 1},
        None,
        [],
        (),
        {},
    ]

    assert len({key_of(Free, Free(value=value)) for value in values}) == len(values)


def test_urls_are_part_of_the_key() -> None:
    class Linked(BaseModel):
        url: HttpUrl

    read = PYDANTIC.from_strings(Linked)

    assert key_of(Linked, read({"url": "https://a.example/x"})) == key_of(Linked, read({"url": "https://A.example/x"}))
    assert key_of(Linked, read({"url": "https://a.example/x"})) != key_of(Linked, read({"url": "https://a.example/y"}))


def test_all_fields_count_as_set_at_every_level() -> None:
    class Inner(BaseModel):
        a: int = 1
        b: int = 2

    class Outer(BaseModel):
        model_config = ConfigDict(frozen=True)
        inner: Inner = Inner()
        inners: list[Inner] = []
        by_name: dict[str, Inner] = {}
        page: int = 1

    one = Outer.model_validate({"inners": [{}], "by_name": {"x": {"a": 1}}})
    other = Outer.model_validate({"inner": {"a": 1}, "inners": [{"b": 2}], "by_name": {"x": {}}, "page": 1})
    count = PYDANTIC.with_all_set(Outer)

    assert one.model_dump(exclude_unset=True) != other.model_dump(exclude_unset=True)
    assert count(one).model_dump(exclude_unset=True) == count(other).model_dump(exclude_unset=True)
    assert count(one).model_fields_set == {"inner", "inners", "by_name", "page"}
    assert one.model_fields_set == {"inners", "by_name"}


def test_models_inside_of_dataclasses_count_their_fields_too() -> None:
    @pydantic.dataclasses.dataclass
    class Outer:
        inner: Range
        others: list[Range]

    outer = Outer(Range(), [Range(low=2)])

    copied = PYDANTIC.with_all_set(Outer)(outer)

    assert copied == outer
    assert copied.inner.model_fields_set == copied.others[0].model_fields_set == {"low", "high"}
    assert outer.inner.model_fields_set == set()


def test_values_in_slots_are_not_hidden_from_the_key() -> None:
    class Slotted(BaseModel):
        __slots__ = ("seen",)
        name: str = ""

        @model_validator(mode="after")
        def look(self) -> Slotted:
            object.__setattr__(self, "seen", "x")
            return self

    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        key_of(Slotted, Slotted(name="a"))


# Fields ---------------------------------------------------------------------------


def test_files_are_fields() -> None:
    class Upload(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        file: FileStorage
        more: list[FileStorage] = []
        note: str = ""

    fields = PYDANTIC.fields(Upload)
    file = FileStorage(filename="a")

    assert fields is not None
    assert [(one.is_file, one.is_list) for one in fields] == [(True, False), (True, True), (False, False)]
    assert PYDANTIC.from_strings(Upload)({"file": file, "more": [file], "note": "a"}).file is file
    schema = PYDANTIC.schemas([(Upload, "input")], "{name}").components["Upload"]
    assert schema["properties"]["file"] == {"type": "string", "contentMediaType": "application/octet-stream"}


def test_generic_models_have_their_arguments() -> None:
    class Page(BaseModel, Generic[T]):
        items: list[T]

    model = Page[PydanticOwner]

    page = PYDANTIC.from_objects(model)({"items": [OwnerWithPassword(name="a")]})

    assert PYDANTIC.to_json(model)(page) == b'{"items":[{"name":"a"}]}'
    assert set(PYDANTIC.schemas([(model, "output")], "{name}").components) == {"Page_PydanticOwner", "PydanticOwner"}


def test_a_computed_field_is_in_the_output_only() -> None:
    class Box(BaseModel):
        side: int

        @computed_field  # type: ignore[prop-decorator]
        @property
        def area(self) -> int:
            return self.side**2

    fields = PYDANTIC.fields(Box)
    schemas, components = PYDANTIC.schemas([(Box, "input"), (Box, "output")], "#/{name}")

    assert fields is not None
    assert [one.name for one in fields] == ["side"]
    assert PYDANTIC.to_json(Box)(PYDANTIC.from_objects(Box)({"side": 2, "area": 9})) == b'{"side":2,"area":4}'
    assert schemas == [{"$ref": "#/BoxInput"}, {"$ref": "#/Box"}]
    assert components["BoxInput"]["title"] == "BoxInput"


def test_a_dataclass_with_aliases_of_pydantic() -> None:
    @pydantic.dataclasses.dataclass
    class Data:
        first: Annotated[int, Field(alias="First")]
        fixed: int = pydantic.dataclasses.Field(default=1, init=False)

    assert names_of(Data) == [("first", "First", ())]
    assert PYDANTIC.from_strings(Data)({"First": "2"}).first == 2
    assert PYDANTIC.from_objects(Data)({"first": 2}).first == 2
    assert key_of(Data, PYDANTIC.from_strings(Data)({"First": "2"}))


def test_an_address_is_not_repeated() -> None:
    pytest.importorskip("email_validator")

    class Mail(BaseModel):
        to: EmailStr

    assert faults(Mail, b'{"to": "s3cr3t@@x"}') == [Fault("Value is not a valid email address.", ("to",))]
