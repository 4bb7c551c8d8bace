"""Which regular expressions are refused, because some text would keep a worker busy."""

from __future__ import annotations

import re
import sys
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routehandlers._patterns.regex import LONGEST, compile_regex
from routehandlers._patterns.regex.characters import UnknownOperationError
from routehandlers._patterns.regex.compiling import check_parsed
from routehandlers._patterns.regex.growth import EXPONENTIAL, growth, parser
from routehandlers.exceptions import InvalidPatternError


@pytest.mark.parametrize(
    "expression",
    [
        "(?:a+)+", "(?:a*)*", "(?:a+|b)+", "(?:a|a)*", "(?:ab|ab)*", "(?:a|ab|b)*", "(?:.|a)*x", "(?:a|aa)+", "(?:a{1,2})+", "(?:a?b?)*",
        "(?:[a-z]{2}|[a-z]{3})*", r"(?:\w+\s?)*", "(?:a*-?)*", ".*(?:,.*)*", "(?:x+x+)+y", "(?:(?:b?)?a)*", "(?:(?:b?)*a)*", "(?:a?){30}a{30}",
        "a?" * 30 + "a" * 30, "x(?=(?:a+)+y)", "x(?=(?:(?:a+)+y)*)", "x(?!b|a(?:(?:a+)+y)?c*)", "(?!(?:a|a)*y)x", "(?:é-|[à-ÿ]-)*x", r"(?:\D-|a-)*x", "(?:[^b]|a)*x", "(?i:ab|B|AB)*x",
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
        ("(?:a(?:b|c)*)*", 1), ("(?:[a-z]{2})+", 1), ("(?:(?!x).)*", 1), ("(?:(?!x(?:/[^/]+)*).)*", 1), ("(?!x(?:/.*)*).*", 1), (r"(?!x(?:/.*\..*)?).*", 1), ("(?:en|de|fr)*", 1), ("a*a*", 2), (".*x.*", 2),
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
    assert growth(parser.parse(expression)) < EXPONENTIAL
    compile_regex(expression)


@pytest.mark.parametrize("operation", sorted({str(code) for code in _OPCODES} - {*_OPERATIONS, "FAILURE"}))
def test_operations_that_the_parser_leaves_to_the_compiler_are_refused(operation: str) -> None:
    with pytest.raises(UnknownOperationError, match=f"^{operation}$"):
        growth([(operation, None)])


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
        check_parsed("a(?new)", expression)


def test_the_refusal_names_the_expression_the_operation_and_what_to_write() -> None:
    with pytest.raises(InvalidPatternError) as caught:
        check_parsed("/a(?new)", parsed())

    assert caught.value.pattern == "/a(?new)"
    assert str(caught.value) == (
        "'/a(?new)' cannot be used: this Python's 're' parses it with the operation BALANCED, whose matching time"
        " routehandlers does not know. Write it with characters, sets such as '[a-z]', groups, '|', '*', '+' and"
        " '?', which every Python has."
    )


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
