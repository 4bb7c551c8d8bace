"""Regular expressions that users write in their settings, in Next's spelling, made safe to match against anything."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from .exceptions import InvalidPatternError

if not hasattr(re, "_parser"):  # Python 3.10
    import sre_parse as _parser
else:
    _parser = re._parser

# Next refuses longer ones too.
LONGEST = 4_096


def compile_regex(text: str, flags: int = 0) -> re.Pattern[str]:
    r"""Compile a regular expression written for JavaScript or for Python.

    Classes such as ``\d`` mean ASCII, as in JavaScript, and named groups are ``(?<name>…)`` or ``(?P<name>…)``.

    :raise InvalidPatternError: If it does not compile, is too long, or could take forever.
    """
    if len(text) > LONGEST:
        raise InvalidPatternError(text, f"it has {len(text)} characters, and at most {LONGEST} are taken.")
    translated = translate(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what will be a mistake in some later Python
            parsed = _parser.parse(translated, flags | re.ASCII)
            compiled = re.compile(translated, flags | re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError, Warning) as error:
        raise InvalidPatternError(text, f"it does not compile: {error}.") from None
    if _repeats_repeats(parsed):
        raise InvalidPatternError(
            text,
            "a repeat without a bound inside of another takes exponential time on some paths. Write one of them"
            " without '*' and '+', such as 'a+' for '(?:a+)+', or set them apart, as in '(?:-a+)+'.",
        )
    return compiled


def translate(text: str) -> str:
    """A regular expression of JavaScript's in Python's spelling."""
    return re.sub(r"\(\?<(?=[A-Za-z_]\w*>)", "(?P<", text)


def _repeats_repeats(parsed: Any) -> bool:
    """Whether an endless repeat stands in another in a way that some text can be cut up by in very many ways."""
    for operation, argument in parsed:
        if operation not in _REPEATS:
            if any(_repeats_repeats(part) for part in _parts(argument)):
                return True
            continue
        _, most, body = argument
        if _repeats_repeats(body) or (most == _parser.MAXREPEAT and not _is_cut_in_one_way(body)):
            return True
    return False


_REPEATS = (_parser.MAX_REPEAT, _parser.MIN_REPEAT)


def _is_cut_in_one_way(body: Any) -> bool:
    """Whether a repeated part holds no endless repeat, or is set off by a letter that none takes: ``(?:-a+)*``."""
    inner = list(_endless_in(body))
    if not inner:
        return True
    return any(
        operation is _parser.LITERAL and not any(_may_take(part, letter) for part in inner)
        for operation, letter in (body[0], body[len(body) - 1])
    )


def _endless_in(parsed: Any) -> Iterator[Any]:
    for operation, argument in parsed:
        if operation in _REPEATS and argument[1] == _parser.MAXREPEAT:
            yield argument[2]
        for part in _parts(argument):
            yield from _endless_in(part)


def _may_take(parsed: Any, letter: int) -> bool:
    """Whether a letter may stand somewhere in what is matched; true for all that is not sure."""
    items = [item for pair in parsed for item in (pair[1] if pair[0] is _parser.IN else [pair])]
    return any(_takes(item, letter) for item in items)


def _takes(item: tuple[Any, Any], letter: int) -> bool:
    kind, value = item
    if kind is _parser.LITERAL:
        return bool(value == letter)
    if kind is _parser.RANGE:
        return bool(value[0] <= letter <= value[1])
    category = _CATEGORIES.get(str(value)) if kind is _parser.CATEGORY else None
    return category is None or re.match(category, chr(letter), re.ASCII) is not None


_CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s"}


def _parts(argument: Any) -> list[Any]:
    """The sequences of operations in the argument of one."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [part for item in argument for part in _parts(item)]
    return []
