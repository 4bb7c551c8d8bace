"""Mistakes in inputs and declared responses are found at start, with file and line, all together."""

from __future__ import annotations

import pytest
from conftest import MakeApp
from inputs.conftest import Module

from routehandlers.exceptions import InvalidAppError

Q = "page: int = 1"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def GET(query): return {}", "'query' has no annotation. Write 'query: Model'"),
        ("def GET(query: Q, /): return {}", "'query' is passed by its name. Remove the '/'"),
        ("def GET(body: Q): return {}", "it takes 'body', but GET requests have no body"),
        ("def HEAD(form: Q): return {}", "it takes 'form', but HEAD requests have no body"),
        ("def POST(body: Q, form: Q): return {}", "POST takes 'body' and 'form'"),
        ("def GET(query: int): return {}", "'query' is int, which has no fields"),
        ("def GET(query: list[Q]): return {}", "which has no fields"),
        ("def GET(query: Empty): return {}", "'query' is Empty, which has no fields"),
        ("def POST(form: Empty): return {}", "'form' is Empty, which has no fields"),
        ("def GET(query: 'Missing'): return {}", "'Missing' cannot be resolved (NameError"),
        ("def GET() -> 'Missing': return {}", "the annotation of its result, 'Missing' cannot be resolved"),
        ("def GET(a, b, c, query: Q): return {}", "has the wrong parameters"),
        ("def GET(query: Q, *, other): return {}", "has the wrong parameters"),
        ("def GET() -> tuple[Q, int]: return {}", "Write a literal, such as tuple[Q, Literal[201]]"),
        ("def GET() -> tuple[Q, ...]: return {}", "Write list[…] for a JSON array"),
        ("def GET() -> tuple[Q, Literal[201]] | tuple[R, Literal[201]]: return {}", "declares the status 201 twice"),
        ("def GET() -> Q | tuple[R, Literal[200]]: return {}", "declares the status 200 twice"),
        ("def GET() -> tuple[Q, Literal[204]]: return {}", "a response 204 has no body"),
    ],
)
def test_mistakes_of_a_signature(code: str, message: str, make_app: MakeApp, module: Module) -> None:
    with pytest.raises(InvalidAppError) as raised:
        make_app({"route.py": module(code, Q=Q, R=Q, Empty="pass")})

    assert message in str(raised.value)
    assert len(raised.value.problems) == 1
    problem = raised.value.problems[0]
    assert problem.line == problem.file.read_text().splitlines().index(code) + 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def GET(query: S): return {}", "the field 'slug' of 'query' has the name of a folder, [slug]"),
        ("def GET(params: W): return {}", "the field 'slag' of 'params' names no folder in brackets. Did you mean 'slug'?"),
        ("revalidate = 1\ndef GET(headers: H): return {}", 'vary = ("x-token",)'),
        ("revalidate = 1\nvary = ('x-other',)\ndef GET(headers: H): return {}", 'vary = ("x-token",)'),
        ("revalidate = 1\nvary = ('x-token',)\ndef GET(cookies: C): return {}", 'vary = ("cookie:theme",)'),
    ],
)  # fmt: skip
def test_mistakes_of_a_route(code: str, message: str, make_app: MakeApp, module: Module) -> None:
    with pytest.raises(InvalidAppError) as raised:
        make_app({"[slug]/route.py": module(code, S="slug: str", W="slag: str", H="x_token: str", C="theme: str = ''")})

    assert message in str(raised.value)


@pytest.mark.parametrize(
    "model",
    [
        "class Q(BaseModel):\n    page: int = 1\n    _seen: list = PrivateAttr(default_factory=list)\n"
        "    def model_post_init(self, context): self._seen.append(self.page)\n",
        "class Q(BaseModel):\n    model_config = ConfigDict(extra='allow')\n    page: int = 1\n",
    ],
)
def test_what_lies_outside_of_the_fields_is_refused_in_a_cached_query(model: str, make_app: MakeApp) -> None:
    source = f"from pydantic import BaseModel, ConfigDict, PrivateAttr\n{model}def GET(query: Q): return []\n"

    make_app({"route.py": source})
    with pytest.raises(InvalidAppError, match="has more than its fields"):
        make_app({"route.py": "revalidate = 60\n" + source})


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_field_whose_annotation_cannot_be_resolved(place: str, make_app: MakeApp, module: Module) -> None:
    code = f"def POST({place}: Q): return {{}}"

    with pytest.raises(InvalidAppError, match="name 'Missing' is not defined") as raised:
        make_app({"route.py": module(code, Q="page: 'Missing'")})

    problem = raised.value.problems[0]
    assert problem.line == problem.file.read_text().splitlines().index(code) + 1


def test_all_mistakes_are_reported_together(make_app: MakeApp, module: Module) -> None:
    files = {
        "a/route.py": module("def GET(query): return {}\ndef POST(body: 'Missing'): return {}\nrevalidate = 'x'"),
        "b/route.py": module("def PUT(body, form): return {}"),
        "c/route.py": "def get(): return {}",
    }

    with pytest.raises(InvalidAppError) as raised:
        make_app(files)

    assert len(raised.value.problems) == 6, str(raised.value)


def test_a_library_that_is_missing_is_named(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routehandlers._inputs.reading.adapter_for", lambda model, extra_adapters: None)
    source = (
        "from dataclasses import dataclass\n@dataclass\nclass Q:\n    page: int = 1\ndef GET(query: Q): return []\n"
    )

    with pytest.raises(InvalidAppError, match=r"pip install 'routehandlers\[pydantic\]'"):
        make_app({"route.py": source})
