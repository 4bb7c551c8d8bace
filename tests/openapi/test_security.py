"""``security`` in middleware.py: guard and document in one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError
from routehandlers.openapi import document

MakeApp = Callable[..., RouteHandlers]

BEARER = {"type": "http", "scheme": "bearer"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
HANDLER = "def GET(): return {}\n"


def guard(matcher: object = None, **schemes: object) -> str:
    config = "" if matcher is None else f"config = {{'matcher': {matcher!r}}}\n"
    return f"{config}security = {schemes!r}\ndef middleware(request): return None\n"


def security(app: RouteHandlers) -> dict[str, Any]:
    """Return what each path of the document needs; ``None`` where nothing is said."""
    return {path: item["get"].get("security") for path, item in document(app)["paths"].items()}


def test_routes_below_a_guard_need_its_scheme_and_have_a_401(make_app: MakeApp) -> None:
    app = make_app({"admin/middleware.py": guard(bearer=BEARER), "admin/a/route.py": HANDLER, "b/route.py": HANDLER})

    made = document(app)

    assert security(app) == {"/admin/a": [{"bearer": []}], "/b": None}
    assert list(made["paths"]["/admin/a"]["get"]["responses"]) == ["401", "default"]
    assert made["components"]["securitySchemes"] == {"bearer": BEARER}


def test_one_of_the_schemes_of_a_guard_is_enough(make_app: MakeApp) -> None:
    app = make_app({"middleware.py": guard(bearer=BEARER, key=KEY), "route.py": HANDLER})

    assert security(app) == {"/": [{"bearer": []}, {"key": []}]}


def test_guards_inside_of_each_other_are_both_passed(make_app: MakeApp) -> None:
    app = make_app(
        {"middleware.py": guard(bearer=BEARER), "a/middleware.py": guard(key=KEY, bearer=BEARER), "a/route.py": HANDLER}
    )

    assert security(app) == {"/a": [{"bearer": [], "key": []}, {"bearer": []}]}


@pytest.mark.parametrize(
    ("matcher", "needing"),
    [
        ("/admin/:path*", ["/admin", "/admin/{x}"]),
        ("/admin/:path+", ["/admin/{x}"]),
        (["/login", "/files/:a/:b"], ["/files/{rest}", "/login"]),
        ("/((?!login).*)", ["/admin", "/admin/{x}", "/files/{rest}", "/orders/{id}"]),
        (r"/orders/:id(\d+)", ["/orders/{id}"]),
    ],
)
def test_a_matcher_selects_paths(make_app: MakeApp, matcher: object, needing: list[str]) -> None:
    files = ["admin", "admin/[x]", "login", "files/[...rest]", "orders/[id=int]"]
    app = make_app({"middleware.py": guard(matcher, bearer=BEARER), **{f"{one}/route.py": HANDLER for one in files}})

    assert [path for path, needed in security(app).items() if needed] == needing


def test_a_proxy_file_guards_too(make_app: MakeApp) -> None:
    source = guard(bearer=BEARER).replace("def middleware", "def proxy")

    assert security(make_app({"proxy.py": source, "route.py": HANDLER})) == {"/": [{"bearer": []}]}


def test_an_operation_can_need_something_else_or_nothing(make_app: MakeApp) -> None:
    def source(value: str) -> str:
        return f"from routehandlers.openapi import operation\n@operation(security={value})\n{HANDLER}"

    app = make_app(
        {
            "middleware.py": guard(bearer=BEARER),
            "a/route.py": source("[]"),
            "b/route.py": source("[{'bearer': ['read']}]"),
            "c/route.py": source("[{'key': []}]"),
            "openapi.py": f"security_schemes = {{'key': {KEY!r}}}",
        }
    )

    made = document(app)

    assert security(app) == {"/a": [], "/b": [{"bearer": ["read"]}], "/c": [{"key": []}]}
    assert "401" not in made["paths"]["/a"]["get"]["responses"]
    assert made["components"]["securitySchemes"] == {"bearer": BEARER, "key": KEY}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("security = {}", "security names no scheme: it is {}."),
        ("security = 'bearer'", "security names no scheme: it is 'bearer'."),
        ("security = {'bearer': {'scheme': 'bearer'}}", "security: 'bearer' is {'scheme': 'bearer'}. Give a dict whose 'type'"),
        ("security = {'bearer': {'type': 'http'}}", "security: 'bearer' has no 'scheme', which the type 'http' needs."),
        (
            "security = {'b': {'type': 'http', 'scheme': 'bearer'}}\nconfig = {'matcher': {'source': '/:x*', 'has': [{'type': 'header', 'key': 'a'}]}}",
            "the matcher of this middleware has conditions",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_security_are_found_at_start(make_app: MakeApp, source: str, message: str) -> None:
    with pytest.raises(InvalidAppError) as caught:
        make_app({"middleware.py": f"\n{source}\ndef middleware(request): return None", "route.py": HANDLER})

    assert message in str(caught.value)
    assert "middleware.py:2" in str(caught.value) or "line 2" in str(caught.value)


def test_two_schemes_with_one_name_are_a_mistake(make_app: MakeApp) -> None:
    files = {"middleware.py": guard(a=BEARER), "b/middleware.py": guard(a=KEY), "b/route.py": HANDLER}

    with pytest.raises(InvalidAppError, match="security: 'a' is another scheme in .*middleware.py"):
        make_app(files)
