"""``RouteHandlers.url_map``, for tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, RequestRedirect

from routehandlers import RouteHandlers

MakeApp = Callable[..., RouteHandlers]

GET = "def GET(): return {}\n"


class Even(BaseConverter):
    regex = r"\d+"
    seen: tuple[str, ...] = ()

    def to_python(self, value: str) -> int:
        type(self).seen += (value,)
        return int(value)


PATTERNS = (
    "", "(shop)/about", "items/new", "items/[slug]", "orders/[id=int]", "n/[even=even]", "n/[any]", "[post-id]/[post_id]",
    "blog/[...slug]", "u", "u/[[...x]]",
)  # fmt: skip


@pytest.fixture
def app(make_app: MakeApp) -> RouteHandlers:
    return make_app({f"{name}/route.py".lstrip("/"): GET for name in PATTERNS}, converters={"even": Even})


def test_the_map_lists_every_route_under_its_pattern(app: RouteHandlers) -> None:
    listed = sorted((rule.rule, rule.endpoint) for rule in app.url_map.iter_rules())

    assert isinstance(app.url_map, Map)
    assert listed == [
        ("/", "/"),
        ("/<post_id>/<post_id_>", "/[post-id]/[post_id]"),
        ("/about", "/about"),
        ("/blog/<path:slug>", "/blog/[...slug]"),
        ("/items/<slug>", "/items/[slug]"),
        ("/items/new", "/items/new"),
        ("/n/<any>", "/n/[any]"),
        ("/n/<even:even>", "/n/[even=even]"),
        ("/orders/<int:id>", "/orders/[id=int]"),
        ("/u", "/u"),
        ("/u", "/u/[[...x]]"),
        ("/u/<path:x>", "/u/[[...x]]"),
    ]
    assert {endpoint for _, endpoint in listed} == {route.pattern for route in app.routes}


@pytest.mark.parametrize(
    ("path", "endpoint", "values"),
    [
        ("/", "/", {}),
        ("/items/new", "/items/new", {}),
        ("/items/a", "/items/[slug]", {"slug": "a"}),
        ("/orders/7", "/orders/[id=int]", {"id": 7}),
        ("/n/4", "/n/[even=even]", {"even": 4}),
        ("/n/x", "/n/[any]", {"any": "x"}),
        ("/a/b", "/[post-id]/[post_id]", {"post_id": "a", "post_id_": "b"}),
        ("/blog/a/b", "/blog/[...slug]", {"slug": ["a", "b"]}),
        ("/u", "/u", {}),
        ("/u/1", "/u/[[...x]]", {"x": ["1"]}),
    ],
)
def test_tools_can_match_with_the_map(app: RouteHandlers, path: str, endpoint: str, values: dict[str, Any]) -> None:
    assert app.url_map.bind("localhost").match(path) == (endpoint, values)


def test_tools_can_build_with_the_map(app: RouteHandlers) -> None:
    urls = app.url_map.bind("localhost")

    assert urls.build("/items/[slug]", {"slug": "a/b"}) == "/items/a%2Fb"
    assert urls.build("/[post-id]/[post_id]", {"post-id": "a", "post_id": "b"}) == "/a/b"
    assert urls.build("/blog/[...slug]", {"slug": ["a", "b"]}) == "/blog/a/b"


def test_the_rules_begin_with_the_base_path(make_app: MakeApp) -> None:
    app = make_app({"route.py": GET, "items/[slug]/route.py": GET}, base_path="/b", trailing_slash=True)
    urls = app.url_map.bind("localhost")

    assert urls.match("/b") == ("/", {})
    assert urls.match("/b/items/a") == urls.match("/b/items/a/") == ("/items/[slug]", {"slug": "a"})
    with pytest.raises(NotFound):
        urls.match("/items/a")


def test_matching_never_redirects(app: RouteHandlers) -> None:
    urls = app.url_map.bind("localhost")

    for path in ("/items/a/", "/u/", "//items/new"):
        try:
            urls.match(path)
        except NotFound:
            pass
        except RequestRedirect as redirect:
            pytest.fail(redirect.new_url)


def test_a_name_that_no_rule_can_spell_is_left_out(make_app: MakeApp) -> None:
    app = make_app({"a%3Cb/route.py": GET, "c/route.py": GET})

    assert [rule.endpoint for rule in app.url_map.iter_rules()] == ["/c"]


def test_the_map_is_made_once_and_on_its_own(app: RouteHandlers) -> None:
    Even.seen = ()
    assert app.url_map is app.url_map

    app.url_map.bind("localhost").match("/n/4")

    assert Even.seen == ("4",)  # the converter of the user, as it was written
    assert all(type(rule._converters["even"]) is Even for rule in app.url_map.iter_rules("/n/[even=even]"))
