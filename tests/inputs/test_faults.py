"""The response to invalid inputs: its document, its page, ``unprocessable.py``, and its bounds (rule 9)."""

from __future__ import annotations

from conftest import ClientFor, MakeApp
from inputs.conftest import Module

ITEM = "name: str; price: float = 1.5"


def test_the_problem_document(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("def POST(query: Q, body: Item): return {}", Q="page: int = 1", Item=ITEM)

    response = client_for(make_app({"route.py": source})).post("/?page=x", json={})

    assert response.content_type == "application/problem+json"
    document = response.json
    assert (document["type"], document["title"], document["status"]) == ("about:blank", "Unprocessable Entity", 422)
    assert document["detail"] == "2 values are invalid."
    query, body = document["errors"]
    assert (query["in"], query["name"]) == ("query", "page")
    assert body == {"detail": "Field required.", "pointer": "#/name"}


def test_the_page_lists_the_errors_and_escapes_them(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("def POST(body: dict[str, Item]): return {}", Item=ITEM)

    response = client_for(make_app({"route.py": source})).post(
        "/", json={"<script>": {"name": 1}}, headers={"Accept": "text/html"}
    )

    assert response.content_type == "text/html; charset=utf-8"
    assert "<script>" not in response.text
    assert "<li><code>#/%3Cscript%3E/name</code> " in response.text


def test_the_list_is_bounded(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("def POST(body: list[Item]): return {}", Item=ITEM)

    response = client_for(make_app({"route.py": source})).post("/", json=[{"name": 1}] * 10_000)

    assert response.status_code == 422
    assert 1 <= len(response.json["errors"]) <= 100
    assert len(response.data) < 20_000


def test_names_that_clients_invent_are_cut(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from pydantic import BaseModel, ConfigDict
class Q(BaseModel):
    model_config = ConfigDict(extra="forbid")
    page: int = 1
def POST(body: Q, query: Q): return {}
"""

    response = client_for(make_app({"route.py": source})).post("/?" + "q" * 5_000 + "=1", json={"b" * 50_000: 1})

    assert [error["detail"] for error in response.json["errors"]] == ["Extra inputs are not permitted."] * 2
    assert len(response.data) < 1_000


def test_unprocessable_gets_the_request_and_the_error(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {
        "unprocessable.py": "def unprocessable(request, error):\n    return {'path': request.path, 'errors': error.errors}",
        "a/unprocessable.py": "def unprocessable(request): return 'nearer', 400",
        "route.py": module("def POST(body: Item): return {}", Item=ITEM),
        "a/route.py": module("def POST(body: Item): return {}", Item=ITEM),
        "b/route.py": "from werkzeug.exceptions import UnprocessableEntity\ndef GET(): raise UnprocessableEntity('No.')",
        "c/route.py": module("revalidate = 60\ndef GET(query: Q): return {}", Q="page: int"),
    }
    files["unprocessable.py"] = (
        "def unprocessable(request, error):\n"
        "    return {'path': request.path, 'errors': getattr(error, 'errors', error.description)}"
    )
    client = client_for(make_app(files))

    response = client.post("/", json={})
    assert response.status_code == 422
    assert response.json == {"path": "/", "errors": [{"detail": "Field required.", "pointer": "#/name"}]}
    nearer = client.post("/a", json={})
    assert (nearer.status_code, nearer.text) == (400, "nearer")
    assert client.get("/b").json == {"path": "/b", "errors": "No."}
    cached = client.get("/c")
    assert cached.json["errors"] == [{"detail": "Field required.", "in": "query", "name": "page"}]
    assert "no-store" in cached.headers["Cache-Control"]


def test_a_file_that_fails_gives_way_to_the_default(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {
        "unprocessable.py": "def unprocessable(request, error): raise RuntimeError",
        "route.py": module("def POST(body: Item): return {}", Item=ITEM),
    }

    response = client_for(make_app(files)).post("/", json={})

    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == "#/name"


def test_values_that_were_sent_are_not_in_the_errors(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("def POST(body: Item, query: Q): return {}", Item="price: float; number: int", Q="page: int")

    response = client_for(make_app({"route.py": source})).post(
        "/?page=hunter2", json={"price": "hunter2", "number": ["hunter2"]}
    )

    assert len(response.json["errors"]) == 3
    assert "hunter2" not in response.text
