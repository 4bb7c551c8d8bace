"""``explain`` shows the inputs of a handler, the query in one spelling, and the key that it makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from routehandlers import RouteHandlers
from routehandlers.inspect import explain

MakeApp = Callable[..., RouteHandlers]

ROUTE = """
import datetime, enum
from pydantic import BaseModel, Field

{constant}

class Size(enum.Enum):
    small = "s"

class Search(BaseModel):
    page: int = 1
    tag: list[str] = []
    size: Size | None = None
    flag: bool = Field(False, alias="is-flag")
    only: set[int] = set()
    within: datetime.timedelta | None = None

class New(BaseModel):
    name: str

def GET(query: Search) -> list[str]:
    return [str(query.page)]

def POST(body: New, query: Search): ...
"""


def steps(app: RouteHandlers, url: str, method: str = "GET") -> dict[str, str]:
    return dict(explain(app, method, url))


@pytest.fixture
def app(make_app: MakeApp) -> RouteHandlers:
    return make_app({"route.py": ROUTE.format(constant="revalidate = 60")})


def test_all_spellings_of_a_query_have_one_query_and_one_key(app: RouteHandlers) -> None:
    first = steps(app, "/?tag=a&tag=b%20c&is-flag=on&page=2&size=s&only=2&only=1&utm_source=x")
    other = steps(app, "/?only=1&only=2&size=s&page=02&tag=a&is-flag=true&tag=b+c")

    assert first["inputs"] == "query: Search"
    assert first["query"] == "page=2&tag=a&tag=b+c&size=s&is-flag=true&only=1&only=2"
    assert (first["query"], first["key"]) == (other["query"], other["key"])
    assert first["key"] != steps(app, "/")["key"]
    assert steps(app, "/?within=PT90S")["query"].endswith("within=0%3A01%3A30")


def test_the_render_that_shows_what_is_read_has_the_query(make_app: MakeApp) -> None:
    source = ROUTE.format(constant="revalidate = 60").replace(
        "return [str(query.page)]", "return [str(1 / (query.page - 2))]"
    )

    assert steps(make_app({"route.py": source}), "/?page=2")["stored"].startswith("no: the handler raised ZeroDivision")
    assert steps(make_app({"route.py": source}), "/?page=3")["stored"].startswith("not yet")


@pytest.mark.parametrize("constant", ["", "revalidate = 60"])
def test_an_invalid_query_ends_the_steps(make_app: MakeApp, constant: str) -> None:
    found = steps(make_app({"route.py": ROUTE.format(constant=constant)}), "/?page=x&size=y")

    assert list(found) == ["route", "inputs", "invalid"]
    first, *errors = found["invalid"].splitlines()
    assert first == "422"
    assert [line.partition(":")[0] for line in errors] == ["query page", "query size"]


def test_a_body_is_named_and_not_read(app: RouteHandlers) -> None:
    found = steps(app, "/?page=3", "POST")

    assert found["inputs"] == "query: Search\nbody: New"
    assert found["query"] == "page=3&is-flag=false"


def test_a_head_has_the_inputs_of_the_get(app: RouteHandlers) -> None:
    assert steps(app, "/?page=3", "HEAD")["query"] == steps(app, "/?page=3")["query"]


def test_a_handler_without_inputs_has_none_of_these_steps(make_app: MakeApp) -> None:
    assert list(steps(make_app({"route.py": "def GET(): return {}"}), "/")) == ["route", "caching"]


def test_a_query_with_too_many_parameters_ends_the_steps(app: RouteHandlers) -> None:
    found = steps(app, "/?" + "&".join(f"a{number}=1" for number in range(2_000)))

    assert found["invalid"].startswith("400: ")


def test_other_inputs_than_a_query_are_read_from_the_request(make_app: MakeApp) -> None:
    source = "from pydantic import BaseModel\nclass Params(BaseModel):\n    id: int\ndef GET(params: Params): ..."
    app = make_app({"[id]/route.py": source})

    assert steps(app, "/7")["inputs"] == "params: Params"
    assert steps(app, "/x")["invalid"].splitlines()[1].startswith("params id: ")
