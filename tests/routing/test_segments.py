"""The grammar of folder names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routehandlers._routing.segments import Kind, Segment, parse_segment
from routehandlers.exceptions import InvalidSegmentError


@pytest.mark.parametrize(
    ("folder", "segment"),
    [
        ("items", Segment(Kind.STATIC, "items")),
        ("rss.xml", Segment(Kind.STATIC, "rss.xml")),
        (".well-known", Segment(Kind.STATIC, ".well-known")),
        ("%5Fadmin", Segment(Kind.STATIC, "_admin")),
        ("caf%C3%A9", Segment(Kind.STATIC, "café")),
        ("a%2Fb", Segment(Kind.STATIC, "a/b")),
        ("with space", Segment(Kind.STATIC, "with space")),
        ("at@sign", Segment(Kind.STATIC, "at@sign")),
        ("x(y)z", Segment(Kind.STATIC, "x(y)z")),
        ("(a", Segment(Kind.STATIC, "(a")),
        ("a)", Segment(Kind.STATIC, "a)")),
        ("[slug]", Segment(Kind.DYNAMIC, "slug")),
        ("[post-id]", Segment(Kind.DYNAMIC, "post-id")),
        ("[my id]", Segment(Kind.DYNAMIC, "my id")),
        ("[a:b]", Segment(Kind.DYNAMIC, "a:b")),
        ("[1st]", Segment(Kind.DYNAMIC, "1st")),
        ("[id=int]", Segment(Kind.CONVERTED, "id", "int")),
        ("[...slug]", Segment(Kind.CATCH_ALL, "slug")),
        ("[[...slug]]", Segment(Kind.OPTIONAL_CATCH_ALL, "slug")),
        ("(marketing)", Segment(Kind.GROUP, "marketing")),
        ("()", Segment(Kind.GROUP, "")),
        ("(a)(b)", Segment(Kind.GROUP, "a)(b")),
        ("@side", Segment(Kind.SLOT, "side")),
        ("_lib", Segment(Kind.PRIVATE, "lib")),
        ("__pycache__", Segment(Kind.PRIVATE, "_pycache__")),
    ],
)
def test_a_folder_name_means_what_next_says(folder: str, segment: Segment) -> None:
    assert parse_segment(folder) == segment


@pytest.mark.parametrize(
    ("folder", "remedy"),
    [
        ("[id", "do not close"),
        ("id]", "do not close"),
        ("[[id]]", r"Write '\[\[...id\]\]'"),
        ("[...]", "has no name"),
        ("[]", "has no name"),
        ("[....id]", "exactly three dots"),
        ("[..id]", "exactly three dots"),
        ("[…id]", "three dots"),
        ("[[[id]]]", "too many brackets"),
        ("post-[id]", "whole folder name"),
        ("[id].json", "whole folder name"),
        ("[...a=int]", "a converter reads only one segment"),
        ("[id=]", "name of one converter"),
        ("[id=int=x]", "name of one converter"),
        ("(.)photo", "intercepting"),
        ("(..)photo", "intercepting"),
        ("(...)photo", "intercepting"),
        ("100%", "Write '%25'"),
        ("%zz", "Write '%25'"),
        ("%ff", "not UTF-8"),
        ("%2E%2E", "never contain this segment"),
        ("", "empty"),
    ],
)
def test_a_folder_name_that_means_nothing_is_refused_with_a_remedy(folder: str, remedy: str) -> None:
    with pytest.raises(InvalidSegmentError, match=remedy) as caught:
        parse_segment(folder)

    assert "is not a segment" in str(caught.value)


@given(name=st.from_regex(r"\w[\w -]*", fullmatch=True))
def test_a_dynamic_name_survives_the_brackets(name: str) -> None:
    assert parse_segment(f"[{name}]") == Segment(Kind.DYNAMIC, name)


@given(folder=st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name))
def test_every_folder_name_has_a_meaning_or_an_error_of_ours(folder: str) -> None:
    try:
        segment = parse_segment(folder)
    except InvalidSegmentError as error:
        assert str(error).endswith(".")
    else:
        assert segment.folder == folder
