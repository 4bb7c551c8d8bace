"""Compiling what is written in Next's spelling, and refusing what could take long."""

from __future__ import annotations

import re
import warnings
from typing import Any

from ...exceptions import InvalidPatternError
from .characters import UnknownOperationError
from .growth import EXPONENTIAL, growth, parser

# Next refuses longer ones too.
LONGEST = 4_096

# The square of the longest path that servers take is a second's work; a third power would be an hour's.
_MOST_GROWTH = 2


def compile_regex(text: str, flags: int = 0) -> re.Pattern[str]:
    r"""Compile a regular expression written for JavaScript or for Python.

    Classes such as ``\d`` mean ASCII, as in JavaScript, and named groups are ``(?<name>…)`` or ``(?P<name>…)``.

    :raise InvalidPatternError: If it does not compile, is too long, or could take forever.
    """
    if len(text) > LONGEST:
        raise InvalidPatternError(text[:80], f"it has {len(text)} characters, and at most {LONGEST} are taken.")
    translated = translate(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what will be a mistake in some later Python
            compiled = re.compile(translated, flags | re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError, Warning) as error:
        raise InvalidPatternError(text, f"it does not compile: {error}.") from None
    check_growth(text, compiled)
    return compiled


def check_growth(text: str, compiled: re.Pattern[str]) -> None:
    """Refuse an expression that some text keeps busy for long.

    :param text: As it was written.
    :raise InvalidPatternError: With what to write instead.
    """
    check_parsed(text, parser.parse(compiled.pattern, compiled.flags & ~re.UNICODE))


def check_parsed(text: str, parsed: Any) -> None:
    """Do what ``check_growth`` does with what the parser of ``re`` has made of the expression."""
    try:
        power = growth(parsed)
    except UnknownOperationError as unknown:
        raise InvalidPatternError(
            text,
            f"this Python's 're' reads {unknown.operation} in it, which routehandlers does not know, and the time that"
            " it takes cannot be told. Write it with characters, sets such as '[a-z]', groups, '|', '*', '+' and '?',"
            " which every Python has.",
        ) from None
    if power == EXPONENTIAL:
        raise InvalidPatternError(
            text,
            "it can take the same text in exponentially many ways, and some text would keep a worker busy for years."
            " Write what is repeated so that each character can be taken in one way: 'a+' in place of '(?:a+)+',"
            " '(?:-a+)+' in place of '(?:-?a+)+', '(?:a|b)+' in place of '(?:a|ab)+'.",
        )
    if power > _MOST_GROWTH:
        raise InvalidPatternError(
            text,
            f"{power} of its repeats can take the same text, and a long text would keep a worker busy for minutes. Let"
            f" at most {_MOST_GROWTH} do so: write '[^-]+' in place of '.*' before a hyphen, or ':name' in place of"
            " ':name*'.",
        )


def translate(text: str) -> str:
    """A regular expression of JavaScript's in Python's spelling."""
    return re.sub(r"\(\?<(?=[A-Za-z_]\w*>)", "(?P<", text)
