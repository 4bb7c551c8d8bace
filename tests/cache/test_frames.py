"""Frames that another program has written, with a checksum that is right: each field is checked when it is read."""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import entry
from conftest import MakeApp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routehandlers._cache.freshness import age_of, freshness_of
from routehandlers._cache.policy import headers_of_hit
from routehandlers._http.response.response import STATUS_LINES, made_response
from routehandlers._runtime.answer.headers import check_headers
from routehandlers.cache_handlers import Entry, Purges
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler
from routehandlers.cache_handlers.frame import decode_frame, encode_frame
from routehandlers.cache_handlers.memory import Held


def forged(body: bytes = b"body", /, **fields: Any) -> bytes:
    """The frame of a good entry with other fields, and the checksum that belongs to it. ``...`` leaves a field out."""
    frame = encode_frame(entry(body=body, created=1.5))
    length = int.from_bytes(frame[20:24], "big")
    header = {**json.loads(frame[24 : 24 + length]), **fields}
    return framed(json.dumps({name: value for name, value in header.items() if value is not ...}).encode(), body)


def framed(header: bytes, body: bytes = b"") -> bytes:
    rest = len(header).to_bytes(4, "big") + header + body
    return b"RHC1" + hashlib.blake2b(rest, digest_size=16).digest() + rest


BAD: list[dict[str, Any]] = [
    *({"status": value} for value in (999, 99, 0, -1, 299, 100, True, 200.0, "200", None, [200], 10**30, math.nan)),
    *({"status": 204}, {"status": 304}),  # with a body
    *({"created": value} for value in ("x", math.nan, math.inf, -math.inf, -1, True, None, 1e300, 10**400, [], {})),
    *({"retry_at": value} for value in ("x", math.nan, math.inf, -1, False, None, 1e300)),
    *({"revalidate": value} for value in ("x", math.nan, math.inf, -1, True, [], 1e300)),
    *({"expire": value} for value in ("x", math.nan, math.inf, -1, True, None, 10**400)),
    *({"headers": value} for value in (5, None, "ab", [5], [["X"]], [["X", "a", "b"]], [["X", 5]], [[5, "x"]], {"ab": 1})),
    *({"headers": [[name, "x"]]} for name in ("", "X Y", "X:", "X\r\nY", "\u00e9", "\ud800", ":url", "Set-Cookie")),
    *({"headers": [["X", value]]} for value in ("a\r\nB: c", "a\nb", "\0", "\x7f", "\u20ac", "\ud800")),
    *({"headers": [[name, "5"]]} for name in ("Content-Length", "Transfer-Encoding", "connection")),
    *({"tags": value} for value in (5, None, "ab", [5], [None], [["a"]], {"a": 1})),
    *({"mark": value} for value in (5, None, "ab", [], ["e"], ["e", 1, 2], [1, 1], ["e", "1"], ["e", -1], ["e", True])),
    *({"mark": ["e", value]} for value in (1.5, math.nan, 10**30)),
    *({"key": value} for value in (5, None, ["k"], True)),
    *({"fallback": value} for value in (5, None, "true", 1, True)),  # only a 404 or 410 is a fallback
    *({name: ...} for name in ("key", "status", "headers", "created", "revalidate", "expire", "tags", "mark", "fallback")),
    *({"retry_at": ...}, {"more": 1}, {"body": "x"}),
    *({"key": '["fetch","u"]', "headers": value} for value in ([], [["X", "y"]])),
    {"key": '["cached","f"]', "status": 0, "headers": []},  # its body is no JSON
]  # fmt: skip


@pytest.mark.parametrize("fields", BAD, ids=repr)
def test_a_frame_with_a_field_of_another_kind_is_no_entry(fields: dict[str, Any]) -> None:
    assert decode_frame(forged()) is not None

    assert decode_frame(forged(**fields)) is None


@pytest.mark.parametrize(
    "header", [b"", b"5", b"[]", b'"x"', b"null", b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"9" * 10_000]
)
def test_a_frame_whose_header_is_no_object_is_no_entry(header: bytes) -> None:
    assert decode_frame(framed(header)) is None


def test_a_frame_whose_header_is_longer_than_the_frame_is_no_entry() -> None:
    rest = (10**6).to_bytes(4, "big") + encode_frame(entry())[24:]

    assert decode_frame(b"RHC1" + hashlib.blake2b(rest, digest_size=16).digest() + rest) is None


def test_a_fallback_that_is_no_text_is_no_entry() -> None:
    assert decode_frame(forged(b"no", status=404, fallback=True)) is not None
    assert decode_frame(forged(b"\xff", status=404, fallback=True)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELD = st.sampled_from(
    ["key", "status", "headers", "created", "revalidate", "expire", "tags", "mark", "fallback", "retry_at", "more"]
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "status": st.integers(0, 1_000),
        "created": st.floats() | st.integers(),
        "revalidate": st.none() | st.floats() | st.integers(),
        "expire": st.floats() | st.integers(),
        "retry_at": st.floats(),
        "fallback": st.booleans(),
        "headers": st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3),
        "mark": st.tuples(st.text(max_size=4), st.integers()),
    },
)


@settings(max_examples=300)
@given(fields=LIKELY | st.dictionaries(FIELD, JSON), body=st.binary(max_size=8))
@example(fields={"status": 204}, body=b"")
@example(fields={"status": 404, "fallback": True}, body=b"no")
def test_whatever_stands_in_a_field_the_frame_is_an_entry_that_can_be_sent_or_none(
    fields: dict[str, Any], body: bytes
) -> None:
    found = decode_frame(forged(body, **fields))

    if found is not None and not found.key.startswith(('["fetch",', '["cached",')):
        send(found)


def send(one: Entry) -> None:
    now = time.time()
    freshness_of(one, Purges(one.mark.epoch))
    headers = headers_of_hit(Held(one), now)
    assert age_of(one, now) >= 0
    assert STATUS_LINES[one.status]
    made_response(one.body, one.status, list(headers))
    checked, length = check_headers(headers, one.status, "text/plain")
    left_out = {name.lower() for name, _ in headers} - {name.lower() for name, _ in checked}
    assert left_out <= {"content-type"}  # which a 204 does not need
    assert length is None or int(length) == len(one.body)
    if one.fallback:
        one.body.decode()


@pytest.mark.parametrize("fields", [{"status": 999}, {"created": "x"}, {"created": math.nan}, {"headers": [["X", 5]]}])
def test_a_bad_frame_is_a_miss_and_the_next_render_replaces_it(
    make_app: MakeApp, tmp_path: Path, fields: dict[str, Any]
) -> None:
    files = {
        "x/route.py": "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))"
    }
    url = f"file://{tmp_path}/cache"
    first = make_app(files, cache=url)
    first.test_client().get("/x")
    (file,) = tmp_path.glob("cache/entries/*/*")
    good = decode_frame(file.read_bytes())
    assert good is not None
    file.write_bytes(forged(good.body, **{**json.loads(header_of(good)), **fields}))

    second = make_app(files, cache=url).test_client()
    answers = [second.get("/x") for _ in range(2)]

    assert [answer.headers["Cache-Status"].partition("; ttl")[0] for answer in answers] == [
        "routehandlers; fwd=miss; stored", "routehandlers; hit",
    ]  # fmt: skip
    assert FilesystemCacheHandler(tmp_path / "cache").get(good.key) is not None


def header_of(one: Entry) -> bytes:
    frame = encode_frame(replace(one))
    return frame[24 : 24 + int.from_bytes(frame[20:24], "big")]
