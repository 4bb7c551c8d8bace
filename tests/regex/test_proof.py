"""Which regular expressions ``re`` may match, because the proof bounds its steps; and the limits of expressions."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routehandlers._patterns.patterns import compile_pattern
from routehandlers._patterns.regex import LONGEST, compile_regex
from routehandlers._patterns.regex.characters import UnknownOperationError, characters_of, contains
from routehandlers._patterns.regex.compiling import is_proven, matcher_of
from routehandlers._patterns.regex.program import TooLargeError, build, parser
from routehandlers._patterns.regex.proof import NotProvenError, cost_of
from routehandlers.exceptions import InvalidPatternError


@pytest.mark.parametrize(
    "source",
    [
        "/about", "/blog/:slug", "/blog/:slug*", "/old-blog/:slug", "/old-blog/:slug*", "/post/:slug(\\d{1,})", "/english\\(default\\)/:slug",
        "/specific/:path*", "/with-basePath/:path*", "/:path*", "/:path*/", "/docs/:path*", "/about/:path*", "/dashboard/:path*", "/(.*)",
        "/((?!api|_next/static|_next/image|favicon.ico).*)", "/((?!api|_next/static|_next/image|favicon.ico|sitemap.xml|robots.txt).*)",
        "/((?!api|_next/static).*)", "/:path((?!api).*)", "/:path((?!api).*)*", "/:path((?!another-page$).*)", "/((?!another-page$).*)",
        "/((?!api|_next).*)*", "/:path((?!uk/).*)", "/:lang(en|fr)/:rest*", "/(api|trpc)(.*)", "/:from-:to", "/:a-:b-:c-:d-:e-:f", "/:name.:ext",
        "/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)",
        "/((?!_next/static|_next/image|favicon.ico|.*\\.(?:svg|png|jpg|jpeg|gif|webp)$).*)", "/((?!.+\\.[\\w]+$|_next).*)", "/((?!.*\\..*|_next).*)",
        "/((?!api|_next|.*\\.(?:png|jpg)$).*)", "/x/:s([a-z0-9]+(?:-[a-z0-9]+)*)", "/:a?/:b?", "/a{-:b}?", "/{:lang-}?docs",
    ],
)  # fmt: skip
def test_the_patterns_of_next_s_manual_and_of_its_projects_stay_on_re(source: str) -> None:
    assert compile_pattern(source).regex.bounded is None


@pytest.mark.parametrize(
    "expression",
    [
        "", "abc", "a?b", "a{3}", "a*", "a{0,99}", "[^/]+/[^/]+/[^/]+", "a*b*c*", "a*[^a]*", r"\d{1,3}\.\d{1,3}\.\d{1,3}", "(?:-a+)+", "(?:[^/]+/)*x",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}", "(?:a(?:b|c)*)*", "(?:[a-z]{2})+", "(?:(?!x).)*", "(?!x(?:/.*)*)[^/]*", r"(?!x(?:/.*\..*)?)[^/]*", "(?:en|de|fr)*",
        "(?:en|de|fr|pt-BR|zh-Hans)", "[a-z]{2}(?:-[A-Z]{2})?", r"(?<year>\d{4})-(?<month>\d{2})", "|".join(f"word{number}" for number in range(400)), "(?<=a)b",
    ],
    ids=lambda expression: expression[:40],
)  # fmt: skip
def test_expressions_that_match_each_character_in_few_ways_stay_on_re(expression: str) -> None:
    assert compile_regex(expression).bounded is None


UNPROVEN = [
    "(?:a+)+", "(?:a*)*", "(?:a+|b)+", "(?:a|a)*", "(?:ab|ab)*x", "(?:a|ab|b)*", "(?:.|a)*x", "(?:a|aa)+", "(?:a{1,2})+", "(?:a?b?)*",
    "(?:[a-z]{2}|[a-z]{3})*", r"(?:\w+\s?)*", "(?:a*-?)*", ".*(?:,.*)*", "(?:x+x+)+y", "(?:(?:b?)?a)*x", "(?:(?:b?)*a)*", "(?:a?){30}a{30}",
    "a?" * 30 + "a" * 30, "x(?=(?:a+)+y)", "x(?=(?:(?:a+)+y)*)", "x(?!b|a(?:(?:a+)+y)?c*)", "(?!(?:a|a)*y)x", "(?:é-|[à-ÿ]-)*x", r"(?:\D-|a-)*x", "(?:[^b]|a)*x", "(?i:ab|B|AB)*x",
    "a*a*", ".*x.*", "(?:a|b)*?a(?:a|b)*", "(?:(?!.*x).)*", "a*.*a*", r"\w+\w+\w+\w+", ".*x.*y.*", "(?:(?!x(?:/[^/]+)*).)*",
    "(?:(?:[ab]a|[ac]a){8}){8}b", "a*a*-b*b*-c*c*-d*d*-", "(?=(?:(?:a+)+b)*).*", ".*" + "a?" * 16 + ".*z", ".*utm_source=.*&utm_medium=.*",
]  # fmt: skip


@pytest.mark.parametrize("expression", UNPROVEN)
def test_all_other_expressions_are_taken_and_re_does_not_run_them(expression: str) -> None:
    assert compile_regex(expression).bounded is not None


@pytest.mark.parametrize("expression", ["(", "[a", "a**", "*", r"\p{L}", r"\1", "(?<a>x)(?<a>y)", "a(?i)b", "(?P<a>"])
def test_what_does_not_compile_is_refused(expression: str) -> None:
    with pytest.raises(InvalidPatternError, match="it does not compile: "):
        compile_regex(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(?<a>.*)(?P=a)", "it has a back reference, and some text could keep a worker busy with it. Write it without"),
        ("(?:a+)+(?<=b)", "it has a lookbehind, and"),
        ("(a)?(?:b+)+(?(1)c|d)", r"it has a conditional group '(?(…)…)', and"),
        ("(?m:(?:a+)+$)", "it has the flag '(?m)', and"),
        ("(?:a{1,99}){1,99}", "it is too large. Write smaller numbers into its repeats, such as '{1,99}', or '+'."),
        ("(?:(?:a?){99}){99}", "it is too large."),
        ("(?:a?){1000000000}", "it is too large."),
        ("(?u:k)", "with the operation (?u:…)"),
    ],
)
def test_what_can_be_neither_proven_nor_bounded_is_refused_with_what_to_write(expression: str, message: str) -> None:
    with pytest.raises(InvalidPatternError) as caught:
        compile_regex(expression)

    assert message in str(caught.value)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has neither")
def test_an_atomic_group_is_refused_where_re_cannot_be_proven() -> None:
    with pytest.raises(InvalidPatternError, match="it has an atomic group"):
        compile_regex("(?>(?:a+)+)b")
    with pytest.raises(InvalidPatternError, match="it has a possessive repeat"):
        compile_regex("(?:a+)++b")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "expression", ["(?:(?:)){1000000000}", "(" * 90 + "a" + ")" * 90, "(?:" * 90 + "a" + ")*" * 90]
)
def test_no_expression_takes_long_to_compile(expression: str) -> None:
    with suppress(InvalidPatternError):
        compile_regex(expression)


def test_a_long_expression_is_refused_and_not_shown_in_full() -> None:
    with pytest.raises(InvalidPatternError, match="has 4097 characters. Write at most 4096") as caught:
        compile_regex("a" * (LONGEST + 1))

    assert len(str(caught.value)) < 200


def test_named_groups_are_javascript_s_or_python_s_and_lookbehinds_stay() -> None:
    compiled = compile_regex(r"(?<a>\w)(?P<b>\d)(?<=1)(?<!2)")

    assert compiled.fullmatch("x1").groupdict() == {"a": "x", "b": "1"}
    assert compiled.fullmatch("é1") is None


# What the parser makes of expressions, and one that has it.
_OPERATIONS = {
    "LITERAL": "a", "NOT_LITERAL": "[^a]", "ANY": ".", "IN": "[ab]", "NEGATE": "[^ab]", "RANGE": "[a-c]", "AT": r"\b", "AT_BEGINNING": "^a",
    "AT_END": "a$", "AT_BEGINNING_STRING": r"\Aa", "AT_END_STRING": r"a\Z", "AT_BOUNDARY": r"\ba", "AT_NON_BOUNDARY": r"a\B", "CATEGORY": r"\d",
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W", "BRANCH": "ab|cd", "SUBPATTERN": "(a)", "MAX_REPEAT": "a*", "MIN_REPEAT": "a*?", "MAXREPEAT": "a+",
    "GROUPREF": r"(a)\1", "GROUPREF_EXISTS": "(a)?(?(1)b|c)", "ASSERT": "(?=a)", "ASSERT_NOT": "(?!a)",
}  # fmt: skip
if sys.version_info >= (3, 11):
    _OPERATIONS |= {"ATOMIC_GROUP": "(?>a)", "POSSESSIVE_REPEAT": "a*+"}
if "FAILURE" in parser._parse.__code__.co_names:  # came with a bug fix
    _OPERATIONS["FAILURE"] = "(?!)"

_CONSTANT = type(parser.LITERAL)
_OPCODES: Any = sys.modules[_CONSTANT.__module__].OPCODES


def constants_in(value: Any) -> set[str]:
    """The names of the parser's constants in a table of its, or in what it made of an expression."""
    if isinstance(value, _CONSTANT):
        return {str(value)}
    if isinstance(value, dict):
        value = list(value.values())
    return (
        {name for part in value for name in constants_in(part)}
        if isinstance(value, list | tuple | parser.SubPattern)
        else set()
    )


def test_all_that_the_parser_of_this_python_can_make_of_an_expression_is_known() -> None:
    """Where a new Python fails here, it has something new: see what it costs, and add it to the module or leave it refused."""
    functions = [
        value
        for value in vars(parser).values()
        if isinstance(value, FunctionType) and value.__module__ == parser.__name__
    ]
    named = {name for function in functions for name in function.__code__.co_names}
    constants = {name for name in named if isinstance(getattr(parser, name, None), _CONSTANT)}

    assert constants | constants_in(parser.CATEGORIES) | constants_in(parser.ESCAPES) == _OPERATIONS.keys()


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_every_known_operation_is_made_by_some_expression_and_taken(operation: str) -> None:
    expression = _OPERATIONS[operation]

    assert operation in constants_in(parser.parse(expression))
    assert is_proven(parser.parse(expression))
    compile_regex(expression)


@pytest.mark.parametrize("operation", sorted({str(code) for code in _OPCODES} - {*_OPERATIONS, "FAILURE"}))
def test_operations_that_the_parser_leaves_to_the_compiler_are_refused(operation: str) -> None:
    with pytest.raises(UnknownOperationError, match=f"^{operation}$"):
        is_proven([(operation, None)])


def parsed(*before: Any, made_up: Any = ("BALANCED", None)) -> list[Any]:
    """As the parser gives it, with what no parser has."""
    return [(parser.LITERAL, 97), *before, made_up]


@pytest.mark.parametrize(
    "expression",
    [
        parsed(),
        parsed(made_up=("NEW_REPEAT", (0, 1, [(parser.LITERAL, 97)]))),
        parsed(made_up=("ASSERT_MAYBE", (1, [(parser.LITERAL, 97)]))),
        parsed(made_up=(parser.IN, [(parser.LITERAL, 97), ("SUBTRACTED", 98)])),
        parsed(made_up=(parser.IN, [(parser.NEGATE, None), (parser.CATEGORY, "CATEGORY_EMOJI")])),
        parsed(made_up=(parser.SUBPATTERN, (1, 0, 0, parsed()))),
        parsed(made_up=(parser.BRANCH, (None, [parsed(), []]))),
        parsed(made_up=(parser.MAX_REPEAT, (0, 1, parsed()))),
        parsed(made_up=(parser.MAX_REPEAT, (0, parser.MAXREPEAT, parsed()))),
        parsed(made_up=(parser.ASSERT_NOT, (1, parsed()))),
        parsed(made_up=(parser.ASSERT, (1, [(parser.MIN_REPEAT, (0, 9, parsed()))]))),
        parsed(made_up=(parser.ASSERT, (1, [("NEW_REPEAT", (0, 9, []))]))),
        parsed((parser.SUBPATTERN, (1, 0, 0, [])), made_up=(parser.GROUPREF_EXISTS, (1, [], parsed()))),
    ],
)  # fmt: skip
def test_an_operation_that_no_python_has_is_refused_wherever_it_is(expression: list[Any]) -> None:
    with pytest.raises(InvalidPatternError, match="whose matching time routehandlers does not know"):
        matcher_of("a(?new)", expression, {}, 0)


def test_the_refusal_names_the_expression_the_operation_and_what_to_write() -> None:
    with pytest.raises(InvalidPatternError) as caught:
        matcher_of("/a(?new)", parsed(), {}, 0)

    assert caught.value.pattern == "/a(?new)"
    assert str(caught.value) == (
        "'/a(?new)' cannot be used: this Python's 're' parses it with the operation BALANCED, whose matching time"
        " routehandlers does not know. Write it with characters, sets such as '[a-z]', groups, '|', '*', '+' and"
        " '?', which every Python has."
    )


# The proof against a model of "re", which counts what it tries ----------------------


class TooMany(Exception):
    pass


class Model:
    """Tries one way after another, as ``re`` does, and counts the characters that it compares."""

    def __init__(self, text: str, most: int) -> None:
        self.text = text
        self.most = most
        self.count = 0

    def run(self, items: Sequence[Any], at: int, go_on: Callable[[int], bool]) -> bool:
        if not items:
            return go_on(at)
        return self.one(items[0], at, lambda then: self.run(items[1:], then, go_on))

    def one(self, item: Any, at: int, go_on: Callable[[int], bool]) -> bool:
        operation, argument = str(item[0]), item[1]
        if operation == "BRANCH":
            return any(self.run(list(branch), at, go_on) for branch in argument[1])
        if operation == "SUBPATTERN":
            return self.run(list(argument[-1]), at, go_on)
        if operation in {"ASSERT", "ASSERT_NOT"}:
            return self.run(list(argument[1]), at, lambda _: True) == (operation == "ASSERT") and go_on(at)
        if operation in {"MAX_REPEAT", "MIN_REPEAT"}:
            return self.repeat(argument, operation == "MIN_REPEAT", at, 0, -1, go_on)
        if operation == "AT":  # the end
            return at == len(self.text) and go_on(at)
        self.count += 1
        if self.count > self.most:
            raise TooMany
        characters = characters_of(operation, argument, re.DOTALL)
        return at < len(self.text) and contains(characters, ord(self.text[at])) and go_on(at + 1)

    def repeat(
        self, argument: Any, is_lazy: bool, at: int, done: int, begun: int, go_on: Callable[[int], bool]
    ) -> bool:
        least, most, body = argument

        def again() -> bool:
            if done >= most or (done >= least and at == begun):
                return False
            start = at if done >= least else -1
            return self.run(list(body), at, lambda then: self.repeat(argument, is_lazy, then, done + 1, start, go_on))

        if done < least:
            return again()
        return go_on(at) or again() if is_lazy else again() or go_on(at)


_LETTERS = st.sampled_from(["a", "b", "[ab]", ".", "[^b]", "(?=a)", "(?!ab)", "(?!.*b)", "(?=a*b)", "(?!a|b*)"])
EXPRESSIONS = st.recursive(
    _LETTERS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "{0,60}", "*?", "{2,}"])).map(lambda two: f"(?:{two[0]}){two[1]}"),
        st.tuples(st.sampled_from("=!"), inner).map(lambda two: f"(?{two[0]}{two[1]})"),
    ),
    max_leaves=8,
)  # fmt: skip
UNITS = st.lists(st.text("ab-", min_size=1, max_size=5), min_size=1, max_size=4)


@pytest.mark.uncounted
@settings(max_examples=1_000)
@given(expression=EXPRESSIONS, units=UNITS)
def test_re_never_takes_more_steps_than_were_proven(expression: str, units: list[str]) -> None:
    parsed = parser.parse(expression, re.DOTALL)
    try:
        cost = cost_of(build(parsed, is_exact=False))
    except (NotProvenError, TooLargeError):
        return

    parsed_whole = [*parsed, (parser.AT, parser.AT_END_STRING)]
    for unit in units:
        for text in (unit * (36 // len(unit)), unit * (36 // len(unit)) + "-"):
            model = Model(text, cost.once + cost.each * (len(text) + 1))
            found = model.run(parsed_whole, 0, lambda _: True)
            assert found is (re.fullmatch(expression, text, re.DOTALL) is not None)


@pytest.mark.uncounted
@pytest.mark.timeout(120)
@settings(max_examples=300)
@given(expression=EXPRESSIONS, units=UNITS)
def test_no_long_text_keeps_re_busy_with_what_it_may_run(expression: str, units: list[str]) -> None:
    compiled = re.compile(expression, re.DOTALL)
    if not is_proven(parser.parse(expression, re.DOTALL)):
        return

    for unit in units:
        text = (unit * 8_192)[:8_191] + "-"
        begun = time.thread_time()
        compiled.fullmatch(text)
        assert time.thread_time() - begun < 0.5


def test_the_model_counts_what_re_would_take_years_for() -> None:
    model = Model("a" * 30, 10_000)

    with pytest.raises(TooMany):
        model.run(list(parser.parse("(?:a+)+b")), 0, lambda then: then == 30)
