"""What the document says about a handler, from its code and from ``@operation()``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError
from routehandlers.openapi import document, operation

MakeApp = Callable[..., RouteHandlers]

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def described(app: RouteHandlers, path: str = "/", method: str = "get", **options: Any) -> dict[str, Any]:
    made = document(app, **options)
    found: dict[str, Any] = made["paths"][path][method]
    return found


def test_a_handler_without_annotations_has_a_general_response(make_app: MakeApp) -> None:
    app = make_app({"route.py": "def GET(): return {}"})

    assert described(app) == {
        "operationId": "get_root",
        "responses": {"default": {"description": "The response of the handler."}},
    }


def test_a_docstring_is_summary_and_description(make_app: MakeApp) -> None:
    source = '''
def GET():
    """Items, a page
    at a time.

    The newest come first.

    They are cached.

    :param x: For readers of the code.
    """
'''

    found = described(make_app({"route.py": source}))

    assert found["summary"] == "Items, a page at a time."
    assert found["description"] == "The newest come first.\n\nThey are cached."


@pytest.mark.parametrize(
    "source",
    [
        "from functools import partial\ndef _get(x):\n    'Text.'\nGET = partial(_get, 1)",
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a):\n        'Not this.'\n        return f(*a)\n    inner.__doc__ = f.__doc__\n    return inner\n@deco\ndef GET():\n    'Text.'",
        "class Get:\n    'Text.'\n    def __call__(self): return {}\nGET = Get()",
    ],
)
def test_the_docstring_of_the_function_inside_counts(make_app: MakeApp, source: str) -> None:
    assert described(make_app({"route.py": source}))["summary"] == "Text."


NAVIGATION = "from routehandlers.navigation import forbidden, not_found, unauthorized\n"


@pytest.mark.parametrize(
    ("source", "statuses"),
    [
        ("def GET(): return load() or not_found()", ["404"]),
        ("def GET(): forbidden() if x else unauthorized()", ["401", "403"]),
        ("def GET(): return [not_found() for x in y]", ["404"]),
        ("def GET():\n    def inner(): not_found()\n    inner()", ["404"]),
        ("import routehandlers.navigation\ndef GET(): routehandlers.navigation.not_found()", ["404"]),
        ("from routehandlers.navigation import not_found as nope\ndef GET(): nope()", ["404"]),
        ("def needs(f):\n    def inner():\n        unauthorized()\n        return f()\n    return inner\n@needs\ndef GET(): not_found()", ["401", "404"]),
        ("def other(): not_found()\ndef GET(): other()", []),
        ("class Get:\n    def __call__(self): not_found()\nGET = Get()", ["404"]),
        ("from functools import partial\ndef _get(x): not_found()\nGET = partial(_get, 1)", ["404"]),
        ("def GET(): return {}", []),
    ],
)  # fmt: skip
def test_interrupts_that_the_code_names_are_responses(make_app: MakeApp, source: str, statuses: list[str]) -> None:
    found = described(make_app({"route.py": NAVIGATION + source}))

    assert list(found["responses"]) == [*statuses, "default"]
    assert all(found["responses"][status]["content"] == PROBLEM for status in statuses)


def test_the_body_of_an_error_that_a_file_answers_is_not_described(make_app: MakeApp) -> None:
    app = make_app({"route.py": NAVIGATION + "def GET(): not_found()", "not_found.py": "def not_found(): return 'x'"})

    assert described(app)["responses"]["404"] == {"description": "Not Found"}


def test_params_that_are_not_listed_are_a_404(make_app: MakeApp) -> None:
    source = "dynamic_params = False\ndef generate_static_params(): return [{'x': 'a'}]\ndef GET(): return {}"

    found = described(make_app({"[x]/route.py": source}), "/{x}")

    assert list(found["responses"]) == ["404", "default"]


@pytest.mark.parametrize(
    ("folder", "tags"),
    [
        ("items/[x]", ["items"]),
        ("(shop)/items", ["shop"]),
        ("(shop)/items/(admin)/all", ["admin"]),
        ("[x]", None),
    ],
)
def test_the_tag_is_the_innermost_group_or_the_first_static_folder(
    make_app: MakeApp, folder: str, tags: list[str] | None
) -> None:
    made = document(make_app({f"{folder}/route.py": "def GET(): return {}"}))

    assert [item["get"].get("tags") for item in made["paths"].values()] == [tags]


def test_tags_are_made_of_the_folders_below_that_of_the_document(make_app: MakeApp) -> None:
    app = make_app({"v1/openapi.py": "", "v1/items/route.py": "def GET(): return {}"})

    assert described(app, "/v1/items")["tags"] == ["items"]


def test_an_operation_is_set_by_its_decorator(make_app: MakeApp) -> None:
    source = """
from routehandlers.openapi import operation

@operation(
    operation_id="all",
    tags=["a", "b"],
    responses={200: {"description": "Fine."}, 409: {"description": "No."}, "default": None},
    examples={"one": {"a": 1}, "two": {"summary": "Two", "value": 2}},
    links={"next": {"operationId": "all"}},
    callbacks={"done": {"{$request.query.url}": {"post": {"responses": {"200": {"description": "Done."}}}}}},
    deprecated=True,
)
def GET(): return {}
"""

    found = described(make_app({"route.py": source}))

    assert found["operationId"] == "all"
    assert found["tags"] == ["a", "b"]
    assert found["deprecated"] is True
    assert list(found["callbacks"]) == ["done"]
    assert found["responses"] == {
        "200": {
            "description": "Fine.",
            "content": {
                "application/json": {"examples": {"one": {"value": {"a": 1}}, "two": {"summary": "Two", "value": 2}}}
            },
            "links": {"next": {"operationId": "all"}},
        },
        "409": {"description": "No."},
    }


def test_the_decorator_returns_the_function() -> None:
    def GET() -> dict[str, int]:
        return {}

    assert operation(tags=["a"])(GET) is GET


def test_two_decorators_add_up(make_app: MakeApp) -> None:
    source = "from routehandlers.openapi import operation\n@operation(tags=['outer'])\n@operation(tags=['inner'], operation_id='x')\ndef GET(): return {}"

    found = described(make_app({"route.py": source}))

    assert (found["tags"], found["operationId"]) == (["outer"], "x")


@pytest.mark.parametrize(
    "arguments",
    [
        {"operation_id": 1},
        {"tags": "a"},
        {"deprecated": "yes"},
        {"security": {"a": []}},
        {"security": ["a"]},
        {"hidden": 1},
    ],
)
def test_an_argument_of_another_type_is_refused(arguments: dict[str, Any]) -> None:
    (name,) = arguments

    with pytest.raises(TypeError, match=rf"operation\(\): {name} is "):
        operation(**arguments)


@pytest.mark.parametrize("responses", [{404: int}, {404: "Not found"}, {99: {}}, {"4xx": {}}, {"other": {}}])
def test_a_response_that_is_none_of_openapi_is_refused(responses: Any) -> None:
    with pytest.raises(TypeError, match=r"operation\(\): responses "):
        operation(responses=responses)


def test_a_hidden_handler_stays_out(make_app: MakeApp) -> None:
    source = "from routehandlers.openapi import operation\n@operation(hidden=True)\ndef POST(): return {}\ndef GET(): return {}"

    made = document(make_app({"route.py": source, "b/route.py": source}))

    assert [list(item) for item in made["paths"].values()] == [["get"], ["get"]]


def test_the_same_id_twice_is_a_mistake_with_file_and_line(make_app: MakeApp) -> None:
    source = "from routehandlers.openapi import operation\n\n@operation(operation_id='same')\ndef GET(): return {}"

    with pytest.raises(InvalidAppError) as caught:
        make_app({"a/route.py": source, "b/route.py": source})

    text = str(caught.value)
    assert "The operation id 'same' of GET /b is also that of GET /a. Give each its own." in text
    assert "b/route.py:3" in text or "b/route.py:4" in text or "line 3" in text


def test_an_unknown_scheme_is_a_mistake(make_app: MakeApp) -> None:
    source = "from routehandlers.openapi import operation\n@operation(security=[{'baerer': []}])\ndef GET(): return {}"
    guard = "security = {'bearer': {'type': 'http', 'scheme': 'bearer'}}\ndef middleware(): return None"

    with pytest.raises(InvalidAppError, match="security names no scheme: 'baerer' .* Did you mean 'bearer'"):
        make_app({"route.py": source, "middleware.py": guard})


@pytest.mark.parametrize(
    ("value", "header"),
    [("True", "@0"), ("datetime.date(2026, 1, 2)", "@1767312000"), ("datetime.datetime(2026, 1, 2, 3)", "@1767322800")],
)
@pytest.mark.parametrize("constant", ["", "revalidate = 60\n"])
def test_deprecated_operations_say_so_in_their_responses(
    make_app: MakeApp, client_for: Any, value: str, header: str, constant: str
) -> None:
    source = (
        "import datetime\nfrom routehandlers.openapi import operation\n"
        f"{constant}@operation(deprecated={value})\ndef GET(): return {{}}\ndef POST(): return {{}}"
    )
    client = client_for(make_app({"route.py": source}))

    assert [client.get("/").headers.get("Deprecation") for _ in range(3)] == [header] * 3
    assert client.head("/").headers["Deprecation"] == header
    assert "Deprecation" not in client.post("/").headers


def test_a_handler_can_set_the_header_itself(make_app: MakeApp, client_for: Any) -> None:
    source = "from routehandlers.openapi import operation\n@operation(deprecated=True)\ndef GET(): return {}, 200, {'Deprecation': '@7'}"

    assert client_for(make_app({"route.py": source})).get("/").headers.getlist("Deprecation") == ["@7"]


def test_other_routes_have_the_plain_endpoint(make_app: MakeApp) -> None:
    app = make_app({"route.py": "def GET(): return {}"})

    assert type(app._endpoints[0]).__name__ == "Endpoint"
