"""``source`` patterns and ``destination``s, as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routehandlers._http.request.path import decode_segments
from routehandlers._patterns import patterns
from routehandlers._patterns.destinations import compile_destination, to_url
from routehandlers._patterns.patterns import compile_pattern
from routehandlers._patterns.regex import LONGEST
from routehandlers._routing.spelling import from_matching, restore, to_matching
from routehandlers.exceptions import InvalidPatternError


def match(source: str, path: str) -> dict[str, object] | None:
    """What a source takes of a percent-encoded path: text, or a list where it is repeated."""
    pattern = compile_pattern(source)
    found = pattern.match(to_matching(decode_segments(path)))
    if found is None:
        return None
    return {
        name: [restore(part) for part in value.split("/")] if name in pattern.repeated else restore(value)
        for name, value in found.items()
    }


@pytest.mark.parametrize(
    ("source", "path", "params"),
    [
        ("/", "/", {}),
        ("/", "/a", None),
        ("/old", "/old", {}),
        ("/old", "/OLD", {}),
        ("/old", "/old/deeper", None),
        ("/old", "/older", None),
        ("/old/", "/old", {}),
        ("/a/:b/", "/a/x", {"b": "x"}),
        ("/caf%C3%A9", "/caf%C3%A9", {}),
        ("/café", "/caf%C3%A9", {}),
        ("/a b", "/a%20b", {}),
        ("/a%2Fb", "/a%2Fb", {}),
        ("/a%2Fb", "/a/b", None),
        ("/a/b", "/a%2Fb", None),
        ("/p/:id", "/p/abc", {"id": "abc"}),
        ("/p/:id", "/p/a%2Fb", {"id": "a/b"}),
        ("/p/:id", "/p/a%3Cb%EE%80%80", {"id": "a<b\ue000"}),
        ("/p/:id", "/p", None),
        ("/p/:id", "/p/a/b", None),
        ("/p/:id?", "/p", {}),
        ("/p/:id?", "/p/a", {"id": "a"}),
        ("/p/:path*", "/p", {}),
        ("/p/:path*", "/p/a%20b/c%2Fd", {"path": ["a b", "c/d"]}),
        ("/:path*", "/", {}),
        ("/p/:path+", "/p", None),
        ("/p/:path+", "/p/a/b", {"path": ["a", "b"]}),
        ("/:a/x/:b*", "/1/x/2/3", {"a": "1", "b": ["2", "3"]}),
        ("/n/:n(\\d+)", "/n/12", {"n": "12"}),
        ("/n/:n(\\d+)", "/n/ab", None),
        ("/n/:n(\\d+)", "/n/%D9%A3", None),  # an Arabic three: digits are ASCII's, as in JavaScript
        ("/n/:n(a|b)+", "/n/a/b/a", {"n": ["a", "b", "a"]}),
        ("/n/:n([^/]{2})*", "/n/ab/cd", {"n": ["ab", "cd"]}),
        ("/x/(.*)", "/x/a/b", {"0": "a/b"}),
        ("/(a|b)/(.*)", "/b/c", {"0": "b", "1": "c"}),
        ("/x/(.*)", "/x", None),
        ("/x(.*)", "/x", {}),
        ("/((?!api|_next/static).*)", "/", {}),
        ("/((?!api|_next/static).*)", "/about/us", {"0": "about/us"}),
        ("/((?!api|_next/static).*)", "/api/x", None),
        ("/((?!api|_next/static).*)", "/%61pi/x", None),
        ("/((?!api|_next/static).*)-neg", "/foo-neg", {"0": "foo"}),
        ("/((?!api|_next/static).*)-neg", "/api-neg", None),
        ("/d/:d((?<year>\\d{4})-(?<month>\\d{2}))", "/d/2026-11", {"d": "2026-11", "year": "2026", "month": "11"}),
        ("/abc-:mid-xyz", "/abc-MID-xyz", {"mid": "MID"}),
        ("/:from-:to", "/a-b-c", {"from": "a-b", "to": "c"}),
        ("/:a--:b", "/x-y--z-w", {"a": "x-y", "b": "z-w"}),
        ("/:name.:ext", "/a.tar.gz", {"name": "a.tar", "ext": "gz"}),
        ("/:file.html", "/a.html", {"file": "a"}),
        ("/user-:id", "/user-7", {"id": "7"}),
        ("/{:lang-}?docs", "/docs", {}),
        ("/{:lang-}?docs", "/en-docs", {"lang": "en"}),
        ("/blog/:post{-:year(\\d+)}?", "/blog/hello", {"post": "hello"}),
        ("/blog/:post{-:year(\\d+)}?", "/blog/hello-2026", {"post": "hello", "year": "2026"}),
        ("/blog{/archive}?", "/blog", {}),
        ("/blog{/archive}?", "/blog/archive", {}),
        ("/x{-:part}+", "/x-a-b", {"part": ["a-b"]}),
        ("/english\\(default\\)/:slug", "/english(default)/a", {"slug": "a"}),
        ("/a\\:b\\*c\\+d\\?\\{e\\}", "/a:b*c+d%3F%7Be%7D", {}),
        ("/c.d", "/cxd", None),
        ("/:x(.)", "/%2F", {"x": "/"}),
        ("/:x(.)", "/%EE%80%80", {"x": "\ue000"}),
        ("/:x([^s]+)", "/a%2Fb", {"x": "a/b"}),
        ("/:x([a-z<]+)", "/a%3Cb", {"x": "a<b"}),
        ("/:x(\\S+)", "/a%0Ab", None),
        ("/:x(.+)", "/a%0Ab", {"x": "a\nb"}),
    ],
)
def test_a_source_takes_what_it_says(source: str, path: str, params: dict[str, object] | None) -> None:
    assert match(source, path) == params


def test_upper_and_lower_case_are_one() -> None:
    assert match("/exact", "/EXACT") == {}
    assert match("/:p(a+)", "/AA") == {"p": "AA"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("old", "does not start with a slash. Write '/old'."),
        ("", "does not start with a slash. Write '/'."),
        ("/" + "a" * LONGEST, "it has 4097 characters. Write at most 4096."),
        ("/a?", "'?' must follow a parameter or a group"),
        ("/*", "'*' must follow a parameter or a group. Write '\\\\*' for the character itself."),
        ("/a}", "'}' must follow a parameter or a group"),
        ("/a{b", "a group in braces is not closed"),
        ("/{:a:b}", "has more than one parameter"),
        ("/a(b", "a parenthesis is not closed. Write '\\\\(' for the character itself."),
        ("/()", "is empty"),
        ("/(?<year>\\d{4})", "begins with '?'"),
        ("/:", "no name follows ':'. Write '\\\\:' for the character itself."),
        ("/:é", "no name follows ':'."),
        ("/a\\", "ends with a backslash"),
        ("/:a((b))", "a capturing group. Write '(?:…)' instead of '(…)'."),
        ("/:a/:a", "the parameter 'a' comes twice. Rename one."),
        ("/:a((?<a>x))", "the parameter 'a' comes twice."),
        ("/:a((?<n>x))/:b((?<n>y))", "the parameter 'n' comes twice."),
        ("/:a((?<_p0>x))", "the parameter '_p0' comes twice."),
        ("/:a:b", "the parameter 'b' follows another parameter directly."),
        ("/:a{:b-}", "the parameter 'b' follows another parameter directly."),
        ("/:a([)", "'[' cannot be used: it does not compile"),
        ("/:a(\\p{L})", "it does not compile: bad escape"),
        ("/:a((?<b>.*)(?P=b))", "it has a back reference, and some text could keep a worker busy with it."),
    ],
)
def test_a_source_that_means_nothing_says_what_to_write(source: str, message: str) -> None:
    with pytest.raises(InvalidPatternError) as caught:
        compile_pattern(source)

    assert message in str(caught.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("/:a-:b-:c-:d-:e-:f", "/" + "-" * 4_000 + "/x"),
        ("/:a-:b-:c-:d-:e-:f", "/" + "-x" * 2_000 + "/x"),
        ("/:a/:b/:c/:d/:e/x", "/" + "a/" * 2_000 + "y"),
        ("/:a?/:b?/:c?/:d?/:e?/:f?/x", "/a" * 2_000),
        ("/:a*/x/:b*/z", "/x" * 2_000 + "/y"),
        ("/(.*)-(.*)-z", "/" + "-" * 4_000),
        ("/((?!.*\\..*|api).*)/z", "/a" * 2_000),
        ("/:a((?:-[a-z]+)+)", "/" + "-a" * 2_000 + "/x"),
        ("/:a((?:b+)+)", "/" + "b" * 4_000 + "/x"),
        ("/:a((?:b|bb)+)", "/" + "b" * 4_000 + "/x"),
        ("/:a*/x/:b*/y/:c*/z", "/" + "x/y/" * 1_000),
        ("/(.*)a(.*)b(.*)c", "/" + "ab" * 2_000),
        ("/:a(.*.*.*)/x", "/" + "a" * 4_000),
        ("/(\\w+)(\\w+)(\\w+)", "/" + "a" * 4_000 + "-"),
    ],
)
def test_no_path_keeps_a_worker_busy(source: str, text: str) -> None:
    assert compile_pattern(source).match(text) is None


# What one segment of a path may be, decoded.
SEGMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).filter(
    lambda text: text not in {".", ".."}
)


@given(segments=st.lists(SEGMENTS, min_size=1, max_size=4))
def test_what_goes_through_a_pattern_and_a_destination_is_the_same(segments: list[str]) -> None:
    pattern, destination = compile_pattern("/a/:path*"), compile_destination("/b/:path*?q=:path*", ["path"])

    params = pattern.match(to_matching(["a", *segments])) or {}
    filled = destination.fill(params)

    assert filled is not None
    assert from_matching(to_matching(decode_segments(filled.path))) == ["b", *segments]
    assert dict(filled.query) == {"q": "/".join(segments)}
    assert compile_pattern("/b/:path*").match(to_matching(decode_segments(filled.path))) == params


@given(segment=SEGMENTS)
def test_one_segment_is_taken_whole(segment: str) -> None:
    assert restore((compile_pattern("/:p").match(to_matching([segment])) or {})["p"]) == segment
    assert compile_pattern("/:p/x").match(to_matching([segment])) is None


def folded(segments: list[str]) -> list[str]:
    """Segments as a source compares them: A to Z are a to z."""
    return ["".join(letter.lower() if letter.isascii() else letter for letter in part) for part in segments]


@given(segments=st.lists(SEGMENTS, min_size=1, max_size=3), others=st.lists(SEGMENTS, min_size=1, max_size=3))
def test_fixed_text_takes_itself_and_nothing_else(segments: list[str], others: list[str]) -> None:
    source = "/" + "/".join("".join(f"\\{letter}" if letter in "\\(){}:*+?" else letter for letter in part) for part in segments).replace("%", "%25")  # fmt: skip
    pattern = compile_pattern(source)

    assert pattern.match(to_matching(segments)) == ({} if "/" not in "".join(segments) else None)
    assert folded(others) == folded(segments) or pattern.match(to_matching(others)) is None


@pytest.mark.parametrize(
    ("destination", "params", "url"),
    [
        ("/x", {}, "/x"),
        ("/dyn/:id", {"id": "a"}, "/dyn/a"),
        ("/dyn/:id", {"id": to_matching(["a/b"])[1:]}, "/dyn/a%2Fb"),
        ("/dyn/:id", {"id": "a b?#%"}, "/dyn/a%20b%3F%23%25"),
        ("/all/:path*", {"path": "a/b"}, "/all/a/b"),
        ("/all/:path*", {}, "/all"),
        ("/:path*", {}, "/"),
        ("/x?o=:id", {}, "/x?o="),
        ("/x?o=:id&p=1#:id", {"id": "a b&c%"}, "/x?o=a%20b%26c%25&p=1#a%20b&c%25"),
        ("/x#100%25", {}, "/x#100%25"),
        ("/x?:id=1", {"id": "k"}, "/x?k=1"),
        ("/x?t=12\\:id", {"id": "k"}, "/x?t=12:id"),
        ("/x?t=12:30", {}, "/x?t=12:30"),
        ("/caf%C3%A9/é", {}, "/caf%C3%A9/%C3%A9"),
        ("/a{/:id}/b", {}, "/a/b"),
        ("/a{/:id}/b", {"id": "x"}, "/a/x/b"),
        ("/:id/x", {"id": to_matching(["/evil.example"])[1:]}, "/%2Fevil.example/x"),
        ("//example.com/:id", {"id": "a"}, "//example.com/a"),
        ("https://example.com:8443/:path*?q=1", {"path": "a/b"}, "https://example.com:8443/a/b?q=1"),
        ("https://example.com", {}, "https://example.com/"),
    ],
)
def test_a_destination_is_filled(destination: str, params: dict[str, str], url: str) -> None:
    filled = compile_destination(destination, ["id", "path"]).fill(params)

    assert filled is not None
    assert to_url(filled) == url


@pytest.mark.parametrize(
    ("value", "path"), [(".", None), ("..", None), ("/", "/%2F/%2F"), ("%2e%2e", "/%252e%252e/%252e%252e")]
)
def test_no_value_climbs_out_or_names_a_host(value: str, path: str | None) -> None:
    text = to_matching([value])[1:]

    filled = compile_destination("/:id/:path*", ["id", "path"]).fill({"id": text, "path": text})

    assert (filled.path if filled is not None else None) == path


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("/:b", "neither its source nor its 'has' defines the parameter 'b'. They define: 'a'."),
        ("/x?q=:b", "neither its source nor its 'has' defines the parameter 'b'"),
        ("/x#:b", "neither its source nor its 'has' defines the parameter 'b'"),
        ("https://:a.example.com/", "its host contains a parameter"),
        ("https://:a@example.com/", "its host contains a parameter"),
        ("https://example.com:a/", "its host contains a parameter"),
        ("//:a/", "its host contains a parameter"),
        ("https://example.com{/:a}?", "'example.com{' is not a host."),
        ("https://(.*).example.com/", "'(.*).example.com' is not a host."),
        ("https:///x", "'' is not a host."),
        ("/x/../:a", "it has a '.' or '..' segment, which clients remove. Write the resulting path."),
        ("/./x", "has a '.' or '..' segment"),
        ("/%2e%2E/x", "has a '.' or '..' segment"),
    ],
)
def test_a_destination_that_cannot_work_says_so(destination: str, message: str) -> None:
    with pytest.raises(InvalidPatternError) as caught:
        compile_destination(destination, ["a"])

    assert message in str(caught.value)


SOURCES = [
    "/:a", "/:a/:b", "/:path*", "/:path+", "/x/:path*", "/:a/:path*", "/:a/:b?", "/:a?/:b?", "/:a.:b", "/:a-:b?", "/x/:p+/y",
    "/:a{/x}?", "/:a{-:b}?", "/x-:a/y",
]  # fmt: skip
PATHS = st.lists(st.text("abxyc.-\n", min_size=1, max_size=3), max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(source=st.sampled_from(SOURCES), path=PATHS)
def test_a_parameter_that_takes_its_segment_at_once_matches_as_one_that_tries_each_character(
    source: str, path: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_ends_at_slash", lambda *_: False)
        slow = compile_pattern(source)
    fast = compile_pattern(source)

    assert fast.match(path) == slow.match(path)
    assert fast.matches(path) == (slow.match(path) is not None)


def test_a_parameter_takes_its_segment_at_once_where_a_slash_or_the_end_follows() -> None:
    assert "[^/]+?" not in compile_pattern("/:a/:b/:path*").regex.pattern
    assert "[^/]+?" in compile_pattern("/:a.:b").regex.pattern
