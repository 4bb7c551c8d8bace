"""Inputs and responses in the document: models of all libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from routehandlers import RouteHandlers
from routehandlers.openapi import document

MakeApp = Callable[..., RouteHandlers]

# The same models, as each library writes them.
PYDANTIC = """
from pydantic import BaseModel, Field

class Item(BaseModel):
    "What the shop sells."
    id: int
    name: str

class NewItem(BaseModel):
    name: str

class Search(BaseModel):
    page: int = Field(1, ge=1, description="Which page.")
    tag: list[str] = []
    after: int | None = None
"""
MSGSPEC = """
from typing import Annotated
from msgspec import Meta, Struct, field

class Item(Struct):
    "What the shop sells."
    id: int
    name: str

class NewItem(Struct):
    name: str

class Search(Struct):
    page: Annotated[int, Meta(ge=1, description="Which page.")] = 1
    tag: list[str] = field(default_factory=list)
    after: int | None = None
"""
DATACLASSES = """
from dataclasses import dataclass, field

@dataclass
class Item:
    "What the shop sells."
    id: int
    name: str

@dataclass
class NewItem:
    name: str

@dataclass
class Search:
    page: int = 1
    tag: list[str] = field(default_factory=list)
    after: int | None = None
"""

ROUTE = """
from typing import Literal
from .._models import Item, NewItem, Search

def GET(query: Search) -> list[Item]: ...

def POST(body: NewItem) -> tuple[Item, Literal[201]]: ...
"""

PROBLEM = {"$ref": "#/components/schemas/Problem"}
VALIDATION_PROBLEM = {"$ref": "#/components/schemas/ValidationProblem"}
ITEM = {"$ref": "#/components/schemas/Item"}


@pytest.fixture(params=[PYDANTIC, MSGSPEC, DATACLASSES], ids=["pydantic", "msgspec", "dataclasses"])
def models(request: pytest.FixtureRequest) -> str:
    source: str = request.param
    return source


def made(make_app: MakeApp, source: str, models: str = PYDANTIC, **options: Any) -> dict[str, Any]:
    return document(make_app({"_models.py": models, "items/route.py": source}), **options)


def schemas_of(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the one schema of each response."""
    return {
        status: next(iter(content.values()))["schema"] if (content := response.get("content")) else None
        for status, response in responses.items()
    }


def test_a_query_model_is_parameters(make_app: MakeApp, models: str) -> None:
    operation = made(make_app, ROUTE, models)["paths"]["/items"]["get"]

    parameters = {one["name"]: one for one in operation["parameters"]}
    assert list(parameters) == ["page", "tag", "after"]
    assert all(one["in"] == "query" and "required" not in one for one in parameters.values())
    assert parameters["page"]["schema"]["type"] == "integer"
    assert parameters["tag"]["schema"] == {"type": "array", "items": {"type": "string"}, "default": []}
    # A query cannot contain null, but "after=" has the same meaning.
    assert (parameters["after"]["schema"], parameters["after"]["allowEmptyValue"]) == ({"type": "integer"}, True)
    if models != DATACLASSES:
        assert parameters["page"]["description"] == "Which page."
        assert parameters["page"]["schema"] == {"type": "integer", "minimum": 1, "default": 1}


def test_inputs_and_return_annotations_are_responses(make_app: MakeApp, models: str) -> None:
    item = made(make_app, ROUTE, models)["paths"]["/items"]

    assert schemas_of(item["get"]["responses"]) == {"200": {"type": "array", "items": ITEM}, "422": VALIDATION_PROBLEM}
    assert schemas_of(item["post"]["responses"]) == {
        "201": ITEM, "400": PROBLEM, "413": PROBLEM, "415": PROBLEM, "422": VALIDATION_PROBLEM,
    }  # fmt: skip


def test_a_body_is_a_component_and_unused_models_are_dropped(make_app: MakeApp, models: str) -> None:
    document = made(make_app, ROUTE, models)

    assert document["paths"]["/items"]["post"]["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewItem"}}},
    }
    schemas = document["components"]["schemas"]
    assert list(schemas) == ["Item", "NewItem", "Problem", "ValidationProblem"]  # and no Search
    assert all(schema["title"] == name for name, schema in schemas.items())
    assert schemas["Item"]["required"] == ["id", "name"]


def test_the_document_is_the_same_each_time(make_app: MakeApp, models: str) -> None:
    assert str(made(make_app, ROUTE, models)) == str(made(make_app, ROUTE, models))


def test_a_model_that_differs_between_input_and_output_is_two_components(make_app: MakeApp) -> None:
    models = "from pydantic import BaseModel, computed_field\nclass Item(BaseModel):\n    a: int\n    @computed_field\n    @property\n    def b(self) -> int: return 1\n"

    document = made(make_app, "from .._models import Item\ndef POST(body: Item) -> Item: ...", models)

    operation, schemas = document["paths"]["/items"]["post"], document["components"]["schemas"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ItemInput"
    }
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == ITEM
    assert (list(schemas["ItemInput"]["properties"]), list(schemas["Item"]["properties"])) == (["a"], ["a", "b"])
    assert [schemas[name]["title"] for name in ("Item", "ItemInput")] == ["Item", "ItemInput"]


def test_models_of_two_libraries_with_one_name_have_two_components(make_app: MakeApp) -> None:
    app = make_app(
        {
            "_p.py": "from pydantic import BaseModel\nclass Item(BaseModel): a: int",
            "_m.py": "from msgspec import Struct\nclass Item(Struct): b: str",
            "a/route.py": "from .._p import Item\ndef GET() -> Item: ...",
            "b/route.py": "from .._m import Item\ndef GET() -> list[Item]: ...",
        }
    )

    found = document(app)

    first, second = (
        found["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for path in ("/a", "/b")
    )
    names = [first["$ref"].rpartition("/")[2], second["items"]["$ref"].rpartition("/")[2]]
    assert names == ["Item", "ItemMsgspec"]
    schemas = found["components"]["schemas"]
    assert [list(schemas[name]["properties"]) for name in names] == [["a"], ["b"]]
    assert schemas["ItemMsgspec"]["title"] == "ItemMsgspec"


def test_a_model_named_as_ours_keeps_its_name(make_app: MakeApp) -> None:
    source = (
        "from pydantic import BaseModel\nclass Problem(BaseModel): mine: int\ndef POST(body: Problem) -> Problem: ..."
    )

    found = document(make_app({"route.py": source}))

    assert list(found["components"]["schemas"]["Problem"]["properties"]) == ["mine"]
    assert schemas_of(found["paths"]["/"]["post"]["responses"])["400"] == {"$ref": "#/components/schemas/ProblemHTTP"}


def test_headers_and_cookies_are_parameters_with_their_names(make_app: MakeApp) -> None:
    source = """
from pydantic import BaseModel, Field
class Headers(BaseModel):
    x_token: str
    match: str = Field("", alias="If-Match")
class Cookies(BaseModel):
    session: str
def GET(headers: Headers, cookies: Cookies): ...
"""

    parameters = document(make_app({"route.py": source}))["paths"]["/"]["get"]["parameters"]

    assert [(one["in"], one["name"], one.get("required", False)) for one in parameters] == [
        ("header", "X-Token", True), ("header", "If-Match", False), ("cookie", "session", True),
    ]  # fmt: skip


def test_a_params_model_describes_the_parameters_of_the_path(make_app: MakeApp) -> None:
    source = "from pydantic import BaseModel, Field\nclass Params(BaseModel):\n    id: int = Field(ge=10, description='The id.')\ndef GET(params: Params, request): ...\ndef PUT(): ..."

    item = document(make_app({"[id]/[x]/route.py": source}))["paths"]["/{id}/{x}"]

    assert item["get"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 10}, "description": "The id."},
        {"name": "x", "in": "path", "required": True, "schema": {"type": "string"}},
    ]  # fmt: skip
    assert item["put"]["parameters"][0]["schema"] == {"type": "string"}


def test_the_list_of_a_catch_all_stays_one_string(make_app: MakeApp) -> None:
    source = "from pydantic import BaseModel, Field\nclass Params(BaseModel):\n    path: list[str] = Field(description='Folders.')\ndef GET(params: Params): ..."

    (parameter,) = document(make_app({"[...path]/route.py": source}))["paths"]["/{path}"]["get"]["parameters"]

    assert parameter == {
        "name": "path", "in": "path", "required": True, "schema": {"type": "string"}, "x-multiSegment": True, "description": "Folders.",
    }  # fmt: skip


def test_a_form_with_a_file_is_multipart(make_app: MakeApp) -> None:
    source = """
import msgspec
from werkzeug.datastructures import FileStorage
class Text(msgspec.Struct):
    name: str
    note: str | None = None
class Upload(msgspec.Struct):
    name: str
    photos: list[FileStorage] = []
    cover: FileStorage | None = None
def PUT(form: Text): ...
def POST(form: Upload): ...
"""

    item = document(make_app({"route.py": source}))["paths"]["/"]
    text, upload = item["put"]["requestBody"]["content"], item["post"]["requestBody"]["content"]

    file = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
    assert list(text) == ["application/x-www-form-urlencoded", "multipart/form-data"]
    assert text["multipart/form-data"]["schema"]["properties"] == {
        "name": {"type": "string"},
        "note": {"type": "string"},
    }
    assert list(upload) == ["multipart/form-data"]
    assert upload["multipart/form-data"]["schema"] == {
        "type": "object",
        "title": "Upload",
        "properties": {"name": {"type": "string"}, "photos": {"type": "array", "items": file}, "cover": file},
        "required": ["name"],
    }


STREAMS = """
from collections.abc import Iterator
from routehandlers.typing import EventStream
from .._models import Item
def GET() -> Iterator[Item]: yield Item(id=1, name="a")
def POST() -> EventStream[Item]: yield Item(id=1, name="a")
"""


@pytest.mark.parametrize(("version", "name"), [("3.1", "x-itemSchema"), ("3.2", "itemSchema")])
def test_streams_have_the_schema_of_their_items(make_app: MakeApp, models: str, version: str, name: str) -> None:
    item = made(make_app, STREAMS, models, spec_version=version)["paths"]["/items"]

    lines = item["get"]["responses"]["200"]["content"]
    events = item["post"]["responses"]["200"]["content"]
    assert lines == {"application/jsonl": {name: ITEM}}
    assert events["text/event-stream"][name]["properties"]["data"] == {
        "type": "string", "contentMediaType": "application/json", "contentSchema": ITEM,
    }  # fmt: skip


def test_a_union_with_null_in_a_query_loses_only_its_null(make_app: MakeApp) -> None:
    source = "from pydantic import BaseModel\nclass Search(BaseModel):\n    x: int | bool | None = None\ndef GET(query: Search): ..."

    (parameter,) = document(make_app({"route.py": source}))["paths"]["/"]["get"]["parameters"]

    assert parameter["schema"] == {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Item | None", ["200"]),
        ("tuple[Item, Literal[200, 201]]", ["200", "201"]),
        ("tuple[Item, Literal[201], dict[str, str]]", ["201"]),
        ("Item | tuple[NewItem, Literal[404]]", ["200", "404"]),
        ("Item | Response", ["200", "default"]),
        ("Response", ["default"]),
        ("dict", ["default"]),
        ("str", ["default"]),
    ],
)
def test_statuses_are_those_of_the_annotation(
    make_app: MakeApp, models: str, annotation: str, expected: list[str]
) -> None:
    source = f"from typing import Literal\nfrom routehandlers import Response\nfrom .._models import Item, NewItem\ndef GET() -> {annotation}: ..."

    assert list(made(make_app, source, models)["paths"]["/items"]["get"]["responses"]) == expected


def test_a_status_that_is_declared_and_an_interrupt_has_both_bodies(make_app: MakeApp) -> None:
    source = "from typing import Literal\nfrom .._models import Item\nfrom routehandlers.navigation import not_found\ndef GET() -> Item | tuple[Item, Literal[404]]: not_found()"

    assert made(make_app, source)["paths"]["/items"]["get"]["responses"]["404"]["content"] == {
        "application/json": {"schema": ITEM},
        "application/problem+json": {"schema": PROBLEM},
    }


def test_a_response_of_the_decorator_can_name_a_model(make_app: MakeApp, models: str) -> None:
    source = "from routehandlers.openapi import operation\nfrom .._models import Item\n@operation(responses={409: {'model': Item}, 410: {'model': list[Item], 'description': 'Old.'}})\ndef GET(): ..."

    found = made(make_app, source, models)["paths"]["/items"]["get"]["responses"]

    assert found["409"] == {"description": "Conflict", "content": {"application/json": {"schema": ITEM}}}
    assert found["410"]["description"] == "Old."
    assert found["410"]["content"]["application/json"]["schema"] == {"type": "array", "items": ITEM}


def test_an_optional_body_is_not_required(make_app: MakeApp, models: str) -> None:
    source = "from .._models import Item\ndef POST(body: Item | None = None): ..."

    assert made(make_app, source, models)["paths"]["/items"]["post"]["requestBody"]["required"] is False


def test_inputs_of_a_decorated_handler_are_described(make_app: MakeApp, models: str) -> None:
    source = """
import functools
from .._models import Item
from routehandlers.navigation import unauthorized
def needs_login(handler):
    @functools.wraps(handler)
    def inner(request, **inputs):
        if not request.cookies: unauthorized()
        return handler(**inputs)
    return inner
@needs_login
def POST(body: Item) -> Item:
    "Add an item."
    return body
"""

    operation = made(make_app, source, models)["paths"]["/items"]["post"]

    assert operation["summary"] == "Add an item."
    assert list(operation["responses"]) == ["200", "400", "401", "413", "415", "422"]
