"""Compile regular expressions in Next's spelling, and refuse those that could take too long."""

from __future__ import annotations

import re
import warnings
from typing import Any

from ...exceptions import InvalidPatternError
from .characters import UnknownOperationError
from .growth import EXPONENTIAL, growth, parser

# Maximum length in characters, as in Next.
LONGEST = 4_096

# With the longest path that servers accept, quadratic time is about a second, and cubic time about an hour.
_MOST_GROWTH = 2


def compile_regex(text: str, flags: int = 0) -> re.Pattern[str]:
    r"""Compile a regular expression written for JavaScript or for Python.

    Classes such as ``\d`` mean ASCII, as in JavaScript, and named groups are ``(?<name>…)`` or ``(?P<name>…)``.

    :raise InvalidPatternError: If it does not compile, is too long, or could take forever.
    """
    if len(text) > LONGEST:
        raise InvalidPatternError(text[:80], f"it has {len(text)} characters. Write at most {LONGEST}.")
    translated = translate(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a warning announces an error of a later Python
            compiled = re.compile(translated, flags | re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError, Warning) as error:
        raise InvalidPatternError(text, f"it does not compile: {error}.") from None
    check_growth(text, compiled)
    return compiled


def check_growth(text: str, compiled: re.Pattern[str]) -> None:
    """Refuse an expression that takes too long to match some text.

    :param text: The expression as the user wrote it.
    :raise InvalidPatternError: With what to write instead.
    """
    check_parsed(text, parser.parse(compiled.pattern, compiled.flags & ~re.UNICODE))


def check_parsed(text: str, parsed: Any) -> None:
    """Refuse a parsed expression as ``check_growth`` does."""
    try:
        power = growth(parsed)
    except UnknownOperationError as unknown:
        raise InvalidPatternError(
            text,
            f"this Python's 're' parses it with the operation {unknown.operation}, whose matching time routehandlers"
            " does not know. Write it with characters, sets such as '[a-z]', groups, '|', '*', '+' and '?', which every"
            " Python has.",
        ) from None
    if power == EXPONENTIAL:
        raise InvalidPatternError(
            text,
            "it can match the same text in exponentially many ways, and some text would keep a worker busy for years."
            " Write repeats that can match each character in one way only: 'a+' instead of '(?:a+)+',"
            " '(?:-a+)+' instead of '(?:-?a+)+', '(?:a|b)+' instead of '(?:a|ab)+'.",
        )
    if power > _MOST_GROWTH:
        raise InvalidPatternError(
            text,
            f"{power} of its repeats can match the same text, and a long text would keep a worker busy for minutes."
            f" At most {_MOST_GROWTH} are allowed: write '[^-]+' instead of '.*' before a hyphen, or ':name' instead of"
            " ':name*'.",
        )


def translate(text: str) -> str:
    """Translate a regular expression from JavaScript's spelling to Python's."""
    return re.sub(r"\(\?<(?=[A-Za-z_]\w*>)", "(?P<", text)
