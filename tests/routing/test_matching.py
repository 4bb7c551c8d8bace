"""Which route answers which URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidConfigError, UnknownRouteError

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

SHOW = "def GET(request, context): return {'route': %r, 'params': context.params, 'path': request.path}\n"


def sources(*names: str) -> dict[str, str]:
    return {f"{name}/route.py".lstrip("/"): SHOW % f"/{name}" for name in names}


@pytest.fixture
def found(make_app: MakeApp, client_for: ClientFor) -> Callable[..., Any]:
    def find(names: tuple[str, ...], url: str, **settings: Any) -> Any:
        app = make_app(sources(*names), **settings)
        answer = client_for(app).open(environ_overrides={"RAW_URI": url, "PATH_INFO": _path_info(url)})
        if answer.status_code != 200:
            return answer.status_code
        body = answer.get_json()
        return body["route"], body["params"]

    return find


def _path_info(url: str) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(url.partition("?")[0]).decode("latin-1")


ALL = (
    "", "items", "items/new", "items/[slug]", "items/[slug]/edit", "orders/[id=int]", "orders/[name]", "orders/[...rest]",
    "shop/[tag]/[item]", "blog/[...slug]", "docs/[[...path]]", "u", "u/[[...x]]", "(m)/about", ".well-known/security.txt",
    "lang/[lang]/docs/[...path]", "lang/[lang]/[[...any]]", "a/b/c", "a/[x]/d", "[top]/e",
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("/", ("/", {})),
        ("/items", ("/items", {})),
        ("/items/new", ("/items/new", {})),
        ("/items/a", ("/items/[slug]", {"slug": "a"})),
        ("/items/new/edit", ("/items/[slug]/edit", {"slug": "new"})),
        ("/items/a%2Fb", ("/items/[slug]", {"slug": "a/b"})),
        ("/items/a%3Cb", ("/items/[slug]", {"slug": "a<b"})),
        ("/items/%EE%80%80s", ("/items/[slug]", {"slug": "\ue000s"})),
        ("/items/a+b", ("/items/[slug]", {"slug": "a+b"})),
        ("/items/%2541", ("/items/[slug]", {"slug": "%41"})),
        ("/items/caf%C3%A9", ("/items/[slug]", {"slug": "café"})),
        ("/items/a;b=1", ("/items/[slug]", {"slug": "a;b=1"})),
        ("/items/%0A", ("/items/[slug]", {"slug": "\n"})),
        ("/%69tems/new", ("/items/new", {})),
        ("/orders/7", ("/orders/[id=int]", {"id": 7})),
        ("/orders/x", ("/orders/[name]", {"name": "x"})),
        ("/orders/%D9%A3", ("/orders/[name]", {"name": "٣"})),
        ("/orders/7/x", ("/orders/[...rest]", {"rest": ["7", "x"]})),
        ("/orders/" + "9" * 5000, ("/orders/[name]", {"name": "9" * 5000})),
        ("/shop/1/2", ("/shop/[tag]/[item]", {"tag": "1", "item": "2"})),
        ("/shop/1", 404),
        ("/blog", 404),
        ("/blog/a/b%2Fc/%0Ad", ("/blog/[...slug]", {"slug": ["a", "b/c", "\nd"]})),
        ("/docs", ("/docs/[[...path]]", {})),
        ("/docs/a/b", ("/docs/[[...path]]", {"path": ["a", "b"]})),
        ("/u", ("/u", {})),
        ("/u/1", ("/u/[[...x]]", {"x": ["1"]})),
        ("/about", ("/(m)/about", {})),
        ("/(m)/about", 404),
        ("/.well-known/security.txt", ("/.well-known/security.txt", {})),
        ("/lang/en/docs", ("/lang/[lang]/[[...any]]", {"lang": "en", "any": ["docs"]})),
        ("/lang/en/docs/x", ("/lang/[lang]/docs/[...path]", {"lang": "en", "path": ["x"]})),
        ("/a/b/c", ("/a/b/c", {})),
        ("/a/b/d", ("/a/[x]/d", {"x": "b"})),
        ("/a/e", ("/[top]/e", {"top": "a"})),
        ("/Items", 404),
        ("/nope", 404),
        ("/items/a/../b", 404),
        ("/items/%2e%2e/b", 404),
        ("/items/.", 404),
        ("/items/%", 400),
        ("/items/%zz", 400),
        ("/items/%ff", 400),
        ("/items/a%00b", 400),
    ],
)
def test_the_most_special_route_answers(found: Callable[..., Any], url: str, answer: object) -> None:
    assert found(ALL, url) == answer


@pytest.mark.parametrize("query", ["", "?a=1", "?a=%2F&b=//x", "?"])
def test_the_query_does_not_change_the_match(found: Callable[..., Any], query: str) -> None:
    assert found(ALL, f"/items/a{query}") == ("/items/[slug]", {"slug": "a"})


@pytest.mark.parametrize("base_path", ["", "/b"])
def test_a_parameter_is_never_empty(make_app: MakeApp, base_path: str) -> None:
    app = make_app(sources("[slug]"), base_path=base_path)

    assert Client(app).get(base_path or "/").status_code == 404
    assert Client(app).get(f"{base_path}/a").status_code == 200


class Even(BaseConverter):
    regex = r"\d+"

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError
        return int(value)


def test_a_converter_that_refuses_leaves_the_path_to_the_next_candidate(found: Callable[..., Any]) -> None:
    names = ("n/[even=even]", "n/[any]", "n/[...rest]")

    assert found(names, "/n/4", converters={"even": Even}) == ("/n/[even=even]", {"even": 4})
    assert found(names, "/n/5", converters={"even": Even}) == ("/n/[any]", {"any": "5"})
    assert found(("n/[even=even]",), "/n/5", converters={"even": Even}) == 404


def test_several_converters_at_one_place_are_tried_in_one_order(found: Callable[..., Any]) -> None:
    names = ("n/[f=float]", "n/[i=int]", "n/[u=uuid]", "n/[s]")

    assert found(names, "/n/7") == ("/n/[i=int]", {"i": 7})
    assert found(names, "/n/7.5") == ("/n/[f=float]", {"f": 7.5})
    assert found(names, "/n/a8098c1a-f86e-11da-bd1a-00112444be1e")[0] == "/n/[u=uuid]"
    assert found(names, "/n/x") == ("/n/[s]", {"s": "x"})


def test_something_that_is_no_converter_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(InvalidConfigError, match="Give a subclass"):
        make_app(sources("x"), converters={"x": str})


@pytest.mark.parametrize(
    ("sent", "path_info", "script_name", "slug"),
    [
        ("/items/a%2Fb", "/items/a/b", "", "a/b"),
        ("/mount/items/a%2Fb", "/items/a/b", "/mount", "a/b"),
        ("/m%6Funt/items/a%2Fb", "/items/a/b", "/mount", "a/b"),
        ("http://host/items/a%2Fb", "/items/a/b", "", "a/b"),
        # An outer layer changed the path: its word holds.
        ("/other/a%2Fb", "/items/x", "", "x"),
        ("/items/%78", "/items/%78", "", "%78"),
    ],
)
def test_the_sent_path_counts_where_it_says_the_same(
    make_app: MakeApp, client_for: ClientFor, sent: str, path_info: str, script_name: str, slug: str
) -> None:
    client = client_for(make_app(sources("items/[slug]")))

    answer = client.get(environ_overrides={"RAW_URI": sent, "PATH_INFO": path_info, "SCRIPT_NAME": script_name})

    assert answer.get_json()["params"] == {"slug": slug}


def test_ten_thousand_routes_match_like_ten(found: Callable[..., Any]) -> None:
    names = tuple(f"r{number}/[a]/[b]" for number in range(300))

    assert found(names, "/r299/1/2") == ("/r299/[a]/[b]", {"a": "1", "b": "2"})


@pytest.mark.parametrize(
    ("pattern", "params", "url"),
    [
        ("/", {}, "/"),
        ("/items/[slug]", {"slug": "a b/c?d#é"}, "/items/a%20b%2Fc%3Fd%23%C3%A9"),
        ("/orders/[id=int]", {"id": 7}, "/orders/7"),
        ("/blog/[...slug]", {"slug": ["a", "b/c"]}, "/blog/a/b%2Fc"),
        ("/docs/[[...path]]", {}, "/docs"),
        ("/docs/[[...path]]", {"path": ["x"]}, "/docs/x"),
        ("/about", {}, "/about"),
        ("/.well-known/security.txt", {}, "/.well-known/security.txt"),
    ],
)
def test_url_for_builds_the_url_of_a_pattern(make_app: MakeApp, pattern: str, params: dict[str, Any], url: str) -> None:
    assert make_app(sources(*ALL)).url_for(pattern, **params) == url


@pytest.mark.parametrize(
    ("pattern", "params", "message"),
    [
        ("/nope", {}, "There is no route '/nope'"),
        ("/items/[slug]", {}, "needs a value for 'slug'"),
        ("/items/[slug]", {"slug": "a", "x": 1}, "has no parameter 'x'"),
        ("/items/[slug]", {"slug": ".."}, "cannot be '..' in a path"),
        ("/items/[slug]", {"slug": ""}, "cannot be '' in a path"),
        ("/items/[slug]", {"slug": "\ud800"}, "UTF-8"),
        ("/blog/[...slug]", {"slug": "a"}, "takes a list"),
        ("/blog/[...slug]", {"slug": []}, "takes a list"),
        ("/blog/[...slug]", {"slug": 7}, "takes a list of segments, not 7"),
        ("/blog/[...slug]", {"slug": b"a"}, "takes a list"),
        ("/orders/[id=int]", {"id": -1}, r"'\[id=int\]' of '/orders/\[id=int\]' does not accept -1"),
        ("/orders/[id=int]", {"id": "x"}, "does not accept 'x'"),
        ("/orders/[id=int]", {"id": [1]}, r"does not accept \[1\]"),
    ],
)
def test_url_for_says_what_is_missing(make_app: MakeApp, pattern: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownRouteError, match=message):
        make_app(sources(*ALL)).url_for(pattern, **params)


def test_a_parameter_may_have_any_name(make_app: MakeApp) -> None:
    app = make_app(sources("[pattern]/[self]/[post-id]"))

    assert app.url_for("/[pattern]/[self]/[post-id]", **{"pattern": "a", "self": "b", "post-id": "c"}) == "/a/b/c"


def test_url_for_knows_base_path_slash_query_and_origin(make_app: MakeApp) -> None:
    app = make_app(
        sources("", "items/[slug]", "f.txt"), base_path="/b", trailing_slash=True, origin="https://x.example"
    )

    assert app.url_for("/items/[slug]", slug="a", _query={"q": ["1", "2"]}) == "/b/items/a/?q=1&q=2"
    assert app.url_for("/", _external=True) == "https://x.example/b/"
    assert app.url_for("/f.txt") == "/b/f.txt"
