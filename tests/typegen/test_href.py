"""``href()`` of the generated module when it runs: it gives what ``url_for()`` of the application gives."""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from hypothesis import assume, given
from hypothesis import strategies as st
from servers import write_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import BaseConverter
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError, UnknownRouteError
from routehandlers.inspect import route_types
from routehandlers.typed_routes import Href

HANDLER = "def GET(): return 'x'\n"
PATTERNS = (
    "/", "/about", "/f.txt", "/.well-known/security.txt", "/users/[id]", "/orders/[id=int]", "/prices/[price=float]",
    "/things/[id=uuid]", "/blog/[...slug]", "/docs/[[...path]]", "/posts/[post-id]/[class]", "/%5Fx/é",
)  # fmt: skip


def import_types(app: RouteHandlers) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "_routes"}
    exec(compile(route_types(app), "_routes.py", "exec"), names)
    return names


def sources(*patterns: str) -> dict[str, str]:
    return {f"{pattern[1:]}/route.py".lstrip("/"): HANDLER for pattern in patterns}


@pytest.mark.parametrize(
    ("pattern", "params", "path"),
    [
        ("/", {}, "/"),
        ("/f.txt", {}, "/f.txt"),
        ("/users/[id]", {"id": 7}, "/users/7"),
        ("/users/[id]", {"id": "a b/c?d#é"}, "/users/a%20b%2Fc%3Fd%23%C3%A9"),
        ("/orders/[id=int]", {"id": 7}, "/orders/7"),
        ("/prices/[price=float]", {"price": 1.5}, "/prices/1.5"),
        ("/things/[id=uuid]", {"id": uuid.UUID(int=1)}, "/things/00000000-0000-0000-0000-000000000001"),
        ("/blog/[...slug]", {"slug": ("a", "b/c")}, "/blog/a/b%2Fc"),
        ("/docs/[[...path]]", {}, "/docs"),
        ("/docs/[[...path]]", {"path": None}, "/docs"),
        ("/posts/[post-id]/[class]", {"post-id": 7, "class": "x"}, "/posts/7/x"),
        ("/%5Fx/é", {}, "/_x/%C3%A9"),
    ],
)
def test_href_builds_the_url_of_a_pattern(pattern: str, params: dict[str, Any], path: str) -> None:
    assert Href(PATTERNS)(pattern, **params) == path


@pytest.mark.parametrize(
    ("pattern", "params", "message"),
    [
        ("/user/[id]", {"id": 7}, r"no route '/user/\[id\]'. Did you mean '/users/\[id\]'\?.* routehandlers typegen"),
        ("@", {}, "There are: /, /about, "),
        ("/users/[id]", {}, "needs a value for 'id'"),
        ("/users/[id]", {"id": 7, "x": 1}, "has no parameter 'x'"),
        ("/users/[id]", {"id": ".."}, "cannot be '..' in a path"),
        ("/orders/[id=int]", {"id": "x"}, "does not accept 'x'"),
        ("/blog/[...slug]", {"slug": "a"}, "takes a list"),
    ],
)
def test_href_says_what_is_wrong(pattern: str, params: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownRouteError, match=message):
        Href(PATTERNS)(pattern, **params)


def test_not_all_of_many_patterns_are_told() -> None:
    with pytest.raises(UnknownRouteError) as caught:
        Href([f"/route-{number}" for number in range(500)])("@")

    assert "/route-19, and 480 more." in str(caught.value)


@pytest.mark.parametrize(
    "settings", [{}, {"base_path": "/b"}, {"trailing_slash": True}, {"base_path": "/b", "trailing_slash": True}]
)
def test_href_knows_the_settings_as_url_for_does(make_app: MakeApp, settings: dict[str, Any]) -> None:
    app = make_app(sources("/", "/about", "/f.txt", "/.well-known/x", "/docs/[[...path]]"), **settings)
    href = import_types(app)["href"]

    for pattern in ("/", "/about", "/f.txt", "/.well-known/x", "/docs/[[...path]]"):
        assert href(pattern) == app.url_for(pattern)
        assert href(pattern, _query={"q": ["1", "ü"]}) == app.url_for(pattern, _query={"q": ["1", "ü"]})


def test_routes_reach_the_module_by_a_relative_import_and_know_their_prefix(make_app: MakeApp) -> None:
    route = """
        from typing import Literal
        from routehandlers import Request
        from ..._routes import RouteContext, href

        def GET(request: Request, context: RouteContext[Literal["/users/[id]"]]):
            return [context.params["id"], type(context).__name__, href("/users/[id]", id=8)]
        """
    types = route_types(make_app(sources("/users/[id]"), base_path="/b"))
    app = make_app({"users/[id]/route.py": route, "_routes.py": types}, base_path="/b")

    answer = Client(DispatcherMiddleware(app, {"/mount": app})).get("/mount/b/users/7")

    assert answer.json == ["7", "RouteContext", "/mount/b/users/8"]


def test_href_is_free_to_use_in_a_cached_route(make_app: MakeApp, client_for: ClientFor) -> None:
    source = "from .._routes import href\nrevalidate = 60\ncalls = []\ndef GET():\n    calls.append(1)\n    return [href('/x'), len(calls)]"
    app = make_app({"x/route.py": source, "_routes.py": route_types(make_app(sources("/x")))})
    client = client_for(app)

    assert [client.get("/x").json, client.get("/x").json] == [["/x", 1], ["/x", 1]]


class Roman(BaseConverter):
    """Writes numbers as no ``str()`` would."""

    regex = "[IVX]+"

    def to_python(self, value: str) -> int:
        return len(value)

    def to_url(self, value: int) -> str:
        return "I" * value


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module that a converter can be imported from."""
    module = ModuleType("shop_converters")
    module.Roman = Roman  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_converters", module)
    monkeypatch.setattr(Roman, "__module__", "shop_converters")
    yield


def test_converters_of_ones_own_write_their_values(make_app: MakeApp, shop: None) -> None:
    app = make_app(sources("/[number=roman]"), converters={"roman": Roman})

    assert "    number: int\n" in route_types(app)
    assert 'converters={"roman": "shop_converters:Roman"}' in route_types(app)
    assert import_types(app)["href"]("/[number=roman]", number=3) == "/III" == app.url_for("/[number=roman]", number=3)


def test_converters_that_nobody_told_of_write_values_as_text() -> None:
    assert Href(["/[when=year]"])("/[when=year]", when="20 24") == "/20%2024"


LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/[].=…%@_()")
NAMES = st.one_of(
    st.text(LETTERS, min_size=1, max_size=5), st.sampled_from(["id", "class", "a-b", "str", "self", "_x", "(x)", "%5F"])
)
FOLDERS = st.one_of(
    st.sampled_from(["a", "rss.xml", "(group)", "@slot", "%5Fx", "é"]),
    st.text(LETTERS, min_size=1, max_size=5),
    NAMES.map("[{}]".format),
    NAMES.map("[{}=int]".format),
)
LAST = st.one_of(FOLDERS, NAMES.map("[...{}]".format), NAMES.map("[[...{}]]".format))
VALUES = st.one_of(st.text(), st.integers(), st.lists(st.text(), max_size=3), st.none(), st.uuids())


@given(
    trees=st.lists(st.tuples(st.lists(FOLDERS, max_size=3), LAST), min_size=1, max_size=4),
    values=st.lists(VALUES, min_size=12, max_size=12),
    query=st.dictionaries(st.text(), st.text(), max_size=2),
    base_path=st.sampled_from(["", "/b"]),
    slash=st.booleans(),
)
def test_href_gives_what_url_for_gives(
    trees: list[tuple[list[str], str]], values: list[Any], query: dict[str, str], base_path: str, slash: bool
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        try:
            app = RouteHandlers(
                write_app(folder, {"/".join([*above, last, "route.py"]): HANDLER for above, last in trees}),
                base_path=base_path, trailing_slash=slash,
            )  # fmt: skip
        except (InvalidAppError, OSError):
            assume(False)
        href = import_types(app)["href"]

        given_values = iter(values)
        for route in app._tree.routes:
            params = {segment.name: next(given_values) for segment in route.segments if segment.is_parameter}
            assert told(href, route.pattern, query, params) == told(app.url_for, route.pattern, query, params)
    finally:
        shutil.rmtree(folder)


def told(build: Callable[..., str], pattern: str, query: dict[str, str], params: dict[str, Any]) -> str:
    try:
        return build(pattern, _query=query, **params)
    except UnknownRouteError as error:
        return f"refused: {error}"
