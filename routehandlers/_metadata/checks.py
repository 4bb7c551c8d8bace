"""What the functions of metadata files may return, checked piece by piece."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from .._hints import hint
from ..exceptions import InvalidReturnError

# And halves of surrogate pairs, which UTF-8 cannot write.
_CONTROLS = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def check_keys(what: str, value: Any, known: Collection[str], *, required: Collection[str] = ()) -> None:
    """See to it that something is a dict with these keys.

    :param what: Its name, for the message.
    :raise InvalidReturnError: If it is not.
    """
    if not isinstance(value, Mapping):
        raise InvalidReturnError(f"{what} is {value!r}. Give a dict with {', '.join(map(repr, known))}.")
    for key in value:
        if key not in known:
            raise InvalidReturnError(f"{what} has no use for {key!r}. {hint(key, known)}")
    for key in required:
        if value.get(key) is None:
            raise InvalidReturnError(f"{what} has no {key!r}.")


def check_text(what: str, value: Any) -> str:
    """One line of text.

    :raise InvalidReturnError: If it is none.
    """
    # Those that splitlines() knows, of which readers in Python (urllib.robotparser) make lines.
    if not isinstance(value, str) or len(f"{value}.".splitlines()) > 1 or _CONTROLS.search(value):
        raise InvalidReturnError(f"{what} is {value!r}. Give text without line breaks.")
    return value


def listed(what: str, value: Any) -> list[Any]:
    """One thing or several, as a list.

    :raise InvalidReturnError: For a number, which is neither.
    """
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)):
        return [value]
    if not isinstance(value, Iterable):
        raise InvalidReturnError(f"{what} is {value!r}. Give one, or a list of them.")
    return list(value)


def number(value: Any) -> str | None:
    """A number as XML and ``robots.txt`` have it, which know no ``1e-05``; ``None`` for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        return None
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return f"{Decimal(str(value)):f}"
