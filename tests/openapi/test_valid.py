"""The documents are valid, as openapi-spec-validator says: of the examples, and of what the other tests describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi.test_models import DATACLASSES, MSGSPEC, PYDANTIC, ROUTE, STREAMS
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers.openapi import document

pytestmark = pytest.mark.once

validate = pytest.importorskip("openapi_spec_validator", reason="only the row with 'once' has it").validate

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").iterdir())

OPERATION = """
import datetime
from routehandlers.openapi import operation

@operation(
    operation_id="all",
    tags=["a"],
    responses={200: {"description": "Fine."}, "4XX": {"model": dict[str, str]}, "default": None},
    examples={"one": {"a": 1}, "two": {"summary": "Two", "value": 2}},
    links={"next": {"operationId": "all"}},
    callbacks={"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": "Done."}}}}}},
    deprecated=datetime.date(2026, 1, 1),
    security=[{"key": ["read"]}, {}],
)
def GET(): ...
"""

INPUTS = """
from typing import Annotated
import datetime, decimal, enum, uuid
from pydantic import BaseModel, Field, SecretStr
from werkzeug.datastructures import FileStorage

class Kind(enum.Enum):
    a = "a"
    b = "b"
class Node(BaseModel):
    children: "list[Node]" = []
    parent: "Node | None" = None
class Many(BaseModel):
    day: datetime.date
    when: datetime.datetime | None = None
    price: decimal.Decimal = decimal.Decimal("1.5")
    id: uuid.UUID | None = None
    kind: Kind = Kind.a
    kinds: list[Kind] = []
    secret: SecretStr = SecretStr("")
    number: Annotated[float, Field(gt=0, multiple_of=0.5)] = 1
    flag: bool | None = Field(None, alias="is-flag", deprecated=True)
class Form(BaseModel, arbitrary_types_allowed=True):
    many: list[FileStorage]
    kind: Kind | None = None
class Params(BaseModel):
    slug: str
def GET(params: Params, query: Many, headers: Many, cookies: Many) -> Node | None: ...
def POST(body: Node | list[Node]) -> dict[str, Node]: ...
def PUT(form: Form) -> None: ...
"""

TREE = {
    "openapi.py": "security_schemes = {'key': {'type': 'apiKey', 'in': 'header', 'name': 'X-Key'}}",
    "route.py": OPERATION,
    "_models.py": PYDANTIC,
    "items/route.py": ROUTE,
    "streams/route.py": STREAMS,
    "inputs/[...slug]/route.py": INPUTS,
    "manual/[[...page]]/route.py": "def GET(): ...",
    "{a}/[b{c}]/[n=int]/[u=uuid]/[f=float]/route.py": "def GET(): ...",
    "admin/middleware.py": "security = {'b': {'type': 'http', 'scheme': 'bearer'}}\ndef middleware(): ...",
    "admin/route.py": "def GET(): ...",
}


@pytest.mark.parametrize("spec_version", ["3.1", "3.2"])
@pytest.mark.parametrize("models", [PYDANTIC, MSGSPEC, DATACLASSES], ids=["pydantic", "msgspec", "dataclasses"])
def test_the_document_of_everything_is_valid(tmp_path: Path, models: str, spec_version: Any) -> None:
    app = RouteHandlers(write_app(tmp_path, {**TREE, "_models.py": models}))

    made = document(app, spec_version=spec_version)

    validate(made)
    assert len(made["paths"]) == 8


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_document_of_an_example_is_valid(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKMARKS_DB", str(tmp_path / "bookmarks.sqlite3"))
    monkeypatch.chdir(example)
    monkeypatch.syspath_prepend(example)

    made = document(RouteHandlers("app"))

    validate(made)
    assert made["paths"]
