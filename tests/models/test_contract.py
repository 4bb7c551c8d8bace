"""The contract of adapters, for every way to write a model."""

from __future__ import annotations

import datetime
import decimal
import json
import sqlite3
import uuid
from contextlib import suppress
from types import SimpleNamespace
from typing import Annotated, Any, NewType

import pytest
from models.kinds import Color, Kind, Level, every_kind, every_kind_with_subclasses
from werkzeug.datastructures import ImmutableDict

from routehandlers._cache.key import make_key
from routehandlers._http.values.json import loads
from routehandlers._models.base import Fault

ITEM = {"name": "n", "owner": {"name": "o"}, "tags": ["t"], "price": 2.5, "others": [{"name": "p"}]}
WITH_PASSWORDS = {
    "name": "n",
    "password": "secret",
    "owner": {"name": "o", "password": "secret"},
    "tags": ["t"],
    "price": 2.5,
    "others": [{"name": "p", "password": "secret"}],
}


def as_json(kind: Kind, data: dict[str, Any]) -> bytes:
    """Return an item as its kind writes it."""
    if kind.is_tuple:
        owner, others = [data["owner"]["name"]], [[other["name"]] for other in data["others"]]
        return json.dumps([data["name"], owner, data["tags"], data["price"], others]).encode()
    return json.dumps(data).encode()


def search(kind: Kind, **texts: Any) -> Any:
    return kind.adapter.from_strings(kind.search)(texts)


def field(kind: Kind, name: str, text: Any) -> Any:
    """Return what becomes of the text of one field."""
    return kind.get(search(kind, **{name: text}), name)


def faults_of_json(kind: Kind, model: Any, body: bytes) -> list[Fault]:
    with pytest.raises(kind.adapter.errors) as caught:
        kind.adapter.from_json(model)(body)
    try:
        data = loads(body)
    except ValueError:
        data = None
    return kind.adapter.faults(model, caught.value, data)


def faults_of_strings(kind: Kind, model: Any, texts: dict[str, Any]) -> list[Fault]:
    with pytest.raises(kind.adapter.errors) as caught:
        kind.adapter.from_strings(model)(texts)
    return kind.adapter.faults(model, caught.value, texts)


# JSON ------------------------------------------------------------------------


@every_kind
def test_json_is_read_and_written(kind: Kind) -> None:
    body = as_json(kind, ITEM)

    item = kind.adapter.from_json(kind.item)(body)

    assert kind.get(item, "name") == "n"
    assert kind.get(kind.get(item, "owner"), "name") == "o"
    assert json.loads(kind.adapter.to_json(kind.item)(item)) == json.loads(body)


@every_kind
def test_lists_of_models_and_optional_models_are_models_too(kind: Kind) -> None:
    body = b"[%s]" % as_json(kind, ITEM)

    items = kind.adapter.from_json(list[kind.item])(body)

    assert [kind.get(item, "name") for item in items] == ["n"]
    assert kind.adapter.from_json(kind.item | None)(b"null") is None
    assert kind.adapter.fields(list[kind.item]) is None
    assert kind.adapter.fields(kind.item | None) is None


@every_kind
def test_a_bom_is_ignored(kind: Kind) -> None:
    item = kind.adapter.from_json(kind.item)(b"\xef\xbb\xbf" + as_json(kind, ITEM))

    assert kind.get(item, "name") == "n"


NOT_JSON = [
    b"",
    b"{",
    b"\xff",
    b'{"name": "\xff"}',
    b'{"price": NaN}',
    b'{"name": "n", "owner": {"name": "o"}, "price": NaN}',
    b'["n", ["o"], [], NaN]',
    b'["n", ["o"], [], -Infinity]',
    b'{"name": "n", "owner": {"name": "o"}, "price": Infinity}',
    b'{"name": "n", "owner": {"name": "o"}, "price": -Infinity}',
    b"\xef\xbb\xbf\xef\xbb\xbf{}",
    b"{'name': 1}",
    b"[" * 100_000,
    b'{"name":' * 100_000,
    b'{"price": ' + b"9" * 5_000 + b"}",
    b'{"children":[' * 100_000,
    b"\x00",
    b'{"name": "\\ud800"}',
    b"nul",
    b'{"name": "n",}',
]


@every_kind
def test_what_is_not_json_raises_no_other_error(kind: Kind) -> None:
    for body in NOT_JSON:
        assert faults_of_json(kind, kind.item, body), body[:40]
        assert faults_of_json(kind, list[kind.item], body), body[:40]
        for model in (kind.tree or kind.owner, kind.search, kind.item | None):
            with suppress(*kind.adapter.errors):  # fields that a model lacks are not looked at
                kind.adapter.from_json(model)(body)


@every_kind
def test_words_that_are_no_numbers_are_fine_in_text(kind: Kind) -> None:
    body = as_json(kind, {**ITEM, "name": "NaN Infinity"})

    item = kind.adapter.from_json(kind.item)(body)

    assert kind.get(item, "name") == "NaN Infinity"


@every_kind
def test_nested_data_is_refused_or_can_be_written_again(kind: Kind) -> None:
    if kind.tree is None:
        pytest.skip("the kind has no model that contains itself")
    read, write = kind.adapter.from_json(kind.tree), kind.adapter.to_json(kind.tree)
    is_exact, convert = kind.adapter.is_exact(kind.tree), kind.adapter.from_objects(kind.tree)

    accepted = []
    for levels in (10, 50, 90, 150, 200, 300, 400, 450, 500, 1_000, 5_000, 50_000):
        body = b'{"children":[' * levels + b"]}" * levels
        try:
            tree = read(body)
        except kind.adapter.errors as error:
            assert kind.adapter.faults(kind.tree, error, None)
            continue
        accepted.append(levels)
        assert is_exact(tree) is not kind.is_dict
        assert write(convert(tree)).count(b"children") >= levels

    assert accepted == [10, 50, 90]


@every_kind
def test_defaults_are_written(kind: Kind) -> None:
    if kind.is_dict:
        pytest.skip("a dict has no defaults")
    body = b'["n", ["o"]]' if kind.is_tuple else b'{"name": "n", "owner": {"name": "o"}}'

    for item in (
        kind.adapter.from_json(kind.item)(body),
        kind.adapter.from_objects(kind.item)({"name": "n", "owner": {"name": "o"}}),
    ):
        text = kind.adapter.to_json(kind.item)(item)
        assert json.loads(text) == json.loads(as_json(kind, {**ITEM, "tags": [], "price": 1.5, "others": []}))


@every_kind
def test_values_of_a_wrong_type_are_faults_of_json(kind: Kind) -> None:
    if kind.is_tuple:
        pytest.skip("a tuple has no names in JSON")
    body = b'{"name": 1, "owner": {"name": "o"}, "tags": "t", "price": {}}'

    faults = faults_of_json(kind, kind.item, body)

    assert [fault.path for fault in faults] == [("name",), ("tags",), ("price",)]
    assert all(fault.detail[0].isupper() and fault.detail.endswith(".") for fault in faults)


@every_kind
def test_all_faults_are_listed_with_their_paths(kind: Kind) -> None:
    if kind.is_tuple:
        pytest.skip("a tuple has no names in JSON")
    body = b'{"owner": {"name": []}, "tags": ["a", [], {}], "others": [{"name": "a"}, {}, {"name": {}}]}'

    faults = faults_of_json(kind, kind.item, body)

    assert [fault.path for fault in faults] == [
        ("name",),
        ("owner", "name"),
        ("tags", 1),
        ("tags", 2),
        ("others", 1, "name"),
        ("others", 2, "name"),
    ]
    assert next(fault.detail for fault in faults if fault.path[-1] == "name") == "Field required."


@every_kind
def test_faults_of_lists_have_the_index(kind: Kind) -> None:
    body = b"[%s, 1]" % as_json(kind, ITEM)

    faults = faults_of_json(kind, list[kind.item], body)

    assert {fault.path[:1] for fault in faults} == {(1,)}


@every_kind
def test_the_path_goes_through_keys_of_dicts(kind: Kind) -> None:
    model = dict[str, list[kind.owner]]
    owner = b'["n"]' if kind.is_tuple else b'{"name": "n"}'
    body = b'{"a/b~": [%s, 7], "int": [7]}' % owner

    faults = faults_of_json(kind, model, body)

    assert {fault.path[:2] for fault in faults} == {("a/b~", 1), ("int", 0)}


@every_kind
def test_the_path_of_an_optional_model_has_no_tags(kind: Kind) -> None:
    if kind.is_tuple:
        pytest.skip("a tuple has no names in JSON")

    faults = faults_of_json(kind, dict[str, kind.owner | None], b'{"a": {"name": 1}}')

    assert {fault.path for fault in faults} == {("a", "name")}


@every_kind
def test_faults_do_not_repeat_what_was_sent(kind: Kind) -> None:
    secret = "s3cr3t"
    texts = {
        name: secret for name in ("page", "active", "day", "moment", "color", "level", "amount", "ident", "number")
    }
    texts |= {"word": secret, "ratio": secret, "maybe": secret}

    faults = faults_of_strings(kind, kind.search, texts)

    assert [fault.path for fault in faults] == [(name,) for name in texts]
    assert not [fault for fault in faults if secret in fault.detail or "http" in fault.detail]
    assert max(len(fault.detail) for fault in faults) < 200


@every_kind
def test_a_large_list_of_faults_is_bounded(kind: Kind) -> None:
    faults = faults_of_json(kind, list[kind.item], b"[" + b"1," * 100_000 + b"1]")

    assert 1 <= len(faults) <= 100


# Text ------------------------------------------------------------------------


TEXTS: list[tuple[str, Any, Any]] = [
    ("page", "7", 7),
    ("page", "-7", -7),
    ("active", "true", True),
    ("active", "True", True),
    ("active", "1", True),
    ("active", "on", True),
    ("active", "yes", True),
    ("active", "false", False),
    ("active", "0", False),
    ("active", "off", False),
    ("active", "OFF", False),
    ("day", "2024-02-29", datetime.date(2024, 2, 29)),
    ("day", "", None),
    (
        "moment",
        "2024-02-29T01:02:03+02:00",
        datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    ),
    ("color", "red", Color.RED),
    ("color", "", None),
    ("level", "2", Level.HIGH),
    ("amount", "1.50", decimal.Decimal("1.50")),
    ("ident", "12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
    ("number", "1", 1),
    ("number", "", None),
    ("word", "b", "b"),
    ("ratio", "0.25", 0.25),
    ("maybe", "3", 3),
    ("maybe", "", None),
    ("text", "", ""),
    ("text", "null", "null"),
    ("text", "1", "1"),
    ("tag", ["a", "1"], ["a", "1"]),
    ("tag", [], []),
    ("numbers", ["1", "2"], [1, 2]),
]


@every_kind
def test_text_becomes_a_value(kind: Kind) -> None:
    found = [(name, text, field(kind, name, text)) for name, text, _ in TEXTS]

    assert found == TEXTS
    assert [type(value) for _, _, value in found] == [type(value) for _, _, value in TEXTS]


@every_kind
def test_decimals_keep_their_digits(kind: Kind) -> None:
    assert str(field(kind, "amount", "1.50")) == "1.50"


WRONG_TEXTS: list[tuple[str, Any]] = [
    ("page", ""),
    ("page", "x"),
    ("page", "1.5"),
    ("page", "9" * 5_000),
    ("page", ["1", "2"]),
    ("active", "maybe"),
    ("active", ""),
    ("active", "2"),
    ("day", "2024-02-30"),
    ("moment", "yesterday"),
    ("color", "green"),
    ("color", "RED"),
    ("level", "3"),
    ("amount", "x"),
    ("ident", "1"),
    ("number", "3"),
    ("number", "1.0"),
    ("word", "c"),
    ("ratio", "x"),
    ("maybe", "x"),
    ("numbers", "1"),
    ("numbers", ["1", "x"]),
]


@every_kind
def test_other_text_is_a_fault(kind: Kind) -> None:
    for name, text in WRONG_TEXTS:
        faults = faults_of_strings(kind, kind.search, {name: text})

        assert {fault.path[0] for fault in faults} == {name}


@every_kind
def test_a_fault_in_a_list_of_text_has_the_index(kind: Kind) -> None:
    faults = faults_of_strings(kind, kind.search, {"numbers": ["1", "x", "3", "y"], "page": "2"})

    assert [fault.path for fault in faults] == [("numbers", 1), ("numbers", 3)]


@every_kind
def test_fields_without_text_have_their_defaults(kind: Kind) -> None:
    value = search(kind)

    if kind.is_dict:
        assert value == {}
    else:
        assert (value.page, value.active, value.tag, value.level, value.text) == (1, False, [], Level.LOW, None)


@every_kind
def test_the_data_may_be_any_mapping_and_stays_as_it_is(kind: Kind) -> None:
    texts = ImmutableDict(page="2", active="on")

    value = kind.adapter.from_strings(kind.search)(texts)

    assert (kind.get(value, "page"), kind.get(value, "active")) == (2, True)
    assert texts == {"page": "2", "active": "on"}


@every_kind
def test_unknown_names_are_ignored(kind: Kind) -> None:
    value = search(kind, page="2", utm_source="x")

    assert kind.get(value, "page") == 2


@every_kind
def test_unknown_names_are_faults_where_the_model_forbids_them(kind: Kind) -> None:
    if kind.strict is None:
        pytest.skip("the kind cannot forbid them")

    faults = faults_of_strings(kind, kind.strict, {"page": "x", "utm": "1", "other": "2"})

    assert [fault.path for fault in faults] == [("page",), ("utm",), ("other",)]


@every_kind
def test_fields_say_what_they_take(kind: Kind) -> None:
    fields = kind.adapter.fields(kind.search)
    of_item = kind.adapter.fields(kind.item)

    assert fields is not None
    assert of_item is not None
    assert [one.name for one in of_item] == ["name", "owner", "tags", "price", "others"]
    assert [one.name for one in of_item if one.is_required] == ["name", "owner"]
    assert [one.name for one in fields if one.is_list] == ["tag", "numbers"]
    assert not any(one.has_alias or one.is_file or one.other_names for one in fields)


@every_kind
def test_aliases_of_types_are_the_models(kind: Kind) -> None:
    for model in (Annotated[kind.search, "a note"], NewType("Renamed", kind.search)):
        assert kind.adapter.fields(model) == kind.adapter.fields(kind.search)
        assert kind.get(kind.adapter.from_strings(model)({"page": "2", "color": ""}), "page") == 2
        values = kind.adapter.values(model)
        assert values is not None
        assert values(search(kind, page="2"))[0] == 2


# Objects ----------------------------------------------------------------------


def rows() -> list[Any]:
    """Return objects that hold an item, each with passwords at every level."""
    owner = SimpleNamespace(name="o", password="secret")
    others = [SimpleNamespace(name="p", password="secret")]
    attributes = {"name": "n", "password": "secret", "tags": ["t"], "price": 2.5}
    return [
        WITH_PASSWORDS,
        ImmutableDict(WITH_PASSWORDS),
        SimpleNamespace(**attributes, owner=owner, others=others),
        {**attributes, "owner": owner, "others": tuple(others)},
        SimpleNamespace(**attributes, owner={"name": "o", "password": "secret"}, others=iter(others)),
    ]


@every_kind
def test_objects_are_filtered_at_every_level(kind: Kind) -> None:
    convert, write = kind.adapter.from_objects(kind.item), kind.adapter.to_json(kind.item)

    for row in rows():
        item = convert(row)

        assert json.loads(write(item)) == json.loads(as_json(kind, ITEM))
        assert "secret" not in repr(item)


@every_kind
def test_elements_of_containers_are_filtered(kind: Kind) -> None:
    item = json.loads(as_json(kind, ITEM))

    for model, wrapped, expected in [
        (list[kind.item], rows(), [item] * 5),
        (list[kind.item], tuple(rows()), [item] * 5),
        (list[kind.item], iter(rows()), [item] * 5),
        (dict[str, kind.item], dict(zip("abcde", rows(), strict=True)), dict.fromkeys("abcde", item)),
        (tuple[kind.item, int], (rows()[2], 1), [item, 1]),
        (kind.item | None, rows()[2], item),
        (list[kind.item | None], [*rows(), None], [*[item] * 5, None]),
    ]:
        text = kind.adapter.to_json(model)(kind.adapter.from_objects(model)(wrapped))

        assert json.loads(text) == expected


@every_kind_with_subclasses
def test_instances_of_subclasses_are_filtered_at_every_level(kind: Kind) -> None:
    owner = kind.owner_with_password("o") if kind.name != "pydantic" else kind.owner_with_password(name="o")
    data = {"name": "n", "owner": owner, "others": [owner]}

    for value in (kind.item_with_password(**data), kind.item(**data), data):
        for model, wrapped in ((kind.item, value), (list[kind.item], [value]), (kind.item | None, value)):
            item = kind.adapter.from_objects(model)(wrapped)
            text = kind.adapter.to_json(model)(item)

            assert not kind.adapter.is_exact(model)(wrapped)
            assert kind.adapter.is_exact(model)(item)
            assert b"secret" not in text
            assert text.count(b'{"name":"o"}') == 2


@every_kind
def test_what_was_read_is_exact_and_passes_as_it_is(kind: Kind) -> None:
    for model, body in ((kind.item, as_json(kind, ITEM)), (list[kind.item], b"[%s]" % as_json(kind, ITEM))):
        item = kind.adapter.from_json(model)(body)

        assert kind.adapter.is_exact(model)(item) is not kind.is_dict  # a dict may have other keys
        assert json.loads(kind.adapter.to_json(model)(kind.adapter.from_objects(model)(item))) == json.loads(body)


@every_kind
def test_one_element_that_is_not_exact_shows(kind: Kind) -> None:
    item = kind.adapter.from_json(kind.item)(as_json(kind, ITEM))
    is_exact = kind.adapter.is_exact

    assert not is_exact(list[kind.item])([item, WITH_PASSWORDS])
    assert not is_exact(dict[str, kind.item])({"a": WITH_PASSWORDS})
    assert not is_exact(kind.item | None)(WITH_PASSWORDS)
    assert not is_exact(kind.item)(None)
    assert is_exact(kind.item | None)(None)
    assert is_exact(list[str])(["a"])
    assert not is_exact(list[str])([WITH_PASSWORDS])
    assert not is_exact(list[str] | None)([WITH_PASSWORDS])


@every_kind
def test_rows_of_sqlite_are_objects(kind: Kind) -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    row = connection.execute("SELECT 'o' AS name, 'secret' AS password").fetchone()
    connection.close()

    owner = kind.adapter.from_objects(kind.owner)(row)

    assert kind.get(owner, "name") == "o"
    assert "secret" not in repr(owner)


@every_kind
def test_what_has_not_the_fields_cannot_be_converted(kind: Kind) -> None:
    for value in (None, 1, "n", [], {}, object(), {"name": "n"}, {"name": "n", "owner": 1}, [1]):
        with pytest.raises(kind.adapter.errors) as caught:
            kind.adapter.from_objects(kind.item)(value)

        assert kind.adapter.faults(kind.item, caught.value, value)


# Keys -------------------------------------------------------------------------


@every_kind
def test_values_are_all_fields_in_order(kind: Kind) -> None:
    value = search(kind, page="2", tag=["a"])
    values = kind.adapter.values(kind.search)
    fields = kind.adapter.fields(kind.search)

    assert values is not None
    assert fields is not None
    assert values(value)[0] == 2
    assert values(value)[2] == ["a"]
    assert len(values(value)) == len(fields)
    assert make_key("route", *values(value))


@every_kind
def test_equal_values_have_equal_keys(kind: Kind) -> None:
    values = kind.adapter.values(kind.search)
    spellings = [
        {"page": "2", "active": "on", "amount": "1.0", "moment": "2024-01-01T00:00:00Z", "numbers": ["1"]},
        {"page": "2", "active": "true", "amount": "1.0", "moment": "2024-01-01T00:00:00+00:00", "numbers": ["1"]},
    ]

    assert values is not None
    assert len({make_key("route", *values(search(kind, **texts))) for texts in spellings}) == 1


DIFFERENT_TEXTS: list[tuple[str, list[Any]]] = [
    ("amount", ["1.0", "1.00", "1", "10", ""]),
    ("moment", ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00", ""]),
    ("text", ["", "a", "None", "A"]),
    ("tag", [[], ["a", "b"], ["b", "a"], ["a,b"], ["ab"], [""]]),
    ("color", ["red", "blue", ""]),
    ("ratio", ["0.0", "-0.0", "1", "nan", "inf"]),
    ("maybe", ["0", "1", ""]),
    ("active", ["0", "1"]),
    ("ident", ["0" * 32, "1" * 32, ""]),
]


@every_kind
def test_different_values_have_different_keys(kind: Kind) -> None:
    values = kind.adapter.values(kind.search)

    assert values is not None
    for name, texts in DIFFERENT_TEXTS:
        keys = [make_key("route", *values(search(kind, **{name: text}))) for text in texts]
        assert len(set(keys)) == len(texts), name


@every_kind
def test_nested_models_are_part_of_keys(kind: Kind) -> None:
    values = kind.adapter.values(kind.item)
    read = kind.adapter.from_json(kind.item)
    one = read(as_json(kind, ITEM))
    other = read(as_json(kind, {**ITEM, "owner": {"name": "x"}}))

    assert values is not None
    assert make_key("route", *values(one)) == make_key("route", *values(read(as_json(kind, ITEM))))
    assert make_key("route", *values(one)) != make_key("route", *values(other))


@every_kind
def test_a_value_with_all_set_is_equal(kind: Kind) -> None:
    value = search(kind, page="2")

    assert kind.adapter.with_all_set(kind.search)(value) == value


# Schemas ------------------------------------------------------------------------


@every_kind
def test_each_model_has_one_component(kind: Kind) -> None:
    wanted: list[Any] = [(kind.item, "input"), (kind.item, "output"), (list[kind.item], "output")]

    schemas, components = kind.adapter.schemas(wanted, "#/components/schemas/{name}")

    name = kind.item.__name__
    assert schemas[:2] == [{"$ref": f"#/components/schemas/{name}"}] * 2
    assert schemas[2] == {"type": "array", "items": schemas[0]}
    assert set(components) == {name, kind.owner.__name__}
    assert all(schema["title"] == name for name, schema in components.items() if "title" in schema)


@every_kind
def test_schemas_are_the_same_each_time(kind: Kind) -> None:
    wanted: list[Any] = [(kind.item, "input"), (kind.search, "input"), (kind.item, "output")]

    first, second = (kind.adapter.schemas(wanted, "{name}") for _ in range(2))

    assert json.dumps(first) == json.dumps(second)
    assert list(first.components) == sorted(first.components)
