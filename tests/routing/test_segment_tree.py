"""The segment tree gives the answers of Werkzeug's map."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers._http.request.path import decode_segments
from routehandlers._routing.conflicts import find_conflicts
from routehandlers._routing.segment_tree import SegmentTree
from routehandlers._routing.segments import parse_segment
from routehandlers._routing.spelling import to_matching
from routehandlers._routing.tree import RouteFile
from routehandlers._routing.urlmap import UrlMap

MakeApp = Callable[..., RouteHandlers]


class Short(BaseConverter):
    """Refuses by its regex."""

    regex = r"[a-z]{1,2}"


class Even(BaseConverter):
    """Refuses by a ``ValidationError``."""

    regex = r"\d+"

    def to_python(self, value: str) -> int:
        if int(value) % 2:
            raise ValidationError
        return int(value)


class Hex(BaseConverter):
    """Refuses by a ``ValueError``, and its regex has a slash, which Werkzeug takes for several segments."""

    regex = r"[^/]+"

    def to_python(self, value: str) -> tuple[str, int]:
        return "hex", int(value, 16)


class Nothing(BaseConverter):
    """Matches a segment without text, and comes before all others."""

    regex = r"x?"
    weight = 1


class Late(BaseConverter):
    """Comes after all other converters, and its values have escapes."""

    regex = r"(?s:[^/]*[<\ue000].*)"
    weight = 900


CUSTOM = {"short": Short, "even": Even, "hex": Hex, "nothing": Nothing, "late": Late}
# The user's own word for a name that the tree knows.
OVERRIDING = {**CUSTOM, "int": Even}


def route(*folders: str) -> RouteFile:
    parsed = tuple(segment for segment in map(parse_segment, folders) if segment.in_url)
    return RouteFile(Path("/app", *folders, "route.py"), folders, parsed)


def routes_of(*patterns: str) -> list[RouteFile]:
    return [route(*(folder for folder in pattern.split("/") if folder)) for pattern in patterns]


UUID_TEXT = "a8098c1a-f86e-11da-bd1a-00112444be1e"
STATICS = ["a", "b", "7", "x", "a b", "<x>", "\ue000s", "é", "%2F", "a|b", "%5B0-9%5D"]
BUILT_IN = ["[i{}=int]", "[f{}=float]", "[u{}=uuid]"]


@st.composite
def trees(draw: st.DrawFn) -> list[RouteFile]:
    """Routes without conflicts; half of the trees have no converter of the user."""
    converters = BUILT_IN + draw(st.sampled_from([[], [f"[{name}{{}}={name}]" for name in CUSTOM]]))
    folder = st.one_of(st.sampled_from(STATICS), st.just("[p{}]"), st.just("[p{}]"), st.sampled_from(converters))
    last = st.sampled_from([(), (), ("[...r]",), ("[[...r]]",)])
    kept: list[RouteFile] = []
    for path, rest in draw(st.lists(st.tuples(st.lists(folder, max_size=3), last), min_size=1, max_size=9)):
        found = route(*(name.format(depth) for depth, name in enumerate(path)), *rest)
        if not find_conflicts([*kept, found]):
            kept.append(found)
    return kept


SEGMENTS = st.one_of(
    st.sampled_from(
        ["a", "b", "7", "8", "x", "a%20b", "%3Cx%3E", "%EE%80%80s", "%C3%A9", "a%2Fb", "%2F", "%0A", "7%0A", "0007"]
    ),
    st.sampled_from(["1.5", "1.5%0A", "%D9%A3", "%C2%B2", UUID_TEXT, UUID_TEXT.upper(), "ff", "a|b", "%5B0-9%5D"]),
    st.sampled_from(["9" * 4301, "9" * 400 + ".0"]),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=4)
    .filter(lambda text: text not in {".", ".."})
    .map(lambda text: quote(text, safe="")),
)
PATHS = st.lists(SEGMENTS, max_size=5).map(lambda segments: to_matching(decode_segments("/" + "/".join(segments))))
# No request comes as far as the tree with segments that have no text; the two agree all the same.
ODD_PATHS = st.lists(st.sampled_from(["", "", "a", "7", "x"]), min_size=1, max_size=5).map(
    lambda texts: "/" + "/".join(texts)
)


@pytest.mark.uncounted
@settings(max_examples=300, deadline=None)
@given(
    routes=trees(),
    paths=st.lists(st.one_of(PATHS, PATHS, ODD_PATHS), min_size=4, max_size=4),
    refused=st.frozensets(st.integers(0, 8), max_size=3),
    converters=st.sampled_from([CUSTOM, OVERRIDING]),
)
def test_the_tree_and_the_map_give_the_same_match(
    routes: list[RouteFile], paths: list[str], refused: frozenset[int], converters: dict[str, type[BaseConverter]]
) -> None:
    tree, oracle = SegmentTree(routes, converters), UrlMap(routes, converters)

    for path in paths:
        for without in (frozenset[int](), refused):
            found, wanted = tree.match(path, without), oracle.match(path, without)

            assert found == wanted, (path, [known.pattern for known in routes])
            assert repr(found) == repr(wanted)  # types and order, too


TABLE = routes_of(
    "/", "items", "items/new", "items/[slug]", "n/[i=int]", "n/[f=float]", "n/[u=uuid]", "n/[any]", "n/[...rest]",
    "docs/[[...path]]", "u", "u/[[...x]]", "a/b/c", "a/[x]/d", "[top]/e", "[top]/[i=int]/[...rest]",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "pattern", "params"),
    [
        ("/", "/", {}),
        ("/items/new", "/items/new", {}),
        ("/items/a", "/items/[slug]", {"slug": "a"}),
        ("/items/a\ue000sb", "/items/[slug]", {"slug": "a/b"}),
        ("/n/7", "/n/[i=int]", {"i": 7}),
        ("/n/7.5", "/n/[f=float]", {"f": 7.5}),
        (f"/n/{UUID_TEXT}", "/n/[u=uuid]", {"u": UUID(UUID_TEXT)}),
        ("/n/7\n", "/n/[any]", {"any": "7\n"}),
        ("/n/\u0663", "/n/[any]", {"any": "\u0663"}),
        ("/n/\u00b2", "/n/[any]", {"any": "\u00b2"}),
        ("/n/" + "9" * 4301, "/n/[any]", {"any": "9" * 4301}),
        ("/n/7/x", "/n/[...rest]", {"rest": ["7", "x"]}),
        ("/n/7/a\ue000lb", "/n/[...rest]", {"rest": ["7", "a<b"]}),
        ("/docs", "/docs/[[...path]]", {}),
        ("/docs/a/b", "/docs/[[...path]]", {"path": ["a", "b"]}),
        ("/u", "/u", {}),
        ("/u/1", "/u/[[...x]]", {"x": ["1"]}),
        ("/a/b/c", "/a/b/c", {}),
        ("/a/b/d", "/a/[x]/d", {"x": "b"}),
        ("/a/e", "/[top]/e", {"top": "a"}),
        ("/a/7/b/c", "/[top]/[i=int]/[...rest]", {"top": "a", "i": 7, "rest": ["b", "c"]}),
        ("/a/7", None, None),
        ("/nope", None, None),
    ],
)
def test_the_better_choice_comes_first_and_the_next_where_it_leads_nowhere(
    path: str, pattern: str | None, params: dict[str, Any] | None
) -> None:
    found = SegmentTree(TABLE, {}).match(path)

    assert (found and (TABLE[found[0]].pattern, found[1])) == (pattern and (pattern, params))


def test_a_route_that_is_refused_leaves_the_path_to_the_next() -> None:
    routes = routes_of("x/y", "x/[i=int]", "x/[a]", "x/[...rest]", "x/y/[[...all]]")
    tree = SegmentTree(routes, {})

    refused: frozenset[int] = frozenset()
    order = []
    while found := tree.match("/x/y", refused):
        order.append(routes[found[0]].pattern)
        refused |= {found[0]}

    assert order == ["/x/y", "/x/y/[[...all]]", "/x/[a]", "/x/[...rest]"]


def test_the_base_of_a_catch_all_below_a_converter_comes_before_a_plain_parameter() -> None:
    # A shortcut for plain parameters used to miss it.
    tree = SegmentTree(routes_of("items/[slug]", "items/[id=int]/[[...rest]]"), {})

    assert tree.match("/items/7") == (1, {"id": 7})
    assert tree.match("/items/a") == (0, {"slug": "a"})


@pytest.mark.parametrize("path", ["/items/new", "/items/a", "/n/7/x", "/docs", "/a/b/d"])
def test_every_match_has_params_of_its_own(path: str) -> None:
    tree = SegmentTree(TABLE, {})
    first, second = tree.match(path), tree.match(path)
    assert first is not None
    assert second is not None

    first[1]["more"] = True
    for value in first[1].values():
        if isinstance(value, list):
            value.append("more")

    assert second == tree.match(path) != first


def test_a_match_without_a_converter_of_the_user_needs_no_map() -> None:
    tree = SegmentTree([*TABLE, *routes_of("c/[x=even]", "c/z")], CUSTOM)

    for path in ("/", "/items/a", "/n/7", "/docs/a", "/c/z", "/nope/a/b"):
        tree.match(path)
    tree.build(TABLE[4], {"i": 7})

    assert not tree.url_map.is_bound
    assert tree.match("/c/4") == (len(TABLE), {"x": 4})
    assert tree.url_map.is_bound


def test_an_overridden_name_means_the_converter_of_the_user() -> None:
    tree = SegmentTree(routes_of("n/[i=int]", "n/[any]"), {"int": Even})

    assert tree.match("/n/4") == (0, {"i": 4})
    assert tree.match("/n/5") == (1, {"any": "5"})


def test_threads_that_need_the_map_first_get_the_same_answer() -> None:
    routes = routes_of(*(f"r{number}/[x=even]" for number in range(100)))
    tree = SegmentTree(routes, CUSTOM)
    start = threading.Barrier(8)

    def match(number: int) -> object:
        start.wait()
        return tree.match(f"/r{number}/4")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(match, range(8)))

    assert found == [(number, {"x": 4}) for number in range(8)]


class Unmakeable(BaseConverter):
    def __init__(self, url_map: object) -> None:
        raise LookupError("no such table")


def test_a_converter_that_cannot_be_made_is_reported_at_start() -> None:
    with pytest.raises(LookupError, match="no such table"):
        SegmentTree(routes_of("[x=bad]"), {"bad": Unmakeable})

    SegmentTree(routes_of("[x=even]"), {"even": Even, "bad": Unmakeable})


def test_a_converter_is_called_once_for_a_request(make_app: MakeApp) -> None:
    calls: list[str] = []

    class Counted(BaseConverter):
        def to_python(self, value: str) -> str:
            calls.append(value)
            return value

    show = "def GET(request, context): return context.params\n"
    app = make_app(
        {"c/[x=counted]/route.py": show, "c/[x=counted]/more/route.py": show, "c/[any]/route.py": show},
        converters={"counted": Counted},
    )

    assert Client(app).get("/c/a").get_json() == {"x": "a"}
    assert calls == ["a"]


def test_a_walk_is_never_longer_than_the_tree() -> None:
    # Twenty places with two choices each, of which none leads to the end.
    static, parameters = "/".join("a" * 20), "/".join(f"[p{depth}]" for depth in range(20))
    mixed = "/".join("a" if depth % 2 else f"[p{depth}]" for depth in range(20))
    tree = SegmentTree(routes_of(f"{static}/x", f"{parameters}/x", f"{mixed}/x"), {})

    assert tree.match("/a" * 20 + "/y") is None
    assert tree.match("/a" * 20 + "/x") == (0, {})
