"""Which regular expressions are refused, because some text would keep a worker busy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routehandlers._patterns.regex import LONGEST, compile_regex
from routehandlers._patterns.regex.growth import EXPONENTIAL, growth, parser
from routehandlers.exceptions import InvalidPatternError


@pytest.mark.parametrize(
    "expression",
    [
        "(?:a+)+", "(?:a*)*", "(?:a+|b)+", "(?:a|a)*", "(?:ab|ab)*", "(?:a|ab|b)*", "(?:.|a)*x", "(?:a|aa)+", "(?:a{1,2})+", "(?:a?b?)*",
        "(?:[a-z]{2}|[a-z]{3})*", r"(?:\w+\s?)*", "(?:a*-?)*", ".*(?:,.*)*", "(?:x+x+)+y", "(?:(?:b?)?a)*", "(?:(?:b?)*a)*", "(?:a?){30}a{30}",
        "a?" * 30 + "a" * 30, "x(?=(?:a+)+y)", "(?!(?:a|a)*y)x", "(?:é-|[à-ÿ]-)*x", r"(?:\D-|a-)*x", "(?:[^b]|a)*x", "(?i:ab|B|AB)*x",
    ],
)  # fmt: skip
def test_exponential_expressions_are_refused(expression: str) -> None:
    with pytest.raises(InvalidPatternError, match="in exponentially many ways"):
        compile_regex(expression)


@pytest.mark.parametrize(
    ("expression", "power"),
    [
        ("", 0), ("abc", 0), ("a?b", 0), ("a{3}", 0), ("a*", 1), ("a{0,99}", 1), ("[^/]+/[^/]+/[^/]+", 1), ("a*b*c*", 1), ("a*[^a]*", 1),
        (r"\d{1,3}\.\d{1,3}\.\d{1,3}", 1), ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}", 1), ("(?:-a+)+", 1), ("(?:[^/]+/)*x", 1),
        ("(?:a(?:b|c)*)*", 1), ("(?:[a-z]{2})+", 1), ("(?:(?!x).)*", 1), ("(?:en|de|fr)*", 1), ("a*a*", 2), (".*x.*", 2),
        ("(?:a|b)*?a(?:a|b)*", 2), ("(?P<a>.*)(?P=a)", 2), ("(?:(?!.*x).)*", 2), ("a*.*a*", 3), (r"\w+\w+\w+\w+", 4),
    ],
)  # fmt: skip
def test_the_power_is_that_of_the_repeats_which_can_take_the_same_text(expression: str, power: int) -> None:
    assert growth(parser.parse(expression)) == power


@pytest.mark.parametrize(
    "expression",
    [
        "(?!api|_next/static|_next/image|favicon.ico).*",
        r"(?!.*\..*|_next).*",
        r"(?!.+\.[\w]+$|_next).*",
        r"(?!_next|[^?]*\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip)).*",
        r"(?!api|_next|.*\.(?:png|jpg)$).*",
        "(?:en|de|fr|pt-BR|zh-Hans)",
        "[a-z]{2}(?:-[A-Z]{2})?",
        "(?<year>\\d{4})-(?<month>\\d{2})",
        "|".join(f"word{number}" for number in range(400)),
        f"(?:{'|'.join(f'word{number}' for number in range(100))})*",
    ],
    ids=lambda expression: expression[:40],
)
def test_expressions_that_people_write_are_taken(expression: str) -> None:
    compile_regex(expression)


def test_three_repeats_of_one_text_are_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidPatternError, match=r"^'\.\*x\.\*y\.\*' cannot be used: 3 of its repeats.*'\[\^-\]\+'"):
        compile_regex(".*x.*y.*")


@pytest.mark.parametrize("expression", ["(", "[a", "a**", "*", r"\p{L}", r"\1", "(?<a>x)(?<a>y)", "a(?i)b", "(?P<a>"])
def test_what_does_not_compile_is_refused(expression: str) -> None:
    with pytest.raises(InvalidPatternError, match="it does not compile: "):
        compile_regex(expression)


def test_a_long_expression_is_refused_and_not_shown_in_full() -> None:
    with pytest.raises(InvalidPatternError, match="has 4097 characters, and at most 4096 are taken") as caught:
        compile_regex("a" * (LONGEST + 1))

    assert len(str(caught.value)) < 200


def test_named_groups_are_javascript_s_or_python_s_and_lookbehinds_stay() -> None:
    compiled = compile_regex(r"(?<a>\w)(?P<b>\d)(?<=1)(?<!2)")

    assert compiled.fullmatch("x1").groupdict() == {"a": "x", "b": "1"}
    assert compiled.fullmatch("é1") is None


_LETTERS = st.sampled_from(["a", "b", "[ab]", ".", "[^b]"])
_EXPRESSIONS = st.recursive(
    _LETTERS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "{0,30}", "*?"])).map(lambda two: f"(?:{two[0]}){two[1]}"),
    ),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.timeout(60)
@settings(max_examples=400)
@given(expression=_EXPRESSIONS)
def test_what_is_taken_ends_in_time(expression: str) -> None:
    """An exponential one would not: the timeout of this test would end it."""
    if growth(parser.parse(expression)) == EXPONENTIAL:
        return

    for text in ("a" * 50, "b" * 50, "ab" * 25, "aab" * 17):
        assert re.fullmatch(f"(?:{expression})c", text) is None
