"""A cached GET with inputs: the values of the query model are part of the key (rule 8)."""

from __future__ import annotations

import sys

import pytest
from conftest import ClientFor, MakeApp
from inputs.conftest import Module
from werkzeug.test import Client

from routehandlers.inspect import explain, prerender

COUNTING = """
revalidate = 60
calls = []
def GET(query: Q):
    calls.append(1)
    return {"number": len(calls), "page": query.page, "tag": query.tag}
"""
Q = "page: int = 1; tag: list[str] = []"


def status_of(client: Client, url: str) -> str:
    return client.get(url).headers["Cache-Status"].split(";")[1].strip()


def test_each_value_of_the_query_is_stored_alone(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    client = client_for(make_app({"items/route.py": module(COUNTING, Q=Q)}))

    numbers = [client.get(f"/items?{query}").json["number"] for query in ("page=1", "page=2", "tag=a", "tag=a&tag=b")]

    assert numbers == [1, 2, 3, 4]
    for _ in range(3):  # also where the path is remembered, and its response is ready
        again = [client.get(f"/items?{query}").json["number"] for query in ("page=1", "page=2", "tag=a", "tag=a&tag=b")]
        assert again == [1, 2, 3, 4]


@pytest.mark.parametrize("query", ["", "page=1", "utm_source=x", "&page=1&", "unknown=1&page=1&unknown=2", "%70age=1"])
def test_spellings_of_one_query_share_an_entry(
    query: str, make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    client = client_for(make_app({"items/route.py": module(COUNTING, Q=Q)}))
    client.get("/items?page=1")

    for _ in range(3):
        response = client.get(f"/items?{query}")
        assert (response.json["number"], response.headers["Cache-Status"].split(";")[1]) == (1, " hit")


def test_the_order_of_values_counts(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    client = client_for(make_app({"items/route.py": module(COUNTING, Q=Q)}))

    assert client.get("/items?tag=a&tag=b").json["tag"] == ["a", "b"]
    assert client.get("/items?tag=b&tag=a").json["tag"] == ["b", "a"]


def test_a_value_with_separators_is_not_two_values(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    client = client_for(make_app({"items/route.py": module(COUNTING, Q=Q)}))

    assert client.get("/items?tag=a,b").json["tag"] == ["a,b"]
    assert client.get("/items?tag=a&tag=b").json["tag"] == ["a", "b"]
    assert client.get("/items?tag=a%26tag%3Db").json["tag"] == ["a&tag=b"]


def test_an_invalid_query_does_not_reach_the_storage(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    app = make_app({"items/route.py": module(COUNTING, Q=Q)})
    client = client_for(app)
    client.get("/items")

    for _ in range(3):
        response = client.get("/items?page=x")
        assert response.status_code == 422
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Cache-Status"].startswith("routehandlers; fwd=bypass")
    assert len(list(app.cache.store.handler.entries())) == 1
    assert client.get("/items?page=1&page=1").status_code == 422


def test_request_args_still_turn_the_route_dynamic(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module("revalidate = 60\ndef GET(request, query: Q): return [request.args.get('x'), query.page]", Q=Q)
    client = client_for(make_app({"items/route.py": source}))

    assert client.get("/items?x=1").json == ["1", 1]
    assert client.get("/items?x=2").json == ["2", 1]


def test_head_uses_the_entry_of_get(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    client = client_for(make_app({"items/route.py": module(COUNTING, Q=Q)}))
    client.get("/items?page=2")

    response = client.head("/items?page=2")

    assert response.headers["Cache-Status"].startswith("routehandlers; hit")
    assert client.head("/items?page=x").status_code == 422


def test_other_methods_are_not_cached(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(COUNTING + "\ndef POST(body: Q): return {'page': body.page}", Q=Q)
    client = client_for(make_app({"items/route.py": source}))

    assert client.post("/items?page=x", json={"page": 7}).json == {"page": 7}


def test_params_and_query_together(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        "revalidate = 60\ndef GET(params: P, query: Q): return [params.id, query.page]", P="id: int", Q="page: int = 1"
    )
    client = client_for(make_app({"[id]/route.py": source}))

    for _ in range(3):
        assert client.get("/7?page=2").json == [7, 2]
        assert client.get("/8?page=2").json == [8, 2]
        response = client.get("/x?page=y")
        assert sorted(error["name"] for error in response.json["errors"]) == ["id", "page"]
        assert "no-store" in response.headers["Cache-Control"]


def test_params_alone(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    client = client_for(
        make_app({"[id]/route.py": module("revalidate = 60\ndef GET(params: P): return [params.id]", P="id: int")})
    )

    for _ in range(3):
        assert client.get("/7?any=thing").json == [7]
        assert "no-store" in client.get("/x").headers["Cache-Control"]
    assert status_of(client, "/7") == "hit"


def test_headers_and_cookies_that_vary_names(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        revalidate = 60
        vary = ("x-country", "cookie:theme")
        calls = []
        def GET(headers: H, cookies: C, query: Q):
            calls.append(1)
            return [headers.x_country, cookies.theme, query.page, len(calls)]
        """,
        H="x_country: Literal['DE', 'FR']", C="theme: str = 'light'", Q="page: int = 1",
    )  # fmt: skip
    client = client_for(make_app({"route.py": source}))

    def get(country: str, theme: str, page: int) -> list[object]:
        headers = {"X-Country": country, "Cookie": f"theme={theme}; session=secret"}
        found: list[object] = client.get(f"/?page={page}", headers=headers).json
        return found

    for _ in range(3):
        assert get("DE", "dark", 1) == ["DE", "dark", 1, 1]
        assert get("FR", "dark", 1) == ["FR", "dark", 1, 2]
        assert get("DE", "light", 1) == ["DE", "light", 1, 3]
        assert get("DE", "dark", 2) == ["DE", "dark", 2, 4]
        response = client.get("/", headers={"X-Country": "XX"})
        assert response.status_code == 422
        assert "no-store" in response.headers["Cache-Control"]


def test_a_stale_entry_is_refreshed_with_its_query(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    app = make_app({"items/route.py": module(COUNTING, Q=Q)})
    client = client_for(app)
    assert client.get("/items?page=2").json["number"] == 1

    app.cache.revalidate_tag("_N_T_/items", "max")
    stale = client.get("/items?page=2")

    assert stale.json == {"number": 1, "page": 2, "tag": []}
    for _ in range(200):
        fresh = client.get("/items?page=2").json
        if fresh["number"] == 2:
            break
    assert fresh == {"number": 2, "page": 2, "tag": []}


def test_a_purge_of_the_path_purges_all_queries(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    app = make_app({"items/route.py": module(COUNTING, Q=Q)})
    client = client_for(app)
    client.get("/items?page=1"), client.get("/items?page=2")

    app.cache.revalidate_path("/items")

    assert client.get("/items?page=1").json["number"] == 3
    assert client.get("/items?page=2").json["number"] == 4


def test_middleware_in_front_of_a_query(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {"middleware.py": "def middleware(request): pass", "items/route.py": module(COUNTING, Q=Q)}
    client = client_for(make_app(files))

    for _ in range(3):
        assert client.get("/items?page=1&utm=1").json["number"] == 1
        assert client.get("/items?page=2").json["number"] == 2
        assert client.get("/items?page=x").status_code == 422


def test_a_rewritten_query_is_part_of_the_key(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    app = make_app(
        {"items/route.py": module(COUNTING, Q=Q)},
        rewrites=[{"source": "/p/:page", "destination": "/items?page=:page"}],
    )
    client = client_for(app)

    for _ in range(3):
        assert client.get("/p/7").json["page"] == 7
        assert client.get("/p/8").json["page"] == 8
        assert client.get("/p/x").status_code == 422


def test_draft_mode_calls_the_handler(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {
        "items/route.py": module(COUNTING, Q=Q),
        "on/route.py": "from routehandlers.headers import draft_mode\ndef GET():\n    draft_mode().enable()\n    return 'on'",
    }
    client = client_for(make_app(files, secret_key="0123456789abcdef"))
    cookie = client.get("/on").headers["Set-Cookie"].partition(";")[0]

    responses = [client.get("/items?page=2", headers={"Cookie": cookie}).json for _ in range(2)]

    assert responses == [{"number": 1, "page": 2, "tag": []}, {"number": 2, "page": 2, "tag": []}]
    assert client.get("/items?page=x", headers={"Cookie": cookie}).status_code == 422


def test_prerendering_uses_the_defaults(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    files = {
        "items/route.py": module(COUNTING, Q=Q),
        "[slug]/route.py": module(
            COUNTING + "def generate_static_params(): return [{'slug': 'a'}, {'slug': 'b'}]", Q=Q
        ),
        "needs/route.py": module(COUNTING, Q="page: int; tag: list[str] = []"),
    }
    app = make_app(files)

    made = {result.path: (result.is_stored, result.reason) for result in prerender(app)}

    assert made == {
        "/items": (True, ""), "/a": (True, ""), "/b": (True, ""), "/needs": (False, "inputs without defaults"),
    }  # fmt: skip
    client = client_for(app)
    assert client.get("/items?utm=1").headers["Cache-Status"].startswith("routehandlers; hit")
    assert client.get("/a").json["number"] == 1


def test_a_prerendered_response_counts_each_field_as_sent(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from pydantic import BaseModel
revalidate = 60
class Q(BaseModel):
    page: int = 1
def GET(query: Q): return sorted(query.model_fields_set)
"""
    app = make_app({"route.py": source})

    assert [result.is_stored for result in prerender(app)] == [True]
    response = client_for(app).get("/?page=1")
    assert (response.json, response.headers["Cache-Status"].split(";")[1]) == (["page"], " hit")


def test_explain_shows_the_key(make_app: MakeApp, module: Module) -> None:
    app = make_app({"items/route.py": module(COUNTING, Q=Q)})

    first, second = (dict(explain(app, "GET", url)) for url in ("/items?tag=a&page=2", "/items?page=2&utm=1&tag=a"))

    assert first["key"] == second["key"]


def test_a_long_query_is_answered_without_the_storage(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    app = make_app({"items/route.py": module(COUNTING, Q=Q)})
    client = client_for(app)

    assert client.get("/items?tag=" + "a" * 9_000).json["number"] == 1
    assert client.get("/items?tag=" + "a" * 9_000).json["number"] == 2
    assert not list(app.cache.store.handler.entries())


# What a first version did wrong ------------------------------------------------------------


SECRETS = {
    "pydantic": """
from pydantic import BaseModel, Field, SecretStr
class Q(BaseModel):
    token: SecretStr = SecretStr("")
    hidden: str = Field("", exclude=True)
    def texts(self): return [self.token.get_secret_value(), self.hidden]
""",
    "msgspec": """
from msgspec import Struct
class Q(Struct, omit_defaults=True):
    token: str = ""
    hidden: str = ""
    def texts(self): return [self.token, self.hidden]
""",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_secrets_and_excluded_fields_are_in_the_key(kind: str, make_app: MakeApp, client_for: ClientFor) -> None:
    source = SECRETS[kind] + "revalidate = 60\ndef GET(query: Q): return query.texts()\n"
    client = client_for(make_app({"route.py": source}))

    for _ in range(3):
        assert client.get("/?token=a").json == ["a", ""]
        assert client.get("/?token=b").json == ["b", ""]
        assert client.get("/?hidden=a").json == ["", "a"]
        assert client.get("/?hidden=b").json == ["", "b"]


def test_values_of_different_types_and_texts_are_different(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from pydantic import BaseModel
from datetime import datetime
from decimal import Decimal
revalidate = 60
class Q(BaseModel):
    any: bool | int | float | str = 0
    amount: Decimal = Decimal(0)
    at: datetime = datetime(2020, 1, 1)
def GET(query: Q): return [repr(query.any), str(query.amount), query.at.isoformat()]
"""
    client = client_for(make_app({"route.py": source}))

    def texts(query: str) -> list[str]:
        found: list[str] = client.get(f"/?{query}").json
        return found

    for _ in range(3):
        seen = [texts(f"any={text}")[0] for text in ("1", "1.0", "true", "x")]
        assert len(set(seen)) == len(seen)
        assert [texts(f"amount={text}")[1] for text in ("1.0", "1.00", "1")] == ["1.0", "1.00", "1"]
        assert texts("at=2024-01-01T00:00:00%2B00:00")[2] != texts("at=2024-01-01T01:00:00%2B01:00")[2]


def test_a_handler_cannot_see_which_fields_were_sent(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from pydantic import BaseModel
revalidate = 60
class Q(BaseModel):
    page: int = 1
    size: int = 10
def GET(query: Q): return [sorted(query.model_fields_set), query.model_dump(exclude_unset=True)]
"""
    client = client_for(make_app({"route.py": source}))

    first = client.get("/?page=1")
    second = client.get("/")

    assert second.headers["Cache-Status"].startswith("routehandlers; hit")
    assert first.json == second.json == [["page", "size"], {"page": 1, "size": 10}]


def test_a_validator_cannot_read_the_request(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from pydantic import BaseModel, Field
from routehandlers.headers import headers
revalidate = 60
class Q(BaseModel):
    user: str = Field(default_factory=lambda: headers().get("X-User") or "")
def GET(query: Q): return [query.user]
"""
    client = client_for(make_app({"route.py": source}))

    for user in ("a", "b"):
        assert client.get("/", headers={"X-User": user}).status_code == 500
    assert client.get("/?user=c").json == ["c"]


def test_a_default_that_differs_from_call_to_call_is_the_one_of_its_entry(
    make_app: MakeApp, client_for: ClientFor
) -> None:
    source = """
import itertools
from pydantic import BaseModel, Field
revalidate = 60
numbers = itertools.count()
class Q(BaseModel):
    number: int = Field(default_factory=lambda: next(numbers))
def GET(query: Q): return [query.number]
"""
    app = make_app({"route.py": source})
    client = client_for(app)

    seen = client.get("/").json[0]

    assert client.get(f"/?number={seen}").headers["Cache-Status"].startswith("routehandlers; hit")


def test_a_value_that_a_handler_changes_is_not_that_of_the_next_render(
    make_app: MakeApp, client_for: ClientFor, module: Module
) -> None:
    source = module(
        "revalidate = 60\ndef GET(query: Q):\n    query.tag.append('x')\n    return query.tag", Q="tag: list[str] = []"
    )
    app = make_app({"route.py": source})
    client = client_for(app)

    for _ in range(3):
        assert client.get("/?tag=a").json == ["a", "x"]
        assert client.get("/").json == ["x"]
        app.cache.revalidate_path("/")


def test_values_that_are_not_plain_take_the_declared_names_as_sent(make_app: MakeApp, client_for: ClientFor) -> None:
    source = """
from typing import Annotated, Any
from pydantic import BaseModel, BeforeValidator, AliasChoices, Field, ConfigDict
revalidate = 60
class Point:
    def __init__(self, text): self.x, self.y = map(int, text.split(","))
class Q(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    at: Annotated[Point, BeforeValidator(lambda text: text if isinstance(text, Point) else Point(text))] = Field(
        Point("0,0"), validation_alias=AliasChoices("at", "where")
    )
def GET(query: Q): return [query.at.x, query.at.y]
"""
    client = client_for(make_app({"route.py": source}))

    for _ in range(3):
        assert client.get("/?at=1,2&utm=1").json == [1, 2]
        assert client.get("/?at=3,4").json == [3, 4]
        assert client.get("/?where=5,6").json == [5, 6]
        assert client.get("/?where=7,8").json == [7, 8]
        assert client.get("/").json == [0, 0]
    assert client.get("/?at=1,2&utm=2").headers["Cache-Status"].startswith("routehandlers; hit")


@pytest.mark.parametrize(
    "model",
    [
        "@dataclass\nclass Q:\n    token: InitVar[str] = ''\n    page: int = 1\n"
        "    def __post_init__(self, token): self.seen = token\n",
        "class Seen:\n    def __init__(self, text): self.text = text\n"
        "class Q(BaseModel):\n    model_config = ConfigDict(arbitrary_types_allowed=True)\n    hidden: Seen\n"
        "    @model_validator(mode='before')\n    @classmethod\n"
        "    def take(cls, sent): return {'hidden': Seen(sent.get('token', ''))}\n"
        "    @property\n    def seen(self): return self.hidden.text\n",
    ],
    ids=["InitVar", "validator"],
)
def test_a_name_that_is_no_field_is_in_the_key_if_code_of_the_model_reads_it(
    model: str, make_app: MakeApp, client_for: ClientFor
) -> None:
    imports = (
        "from dataclasses import InitVar, dataclass\nfrom pydantic import BaseModel, ConfigDict, model_validator\n"
    )
    source = f"{imports}revalidate = 60\n{model}def GET(query: Q): return [query.seen]\n"
    client = client_for(make_app({"route.py": source}))

    for _ in range(2):
        assert [client.get(f"/?token={token}").json for token in "ab"] == [["a"], ["b"]]
    assert client.get("/?token=a").headers["Cache-Status"].startswith("routehandlers; hit")


def test_an_error_that_a_handler_raises_is_not_stored(make_app: MakeApp, client_for: ClientFor, module: Module) -> None:
    source = module(
        """
        from routehandlers.exceptions import ValidationError
        revalidate = 60
        def GET(query: Q): raise ValidationError([{"detail": "Too far.", "in": "query", "name": "page"}])
        """,
        Q=Q,
    )
    app = make_app({"route.py": source})
    client = client_for(app)

    for _ in range(3):
        response = client.get("/?page=7")
        assert response.status_code == 422
        assert response.json["errors"] == [{"detail": "Too far.", "in": "query", "name": "page"}]
        assert "no-store" in response.headers["Cache-Control"]
    assert not list(app.cache.store.handler.entries())


def test_many_queries_do_not_grow_without_bound(
    make_app: MakeApp, client_for: ClientFor, module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With tracing, which other tests import, no response is ready.
    monkeypatch.delitem(sys.modules, "opentelemetry.instrumentation.wsgi", raising=False)
    monkeypatch.setattr("routehandlers._inputs.key.MOST_QUERIES", 5)
    monkeypatch.setattr("routehandlers._runtime.path.hits.MOST_READY", 5)
    app = make_app({"route.py": module(COUNTING, Q=Q)})
    client = client_for(app)

    for page in range(10):
        assert [client.get(f"/?page={page}").json["page"] for _ in range(2)] == [page, page]

    endpoint = app._endpoints[0]
    assert len(endpoint._inputs._parts) == 5
    assert len(endpoint._queries._ready) == 5
