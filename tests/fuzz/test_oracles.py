"""Each oracle complains about a response that it must refuse, and the fuzzer finds and shrinks it."""

from __future__ import annotations

from typing import Any

import pytest

from fuzz.calling import Answer, collected
from fuzz.journal import ROUTE, Journal
from fuzz.oracles import complaints
from fuzz.requests import environ_of, mark_of
from fuzz.run import Session
from fuzz.shrinking import shrink
from fuzz.tables import Tables, growth

ENVIRON = environ_of({"target": "/kept/1", "headers": {"Cookie": "who=SECRET"}}, 7, "")


def reached(*events: tuple[str, str, str]) -> Journal:
    return Journal(list(events))


def answered(**values: Any) -> Answer:
    return Answer(**{"journal": Journal(), "status": "200 OK", "has_ended": True, **values})


@pytest.mark.parametrize(
    ("oracle", "answer"),
    [
        ("only responses leave", answered(error=AssertionError("Bad header"))),
        ("only responses leave", answered(journal=Journal(asked={"cut"}), error=LookupError("not asked"))),
        ("no failure unasked", answered(status="500 Internal Server Error", logged=[LookupError("x")])),
        ("no failure unasked", answered(status="503 Service Unavailable")),
        ("framing is right", answered(headers=[("Content-Length", "2")], body=b"one")),
        ("framing is right", answered(status="304 Not Modified", body=b"one")),
        ("no location leads away", answered(headers=[("Location", "//evil.example/")])),
        ("no location leads away", answered(headers=[("Location", "/\t/evil.example/")])),
        ("no location leads away", answered(headers=[("Location", "\\\\evil.example")])),
        ("no location leads away", answered(headers=[("Location", "javascript:alert(1)")])),
        ("no location leads away", answered(headers=[("Refresh", "0;url=https://evil.example/")])),
        ("secrets stay with their client", answered(body=mark_of(6).encode())),
        ("secrets stay with their client", answered(headers=[("Set-Cookie", f"who={mark_of(5)}")])),
        ("what is shared is public", answered(headers=[("Cache-Control", "public"), ("Set-Cookie", "a=b")])),
        ("what is shared is public", answered(headers=[("Cache-Control", "s-maxage=5")], body=mark_of(7).encode())),
        ("guards are called", answered(journal=reached(("reached", "/admin/[id]", "/alias/1")))),
        ("guards are called", answered(journal=reached(("reached", "other", "/legacy/1")))),
        ("guards are called", answered(headers=[(ROUTE, "/vault/kept/[id]")])),
        ("guards are called", answered(journal=reached(("guard", "vault", "/x"), ("reached", "/kept", "/x")))),
        ("guards are called", answered(journal=reached(("guard", "root", "/kept"), ("reached", "/kept", "/kept")))),
        (
            "guards are called",
            answered(
                journal=reached(("guard", "vault", "/vault"), ("denied", "vault", "/vault"), ("reached", "/vault", "/vault"))
            ),
        ),
    ],
)  # fmt: skip
def test_an_oracle_complains(oracle: str, answer: Answer) -> None:
    found = complaints(ENVIRON, 7, answer, has_guards=True, base_path="")

    assert [name for name, _ in found] == [oracle]


@pytest.mark.parametrize(
    "answer",
    [
        answered(headers=[("Content-Length", "3"), ("Location", "/x"), ("Refresh", "0;url=/x")], body=b"one"),
        answered(headers=[("Location", "http://localhost/x")], body=mark_of(7).encode()),
        answered(journal=Journal(asked={"500"}), status="500 Internal Server Error"),
        answered(journal=reached(("guard", "root", "/admin/1"), ("reached", "/admin/[id]", "/admin/1"))),
    ],
)
def test_the_oracles_accept_a_right_response(answer: Answer) -> None:
    assert list(complaints(ENVIRON, 7, answer, has_guards=True, base_path="")) == []


def test_a_table_that_grows_is_found_also_if_the_collector_does_not_track_it() -> None:
    with collected() as log:
        session = Session("bare", log)
        tables = Tables()
        vars(log)["grown"] = {str(number): None for number in range(5_000)}
        found = list(tables.complaints(session.application, []))
        session.close()

    assert len(found) == 1
    assert found[0].startswith("a dict of ")
    assert found[0].endswith(": 5000 items")


def test_objects_that_are_left_by_the_same_requests_are_found() -> None:
    assert growth([1_000, 1_010, 1_020]) is None
    assert growth([1_000, 2_000, 3_000]) is not None


def test_requests_are_shrunk_to_what_causes_a_finding() -> None:
    requests = [{"target": f"/{number}", "headers": {"A": "b", "C": "d"}} for number in range(300)]

    smallest = shrink(requests, lambda left: "/7" in str(left[:-1]) and "d" in str(left[-1].get("headers", "")))

    assert smallest == [{"target": "/7"}, {"headers": {"C": "d"}, "target": ""}]
