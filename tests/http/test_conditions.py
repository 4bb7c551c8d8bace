"""``has`` and ``missing``, as values."""

from __future__ import annotations

from typing import Any

import pytest

from routehandlers._patterns.conditions import Condition, match_conditions, parse_conditions

REQUEST = {
    "HTTP_HOST": "Sub.Example.com:8000",
    "HTTP_X_GO": "there",
    "HTTP_X_EMPTY": "",
    "CONTENT_TYPE": "text/plain",
    "HTTP_COOKIE": "session=a%20b; empty=; bare; twice=1; twice=2",
    "QUERY_STRING": "a=1&a=2&b=&c&go=%C3%A9%2F&line=x%0Ay",
}


def conditions(*items: dict[str, Any]) -> tuple[Condition, ...]:
    parsed = list(parse_conditions(items))
    assert all(isinstance(condition, Condition) for condition in parsed), parsed
    return tuple(condition for condition in parsed if isinstance(condition, Condition))


@pytest.mark.parametrize(
    ("item", "captured"),
    [
        ({"type": "header", "key": "x-go"}, {"xgo": "there"}),
        ({"type": "header", "key": "X-Go"}, {"XGo": "there"}),
        ({"type": "header", "key": "x-other"}, None),
        ({"type": "header", "key": "x-empty"}, None),
        ({"type": "header", "key": "x-empty", "value": ".*"}, None),
        ({"type": "header", "key": "content-type", "value": "text/(?<kind>.*)"}, {"kind": "plain"}),
        ({"type": "header", "key": "x-go", "value": "there"}, {}),
        ({"type": "header", "key": "x-go", "value": "ther"}, None),
        ({"type": "header", "key": "x-go", "value": "here"}, None),
        ({"type": "header", "key": "x-go", "value": "THERE"}, None),
        ({"type": "header", "key": "x-go", "value": "here|there"}, {}),
        ({"type": "header", "key": "x-go", "value": "^there$"}, {}),
        ({"type": "header", "key": "x-go", "value": ""}, {"xgo": "there"}),
        ({"type": "header", "key": "x-go", "value": "(?<a>t)(?P<b>h)(?<c>x)?ere"}, {"a": "t", "b": "h"}),
        ({"type": "cookie", "key": "session"}, {"session": "a b"}),
        ({"type": "cookie", "key": "Session"}, None),
        ({"type": "cookie", "key": "empty"}, None),
        ({"type": "cookie", "key": "bare", "value": "true"}, {}),
        ({"type": "cookie", "key": "twice"}, {"twice": "2"}),
        ({"type": "query", "key": "a"}, {"a": "2"}),
        ({"type": "query", "key": "a", "value": "1"}, None),
        ({"type": "query", "key": "b"}, None),
        ({"type": "query", "key": "c"}, None),
        ({"type": "query", "key": "go", "value": "(?<go>.*)"}, {"go": "é/"}),
        ({"type": "query", "key": "line", "value": "x.*"}, None),  # a dot takes no line feed, as in JavaScript
        ({"type": "host", "value": "sub.example.com"}, {"host": "sub.example.com"}),
        ({"type": "host", "value": "(?<sub>.*)\\.EXAMPLE\\.com"}, {"sub": "sub"}),
        ({"type": "host", "value": "example.com"}, None),
    ],
)
def test_a_condition_captures_or_does_not_hold(item: dict[str, Any], captured: dict[str, str] | None) -> None:
    assert match_conditions(conditions(item), (), REQUEST) == captured
    assert (match_conditions((), conditions(item), REQUEST) is None) == (captured is not None)


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ({"HTTP_HOST": "[::1]:80"}, "[::1]"),
        ({"HTTP_HOST": "[::1]"}, "[::1]"),
        ({"SERVER_NAME": "Name"}, "name"),
        ({}, None),
    ],
)
def test_the_host_has_no_port(sent: dict[str, str], host: str | None) -> None:
    found = match_conditions(conditions({"type": "host", "value": ".*"}), (), sent)

    assert found == (None if host is None else {"host": host})


def test_all_of_has_must_hold_and_nothing_of_missing() -> None:
    go, other = conditions({"type": "header", "key": "x-go"}, {"type": "header", "key": "x-other"})

    assert match_conditions([go], [other], REQUEST) == {"xgo": "there"}
    assert match_conditions([go, other], [], REQUEST) is None
    assert match_conditions([], [other, go], REQUEST) is None
    assert match_conditions([], [], REQUEST) == {}


def test_of_two_that_capture_one_name_the_later_counts() -> None:
    both = conditions(
        {"type": "header", "key": "x-go", "value": "(?<name>.*)"}, {"type": "query", "key": "a", "value": "(?<name>.*)"}
    )

    assert match_conditions(both, (), REQUEST) == {"name": "2"}


def test_a_condition_knows_what_it_can_capture() -> None:
    made = conditions(
        {"type": "header", "key": "x-go"},
        {"type": "cookie", "key": "c", "value": "(?<a>x)|(?<b>y)"},
        {"type": "query", "key": "q", "value": "1"},
        {"type": "host", "value": "example.com"},
    )

    assert [condition.names for condition in made] == [{"xgo"}, {"a", "b"}, set(), {"host"}]


@pytest.mark.parametrize(
    ("items", "mistake"),
    [
        ("x", " is 'x'. Give a list of dicts such as {'type': 'header'"),
        ({"type": "header"}, " is {'type': 'header'}. Give a list"),
        (["x"], "[0] is 'x'. Give a dict"),
        ([{"type": "body", "key": "a"}], "[0] has the type 'body'. It can be 'header', 'cookie', 'query', 'host'."),
        ([{"key": "a"}], "[0] has the type None."),
        ([{"type": ["header"], "key": "a"}], "[0] has the type ['header']."),
        ([{"type": "header", "key": "a", "name": 1}], "[0] has the unknown key 'name'. There are: type, key, value."),
        ([{"type": "header"}], "[0] needs a 'key': the name of the header."),
        ([{"type": "cookie", "key": ""}], "[0] needs a 'key': the name of the cookie."),
        ([{"type": "header", "key": "x go"}], "[0] has the key 'x go', which cannot be the name of a header."),
        ([{"type": "query", "key": "a", "value": 1}], "[0] has the value 1. Give a regular expression, as text."),
        ([{"type": "query", "key": "a", "value": "("}], "[0]: '(' cannot be used: it does not compile"),
        ([{"type": "query", "key": "a", "value": "(?<b>a+)(?P=b)"}], "it has a back reference"),
        ([{"type": "host"}], "[0] is a condition on the host. Give a 'value' and no 'key'"),
        ([{"type": "host", "key": "h", "value": "x"}], "[0] is a condition on the host. Give a 'value' and no 'key'"),
    ],
)
def test_what_is_no_condition_says_what_to_write(items: Any, mistake: str) -> None:
    (message,) = parse_conditions(items)

    assert isinstance(message, str)
    assert mistake in message
