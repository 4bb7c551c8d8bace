"""What holds for everything that could come."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import ask, write_app

from routehandlers import RouteHandlers
from routehandlers._http.request.path import decode_segments
from routehandlers._routing.segment_tree import SegmentTree
from routehandlers._routing.segments import parse_segment
from routehandlers._routing.spelling import to_matching
from routehandlers._routing.tree import RouteFile
from routehandlers._routing.urlmap import UrlMap

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1).filter(
    lambda text: text not in {".", ".."}
)


def route(*folders: str) -> RouteFile:
    parsed = tuple(segment for segment in map(parse_segment, folders) if segment.in_url)
    return RouteFile(Path("/app", *folders, "route.py"), folders, parsed)


ROUTES = [
    route("items", "[slug]"), route("orders", "[id=int]"), route("orders", "[name]"), route("blog", "[...path]"),
    route("docs", "[[...path]]"), route("two", "[a]", "[b]"), route("mixed", "[a]", "x", "[...rest]"),
]  # fmt: skip


@given(slug=TEXT, numbers=st.integers(0, 10**30), path=st.lists(TEXT, min_size=1, max_size=5))
def test_a_url_matches_its_route_with_the_same_params(slug: str, numbers: int, path: list[str]) -> None:
    tree, url_map = SegmentTree(ROUTES, {}), UrlMap(ROUTES, {})
    wanted: list[tuple[int, dict[str, Any]]] = [
        (0, {"slug": slug}), (1, {"id": numbers}), (3, {"path": path}), (4, {"path": path}), (4, {}), (5, {"a": slug, "b": path[0]}),
        (6, {"a": slug, "rest": path}),
    ]  # fmt: skip

    for index, params in wanted:
        url = tree.build(ROUTES[index], params)

        assert url.isascii()
        assert tree.match(to_matching(decode_segments(url))) == (index, params)
        assert url_map.match(to_matching(decode_segments(url))) == (index, params)


FOLDERS = st.sampled_from(["a", "b", "[x]", "[n=int]", "[y]", "c"])


@st.composite
def trees(draw: st.DrawFn) -> list[RouteFile]:
    """Routes without conflicts."""
    paths = draw(st.lists(st.lists(FOLDERS, max_size=3), min_size=1, max_size=6, unique_by=tuple))
    places: dict[tuple[str, ...], str] = {}
    kept = []
    for path in paths:
        shape = tuple("[]" if part in {"[x]", "[y]"} else part for part in path)
        names = [part for part in path if part.startswith("[")]
        if shape in places or len(names) != len(set(names)):
            continue
        places[shape] = ""
        kept.append(route(*path, *draw(st.sampled_from([(), (), ("[...rest]",), ("[[...rest]]",)]))))
    return kept


PATHS = st.lists(st.sampled_from(["a", "b", "c", "7", "x", "é", "a/b"]), max_size=4)


@given(routes=trees(), paths=st.lists(PATHS, min_size=5, max_size=5), seed=st.randoms(use_true_random=False))
def test_precedence_does_not_depend_on_the_order_of_the_listing(
    routes: list[RouteFile], paths: list[list[str]], seed: random.Random
) -> None:
    shuffled = list(routes)
    seed.shuffle(shuffled)
    first, second = SegmentTree(routes, {}), SegmentTree(shuffled, {})

    for path in paths:
        one, two = (found.match(to_matching(path)) for found in (first, second))

        assert (one and (routes[one[0]], one[1])) == (two and (shuffled[two[0]], two[1]))


@given(
    routes=trees(),
    paths=st.lists(PATHS, min_size=5, max_size=5),
    group=st.sampled_from(["(g)", "@slot", "()"]),
    place=st.integers(0, 3),
)
def test_a_group_or_a_slot_never_changes_a_url(
    routes: list[RouteFile], paths: list[list[str]], group: str, place: int
) -> None:
    grouped = [route(*found.folders[:place], group, *found.folders[place:]) for found in routes]

    assert [found.pattern for found in grouped] == [found.pattern for found in routes]
    first, second = SegmentTree(routes, {}), SegmentTree(grouped, {})
    assert [first.match(to_matching(path)) for path in paths] == [second.match(to_matching(path)) for path in paths]


@given(segments=st.lists(TEXT, min_size=1, max_size=5))
def test_paths_are_decoded_once_by_segment(segments: list[str]) -> None:
    path = "/" + "/".join(quote_from_bytes(segment.encode(), safe="") for segment in segments)

    assert decode_segments(path) == segments


EVERYTHING = """
from routehandlers.headers import cookies, headers
from werkzeug.exceptions import HTTPException

def GET(request, context):
    url = request.next_url
    seen = [url.href, str(url.clone()), list(url.search_params.items(multi=True)), request.url, request.full_path, request.args,
            request.cookies, dict(cookies()), list(headers().items()), request.accept_mimetypes.best, request.user_agent.string,
            request.host, context.params, request.path, request.base_url, request.root_url, repr(request), request.authorization is None]
    for read in (request.text, request.json, request.bytes, request.form_data, request.get_json, request.get_data, lambda: request.values):
        try:
            read()
        except HTTPException as error:
            assert 400 <= error.code < 500
    return {"seen": repr(seen)}

POST = PUT = GET
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> RouteHandlers:
    app = write_app(
        tmp_path_factory.mktemp("everything"),
        {"route.py": EVERYTHING, "[[...path]]/route.py": EVERYTHING.replace("GET(", "GET(")},
    )
    return RouteHandlers(app)


LATIN = st.binary(max_size=60).map(lambda data: data.decode("latin-1"))


@given(
    path=LATIN, raw=st.one_of(st.none(), LATIN), query=LATIN, cookie=LATIN, value=LATIN, body=st.binary(max_size=200),
    content_type=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B", "multipart/form-data",
                                  "text/plain; charset=nope", ";;;="]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]), length=st.one_of(st.none(), st.text("0123456789-x", max_size=30)),
)  # fmt: skip
def test_no_bytes_give_a_500(
    everything: RouteHandlers,
    path: str,
    raw: str | None,
    query: str,
    cookie: str,
    value: str,
    body: bytes,
    content_type: str,
    method: str,
    length: str | None,
) -> None:
    environ = {
        "PATH_INFO": "/" + path, "QUERY_STRING": query, "HTTP_COOKIE": cookie, "HTTP_ACCEPT": value, "HTTP_USER_AGENT": value,
        "HTTP_IF_NONE_MATCH": value, "HTTP_AUTHORIZATION": value, "HTTP_X_ANY": value, "HTTP_HOST": value or "localhost",
        "CONTENT_TYPE": content_type,
    }  # fmt: skip
    environ |= {"RAW_URI": "/" + raw} if raw is not None else {}
    environ |= {"CONTENT_LENGTH": length} if length is not None else {}

    for host in (value, "localhost"):
        status, headers, text = ask(everything, {**environ, "HTTP_HOST": host}, method=method, data=body)

        assert status in {200, 204, 304, 308, 400, 404, 405, 413, 415}, text
        location = headers.get("Location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))


@given(path=st.binary(max_size=60))
def test_a_path_that_is_escaped_says_the_same(path: bytes) -> None:
    from routehandlers._http.request.path import escape

    escaped = escape(path.decode("latin-1"))

    assert escaped.isascii()
    assert escaped.isprintable()
    assert unquote_to_bytes(escaped) == unquote_to_bytes(path)
