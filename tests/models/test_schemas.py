"""Names and content of the JSON schemas of models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import msgspec
import pytest
from models.kinds import MSGSPEC, PYDANTIC, Kind, every_kind
from pydantic import BaseModel, Field, computed_field

REFERENCE = "#/components/schemas/{name}"


def pydantic_class(name: str, module: str, **fields: Any) -> Any:
    return type(name, (BaseModel,), {"__module__": module, "__qualname__": name, "__annotations__": fields})


def struct(name: str, module: str, **fields: Any) -> Any:
    return msgspec.defstruct(name, list(fields.items()), module=module)


CLASSES = [pytest.param(PYDANTIC, pydantic_class, id="pydantic"), pytest.param(MSGSPEC, struct, id="msgspec")]


@pytest.mark.parametrize(("adapter", "make"), CLASSES)
def test_classes_with_one_name_have_the_names_of_their_modules(adapter: Any, make: Any) -> None:
    first = make("Item", "routehandlers_app_7.users.[slug]._models", a=int)
    second = make("Item", "routehandlers_app_7.shop._models", b=int)
    wanted = [(first, "input"), (second, "input"), (list[first], "output")]

    schemas, components = adapter.schemas(wanted, REFERENCE)

    assert list(components) == ["shop.models.Item", "users.slug.models.Item"]
    assert [schema["title"] for schema in components.values()] == list(components)
    assert components["shop.models.Item"]["properties"].keys() == {"b"}
    assert schemas[0] == {"$ref": "#/components/schemas/users.slug.models.Item"}
    # In another order they have the same names.
    assert adapter.schemas(wanted[::-1], REFERENCE).components == components


@pytest.mark.parametrize(("adapter", "make"), CLASSES)
def test_classes_with_one_name_in_one_module_have_numbers(adapter: Any, make: Any) -> None:
    if adapter is MSGSPEC and version("msgspec") < "0.23":
        pytest.skip("before 0.23, msgspec gives both the name of the first")
    classes = [make("Item", "shop", a=int), make("Item", "shop", b=int)]

    schemas, components = adapter.schemas([(cls, "input") for cls in classes], "{name}")

    assert list(components) == ["shop.Item", "shop.Item_2"]
    assert [schema["$ref"] for schema in schemas] == ["shop.Item", "shop.Item_2"]


class Leaf(BaseModel):
    side: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.side**2


class Branch(BaseModel):
    leaves: list[Leaf]
    above: Branch | None = None


class Plain(BaseModel):
    name: str


class LeafInput(BaseModel):
    other: int


def test_input_and_output_that_differ_are_two_components() -> None:
    wanted: Any = [(Branch, "input"), (Branch, "output"), (Plain, "input"), (Plain, "output")]

    schemas, components = PYDANTIC.schemas(wanted, "{name}")

    assert [schema["$ref"] for schema in schemas] == ["BranchInput", "Branch", "Plain", "Plain"]
    assert list(components) == ["Branch", "BranchInput", "Leaf", "LeafInput", "Plain"]
    assert components["BranchInput"]["properties"]["leaves"]["items"] == {"$ref": "LeafInput"}
    assert components["BranchInput"]["properties"]["above"]["anyOf"][0] == {"$ref": "BranchInput"}
    assert components["Branch"]["properties"]["above"]["anyOf"][0] == {"$ref": "Branch"}


def test_one_use_alone_has_the_plain_name() -> None:
    assert list(PYDANTIC.schemas([(Leaf, "input")], "{name}").components) == ["Leaf"]


def test_a_class_keeps_its_name_before_the_input_of_another() -> None:
    wanted: Any = [(Leaf, "input"), (Leaf, "output"), (LeafInput, "input")]

    schemas, components = PYDANTIC.schemas(wanted, "{name}")

    assert [schema["$ref"] for schema in schemas] == ["LeafInput_2", "Leaf", "LeafInput"]
    assert components["LeafInput"]["properties"].keys() == {"other"}


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Tricky(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    data: dict[str, Any] = {"$ref": "#/$defs/Cat"}
    properties: Plain
    mapping: Plain | None = None
    title: str = Field("x", title="A title", examples=[{"$ref": "#/$defs/Cat"}])


def test_references_have_the_names_and_data_stays() -> None:
    schema = PYDANTIC.schemas([(Tricky, "input")], REFERENCE).components["Tricky"]["properties"]

    assert schema["pet"]["discriminator"]["mapping"] == {
        "cat": "#/components/schemas/Cat",
        "dog": "#/components/schemas/Dog",
    }
    assert schema["properties"] == {"$ref": "#/components/schemas/Plain"}
    assert schema["mapping"]["anyOf"][0] == {"$ref": "#/components/schemas/Plain"}
    assert schema["data"]["default"] == {"$ref": "#/$defs/Cat"}
    assert schema["title"]["title"] == "A title"
    assert schema["title"]["examples"] == [{"$ref": "#/$defs/Cat"}]


class StructCat(msgspec.Struct, tag="cat"):
    lives: int


class StructDog(msgspec.Struct, tag="dog"):
    name: str


def test_tags_of_structs_refer_to_components() -> None:
    schemas, components = MSGSPEC.schemas([(StructCat | StructDog, "input")], REFERENCE)

    assert set(components) == {"StructCat", "StructDog"}
    assert schemas[0]["discriminator"]["mapping"]["cat"] == "#/components/schemas/StructCat"


@every_kind
def test_schemas_are_valid_and_describe_what_is_read(kind: Kind) -> None:
    if kind.is_tuple:
        pytest.skip("in JSON a tuple has no names")
    schemas, components = kind.adapter.schemas([(list[kind.item], "input")], "#/$defs/{name}")
    document = {**schemas[0], "$defs": components}
    validator = jsonschema.Draft202012Validator(document)

    validator.check_schema(document)
    for body in (
        b"[]",
        b'[{"name": "a", "owner": {"name": "o"}}]',
        b'[{"name": "a"}]',
        b'[{"name": 1, "owner": {}}]',
        b"{}",
    ):
        try:
            kind.adapter.from_json(list[kind.item])(body)
            is_read = True
        except kind.adapter.errors:
            is_read = False
        assert validator.is_valid(json.loads(body)) is is_read


def test_schemas_are_the_same_in_every_process() -> None:
    program = """
from models.kinds import KINDS
for kind in KINDS:
    print(kind.adapter.schemas([(kind.item, "output"), (kind.search, "input"), (kind.item, "input")], "{name}"))
"""
    tests = str(Path(__file__).parents[1])

    results = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": tests},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(results) == 1
    assert "PydanticItem" in results.pop()
