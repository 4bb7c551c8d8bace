"""What users write in tests of their routes, for the checkers."""

from __future__ import annotations

from typing import Literal

import pytest
from typing_extensions import assert_type

from routehandlers import Request, RouteContext, RouteHandlers
from routehandlers.headers import cookies
from routehandlers.testing import RequestScope, TestClient, TestResponse, call, clear_cache, client, request_scope
from routehandlers.typing import HandlerResult


def GET(request: Request, context: RouteContext) -> HandlerResult:
    return {"slug": context.params["slug"]}


@pytest.fixture
def signed_in(routehandlers_client: TestClient) -> TestClient:
    routehandlers_client.set_cookie("user", "ada", path="/account")
    return routehandlers_client


def test_with_the_fixtures(signed_in: TestClient, routehandlers_app: RouteHandlers) -> None:
    clear_cache(routehandlers_app)
    response = signed_in.get("/items/a%2Fb", query_string={"page": "2"}, headers={"Accept": "text/html"})
    assert_type(response, TestResponse)
    assert_type(response.cache, Literal["HIT", "STALE", "MISS", "BYPASS"] | None)
    assert response.cache == "HIT"
    assert signed_in.post("/items", json={"a": 1}).status_code == 201
    assert signed_in.open("/items", method="PATCH", buffered=False).text == ""
    slug: str = response.get_json()["slug"]
    assert slug
    cookie = signed_in.get_cookie("user")
    assert cookie is not None
    assert cookie.decoded_value == "ada"


def test_with_a_client(routehandlers_app: RouteHandlers) -> None:
    assert_type(client(routehandlers_app, raise_exceptions=False, use_cookies=False), TestClient)
    client(routehandlers_app, raises=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_one_handler(routehandlers_app: RouteHandlers) -> None:
    assert_type(call(GET, "/items/a", params={"slug": "a"}), TestResponse)
    found = routehandlers_app.load("/items/[slug]").GET
    response = call(found, "/items/a", params={"slug": "a"}, cookies={"user": "ada"}, app=routehandlers_app, json={})
    assert response.text
    call(GET, params=["a"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_function() -> None:
    with request_scope("/items/a", cookies={"user": "ada"}, headers=[("Accept", "*/*")], params={"slug": "a"}) as scope:
        assert_type(scope, RequestScope)
        cookies().set("theme", "dark")
        GET(scope.request, scope.context)
        scope.run_after()
    assert_type(scope.set_cookies, list[str])
