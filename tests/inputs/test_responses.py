"""Declared responses: what is written, converted and refused (rule 7)."""

from __future__ import annotations

import logging

import pytest
from conftest import ClientFor, MakeApp
from inputs.conftest import Module, module_of

ITEM = "name: str; price: float = 1.5"


def get(client_for: ClientFor, make_app: MakeApp, source: str, **settings: object) -> object:
    return client_for(make_app({"route.py": source}, **settings)).get("/")


@pytest.mark.parametrize(
    ("annotation", "result", "body"),
    [
        ("Item", "Item('a', 2.0)", {"name": "a", "price": 2.0}),
        ("Item", "{'name': 'a', 'password': 'x'}", {"name": "a", "price": 1.5}),
        ("Item", "Row()", {"name": "row", "price": 3.0}),
        ("Item", "Secret('a', 2.0, 'x')", {"name": "a", "price": 2.0}),
        ("list[Item]", "[Item('a', 2.0)]", [{"name": "a", "price": 2.0}]),
        ("list[Item]", "[{'name': 'a', 'password': 'x'}]", [{"name": "a", "price": 1.5}]),
        ("list[Item]", "[Item('a', 2.0), Secret('b', 2.0, 'x')]", [{"name": "a", "price": 2.0}, {"name": "b", "price": 2.0}]),
        ("list[Item]", "[]", []),
        ("Item | None", "None", None),
        ("dict[str, Item]", "{'x': {'name': 'a', 'password': 'x'}}", {"x": {"name": "a", "price": 1.5}}),
        ("Item | str", "'text'", "text"),
        ("Item | Response", "Response.json({'a': 1})", {"a": 1}),
        ("Item | dict[str, Any]", "{'a': 1}", {"a": 1}),
        ("Box", "Box(Item('a', 2.0))", {"item": {"name": "a", "price": 2.0}}),
        ("Box", "Box(Secret('a', 2.0, 'x'))", {"item": {"name": "a", "price": 2.0}}),
        ("Box", "{'item': {'name': 'a', 'password': 'x'}}", {"item": {"name": "a", "price": 1.5}}),
        ("'Item'", "{'name': 'a', 'password': 'x'}", {"name": "a", "price": 1.5}),
    ],
)  # fmt: skip
def test_results_are_converted_to_the_model(
    annotation: str, result: str, body: object, make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    source = module(
        f"""
        class Row: name, price, password = "row", 3.0, "x"
        def GET() -> {annotation}: return {result}
        """,
        Item=ITEM, Box="item: Item",
    )  # fmt: skip

    response = get(client_for, make_app, _positional(source))

    assert response.status_code == 200
    assert "password" not in response.text
    assert (response.text if isinstance(body, str) else response.json) == body
    if not isinstance(body, str):
        assert response.content_type == "application/json"


@pytest.mark.parametrize("levels", [150, 199])
def test_a_body_that_is_as_deep_as_its_model_allows_can_be_answered(
    levels: int, make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    source = module("def POST(body: Node) -> Node: return body", Node="inner: 'Node | int | None' = None")
    body = '{"inner":' * levels + "1" + "}" * levels

    response = client_for(make_app({"route.py": source})).post("/", data=body, content_type="application/json")

    assert (response.status_code, response.text) == (200, body)


def _positional(source: str) -> str:
    """Give models of pydantic a constructor with positions, and define a subclass with one more field."""
    if "BaseModel" in source:
        source = source.replace(
            "from pydantic import BaseModel",
            "from pydantic import BaseModel as _Base\n"
            "class BaseModel(_Base):\n"
            "    def __init__(self, *args, **named): super().__init__(**dict(zip(type(self).model_fields, args)), **named)",
        )
    decorator = "@dataclass\n" if "@dataclass\nclass Item" in source else ""
    subclass = f"{decorator}class Secret(Item):\n    password: str = ''\n"
    place = source.index("class Box")
    if decorator:
        place = source.index(decorator + "class Box")
    return source[:place] + subclass + source[place:]


def test_statuses_and_headers(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        Answer = tuple[Item, Literal[201]] | tuple[Conflict, Literal[409], dict[str, str]] | tuple[None, Literal[204]] | list[Item]
        def POST(request) -> Answer:
            given = {"password": "x"}
            return {
                "made": ({"name": "a", **given}, 201),
                "line": ({"name": "a", **given}, "201 Made"),
                "headers": ({"name": "a", **given}, 201, {"X-A": "1"}),
                "taken": ({"reason": "taken", **given}, 409, {"X-B": "2"}),
                "gone": (None, 204),
                "list": [{"name": "a", **given}],
                "with": ([{"name": "a", **given}], {"X-C": "3"}),
                "other": ({"any": 1}, 418),
                "response": Response.json({"any": 1}, 402),
            }[request.args["kind"]]
        """,
        Item=ITEM, Conflict="reason: str",
    )  # fmt: skip
    client = client_for(make_app({"route.py": source}))
    item = {"name": "a", "price": 1.5}

    def post(kind: str) -> tuple[object, ...]:
        response = client.post(f"/?kind={kind}")
        own = {name: value for name, value in response.headers.items() if name.startswith("X-")}
        return response.status.upper(), response.json if response.data else None, own

    assert post("made") == ("201 CREATED", item, {})
    assert post("line") == ("201 MADE", item, {})
    assert post("headers") == ("201 CREATED", item, {"X-A": "1"})
    assert post("taken") == ("409 CONFLICT", {"reason": "taken"}, {"X-B": "2"})
    assert post("gone") == ("204 NO CONTENT", None, {})
    assert post("list") == ("200 OK", [item], {})
    assert post("with") == ("200 OK", [item], {"X-C": "3"})
    assert post("other")[:2] == ("418 I'M A TEAPOT", {"any": 1})
    assert post("response")[:2] == ("402 PAYMENT REQUIRED", {"any": 1})


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        ("Item", "{'price': 1.0}"),
        ("Item", "{'name': 1}"),
        ("Item", "None"),
        ("Item", "'text'"),
        ("list[Item]", "[{'name': 'a'}, {'name': None}]"),
        ("tuple[Item, Literal[201]]", "{'name': 'a', 'password': 'x'}"),
        ("tuple[Item, Literal[201]]", "({'name': None}, 201)"),
    ],
)
def test_a_result_that_cannot_be_converted_is_a_500_that_names_the_function(
    annotation: str, result: str, make_app: MakeApp, client_for: ClientFor, module: Module,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    app = make_app({"route.py": module(f"def GET() -> {annotation}: return {result}", Item=ITEM)})

    with caplog.at_level(logging.ERROR):
        response = client_for(app).get("/")

    assert response.status_code == 500
    assert f"GET / ({app.directory / 'route.py'}:" in caplog.text
    assert "InvalidReturnError" in caplog.text
    assert "password" not in response.text


@pytest.mark.parametrize("annotation", ["Node", "tuple[Node, Literal[200]]"])
def test_a_result_that_contains_itself_is_a_500_that_names_the_function(
    annotation: str,
    make_app: MakeApp,
    client_for: ClientFor,
    module: Module,
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = f"""
        def GET() -> {annotation}:
            node = Node()
            node.inner = node
            return node if "tuple" not in {annotation!r} else (node, 200)
    """
    app = make_app({"route.py": module(code, Node="inner: 'Node | None' = None")})

    with caplog.at_level(logging.ERROR):
        assert client_for(app).get("/").status_code == 500

    assert f"GET / ({app.directory / 'route.py'}:" in caplog.text
    assert "It contains itself, or is nested too deeply" in caplog.text


def test_values_of_a_result_do_not_get_into_the_log(
    make_app: MakeApp, client_for: ClientFor, module: Module, caplog: pytest.LogCaptureFixture
) -> None:
    source = module(
        "def GET() -> Item: return load()\ndef load(): return {'name': 7, 'password': 'hunter2'}", Item=ITEM
    )

    with caplog.at_level(logging.ERROR):
        assert get(client_for, make_app, source).status_code == 500

    assert "hunter2" not in caplog.records[-1].getMessage()


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        ("", "{'password': 1}"),
        (" -> Response", "Response.json({'password': 1})"),
        (" -> dict[str, int]", "{'password': 1}"),
        (" -> Any", "{'password': 1}"),
        (" -> HandlerResult", "{'password': 1}"),
        (" -> 'HandlerResult'", "({'password': 1}, 200)"),
        (" -> tuple[dict[str, int], int]", "({'password': 1}, 200)"),
        (" -> 'Unknown'", None),
    ],
)
def test_other_annotations_declare_nothing(
    annotation: str, result: str | None, make_app: MakeApp, client_for: ClientFor
) -> None:
    source = (
        "from typing import Any\nfrom routehandlers import Response\nfrom routehandlers.typing import HandlerResult\n"
        f"def GET(){annotation}: return {result}"
    )
    if result is None:
        with pytest.raises(Exception, match="cannot be resolved"):
            make_app({"route.py": source})
        return

    app = make_app({"route.py": source})

    assert client_for(app).get("/").json == {"password": 1}
    assert not app._loaded[0].prepared


@pytest.mark.parametrize("kind", ["Iterator", "Generator"])
def test_an_iterator_of_models_is_json_lines(
    kind: str, make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    annotation = "Iterator[Item]" if kind == "Iterator" else "Generator[Item, None, None]"
    source = module(
        f"""
        from collections.abc import Generator
        def GET() -> {annotation}:
            yield {{"name": "a", "password": "x"}}
            yield Item(name="b")
        """,
        Item=ITEM,
    )

    response = get(client_for, make_app, source)

    assert response.content_type == "application/jsonl"
    assert response.text == '{"name":"a","price":1.5}\n{"name":"b","price":1.5}\n'


def test_an_event_stream_of_models(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        def GET() -> EventStream[Item]:
            yield Item(name="a")
            yield {"name": "b", "password": "x"}
            yield {"event": "new", "id": 7, "data": {"name": "c", "password": "x"}}
            yield {"comment": "wait"}
        """,
        Item=ITEM,
    )

    response = get(client_for, make_app, source)

    assert response.content_type == "text/event-stream; charset=utf-8"
    assert response.text.split("\n\n") == [
        ":",
        'data: {"name":"a","price":1.5}',
        'data: {"name":"b","price":1.5}',
        'event: new\nid: 7\ndata: {"name":"c","price":1.5}',
        ": wait",
        "",
    ]


def test_a_stream_is_closed_with_its_response(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        closed = []
        def GET() -> Iterator[Item]:
            try:
                while True: yield {"name": "a"}
            finally:
                closed.append(True)
        """,
        Item=ITEM,
    )
    app = make_app({"route.py": source})

    response = client_for(app).get("/", buffered=False)
    response.close()

    assert app.load("/").closed == [True]


def test_a_first_item_that_cannot_be_converted_is_a_500(
    make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    source = module("def GET() -> Iterator[Item]:\n    yield {'price': 'x'}", Item=ITEM)

    assert get(client_for, make_app, source).status_code == 500


def test_not_found_and_redirects_pass(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        from routehandlers.navigation import not_found, redirect
        def GET() -> Item: return None or not_found()
        def POST() -> Item: redirect("/x")
        """,
        Item=ITEM,
    )
    client = client_for(make_app({"route.py": source}))

    assert client.get("/").status_code == 404
    assert client.post("/").status_code == 307


def test_a_cached_response_is_filtered(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("revalidate = 60\ndef GET() -> list[Item]: return [{'name': 'a', 'password': 'x'}]", Item=ITEM)
    client = client_for(make_app({"route.py": source}))

    for _ in range(3):
        assert client.get("/").json == [{"name": "a", "price": 1.5}]


def test_two_responses_do_not_share_their_headers(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {
        "middleware.py": "def middleware(request):\n    response = yield\n    response.headers['X-Seen'] = request.args.get('x', '')",
        "route.py": module("def GET() -> Item: return Item(name='a')", Item=ITEM),
    }
    client = client_for(make_app(files))

    assert [client.get(f"/?x={x}").headers.getlist("X-Seen") for x in "ab"] == [["a"], ["b"]]


_KINDS = {
    "TypedDict": "from typing import TypedDict\nclass Item(TypedDict):\n    name: str\n",
    "NamedTuple": "from typing import NamedTuple\nclass Item(NamedTuple):\n    name: str\n",
    "attrs": "import attrs\n@attrs.define\nclass Item:\n    name: str\n",
}


@pytest.mark.parametrize("kind", _KINDS)
def test_other_kinds_of_models(kind: str, make_app: MakeApp, client_for: ClientFor) -> None:
    source = _KINDS[kind] + "def POST(body: Item) -> Item: return body\n"
    if kind != "NamedTuple":
        source += "def GET() -> Item: return {'name': 'a', 'password': 'x'}\n"
    client = client_for(make_app({"route.py": source}))
    sent = ["a"] if kind == "NamedTuple" else {"name": "a"}

    assert client.post("/", json=sent).json == sent
    assert client.post("/", json={"x": 1}).status_code == 422
    if kind != "NamedTuple":
        assert client.get("/").json == {"name": "a"}


# validate_responses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        ("Item", "wrong()"),
        ("Item", "({'any': 1}, 201)"),
        ("Item", "Response.json({'any': 1})"),
        ("Item", "Response.json({'name': 'a'}, 201)"),
    ],
)
def test_validation_finds_what_is_not_declared(
    annotation: str, result: str, make_app: MakeApp, client_for: ClientFor
) -> None:
    code = f"""
    def wrong():
        item = Item(name="a")
        item.name = 7
        return item
    def GET() -> {annotation}: return {result}
    """
    source = module_of("msgspec", code, Item=ITEM)

    assert get(client_for, make_app, source, validate_responses=True).status_code == 500
    assert get(client_for, make_app, source).status_code in {200, 201}


@pytest.mark.parametrize(
    "result",
    ["Item(name='a')", "{'name': 'a'}", "Response.json({'name': 'a'})", "Response.redirect('/x')", "({'any': 1}, 409)"],
)
def test_validation_accepts_what_is_declared(
    result: str, make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    source = module(f"def GET() -> Item | tuple[dict[str, int], Literal[409]]: return {result}", Item=ITEM)

    assert get(client_for, make_app, source, validate_responses=True).status_code in {200, 307, 409}
