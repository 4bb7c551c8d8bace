"""Compile regular expressions in Next's spelling, and choose what matches them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...exceptions import InvalidPatternError
from .bounded import BoundedMatcher, Found
from .budget import Budget
from .characters import UnknownOperationError
from .program import NotExactError, TooLargeError, build, parser
from .proof import NotProvenError, cost_of

# Maximum length in characters, as in Next.
LONGEST = 4_096

# Steps that "re" may take for a text of this length: the longest path. A step takes it some nanoseconds.
_LONGEST_TEXT = 8_192
_MOST_STEPS_OF_RE = 500_000


@dataclass(frozen=True)
class Expression:
    """A compiled regular expression, whose time of matching grows with the length of the text and no faster.

    :param compiled: Checks and describes the expression. It matches only if there is no bounded matcher.
    :param bounded: Matches expressions that ``re`` may take too long for.
    """

    compiled: re.Pattern[str]
    bounded: BoundedMatcher | None

    @property
    def pattern(self) -> str:
        """The expression in Python's spelling."""
        return self.compiled.pattern

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The numbers of the named groups."""
        return self.compiled.groupindex

    def fullmatch(self, text: str, budget: Budget | None = None) -> re.Match[str] | Found | None:
        """Return the match of a whole text.

        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        if self.bounded is None:
            return self.compiled.fullmatch(text)
        return self.bounded.fullmatch(text, budget or Budget())


def compile_regex(text: str, flags: int = 0) -> Expression:
    r"""Compile a regular expression written for JavaScript or for Python.

    Classes such as ``\d`` mean ASCII, as in JavaScript, and named groups are ``(?<name>…)`` or ``(?P<name>…)``.

    :raise InvalidPatternError: If it does not compile, is too long, or cannot be matched in a bounded time.
    """
    return choose(text, parse_regex(text, flags))


def parse_regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a regular expression that is not matched by itself, because it is a part of another one.

    :raise InvalidPatternError: If it does not compile or is too long.
    """
    if len(text) > LONGEST:
        raise InvalidPatternError(text[:80], f"it has {len(text)} characters. Write at most {LONGEST}.")
    translated = translate(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning announces an error of a later Python
            return re.compile(translated, flags | re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError, Warning) as error:
        raise InvalidPatternError(text, f"it does not compile: {error}.") from None


def choose(text: str, compiled: re.Pattern[str]) -> Expression:
    """Choose what matches an expression: ``re`` if its time is proven to be bounded, or else the bounded matcher.

    :param text: The expression as the user wrote it.
    :raise InvalidPatternError: If neither can. The message says what to write instead.
    """
    try:
        parsed = parser.parse(compiled.pattern, compiled.flags & ~re.UNICODE)
        return Expression(compiled, matcher_of(text, parsed, compiled.groupindex, compiled.groups))
    except RecursionError:
        raise InvalidPatternError(text, "its groups are nested too deeply. Write fewer groups in groups.") from None


def matcher_of(text: str, parsed: Any, groups: Mapping[str, int], count: int) -> BoundedMatcher | None:
    """Return the bounded matcher of a parsed expression; ``None`` if ``re`` may match it.

    :raise InvalidPatternError: As ``choose`` does.
    """
    try:
        if is_proven(parsed):
            return None
        return BoundedMatcher(build(parsed, is_exact=True), groups, count)
    except UnknownOperationError as unknown:
        raise InvalidPatternError(
            text,
            f"this Python's 're' parses it with the operation {unknown.operation}, whose matching time routehandlers"
            " does not know. Write it with characters, sets such as '[a-z]', groups, '|', '*', '+' and '?', which every"
            " Python has.",
        ) from None
    except NotExactError as error:
        raise InvalidPatternError(
            text,
            f"it has {error.name}, and some text could keep a worker busy with it. Write it without, or without"
            " repeats that can match the same text, such as two '.*'.",
        ) from None
    except TooLargeError:
        raise InvalidPatternError(
            text, "it is too large. Write smaller numbers into its repeats, such as '{1,99}', or '+'."
        ) from None


def is_proven(parsed: Any) -> bool:
    """Return whether ``re`` matches every text in few steps for each character.

    :raise UnknownOperationError: If a part of the expression is not known here.
    """
    try:
        cost = cost_of(build(parsed, is_exact=False))
    except (NotProvenError, TooLargeError):
        return False
    return cost.once + cost.each * _LONGEST_TEXT <= _MOST_STEPS_OF_RE


def translate(text: str) -> str:
    """Translate a regular expression from JavaScript's spelling to Python's."""
    return re.sub(r"\(\?<(?=[A-Za-z_]\w*>)", "(?P<", text)
