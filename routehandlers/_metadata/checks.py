"""Check the parts of what the functions of metadata files return."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from .._hints import hint
from ..exceptions import InvalidReturnError

# Includes halves of surrogate pairs, which UTF-8 cannot encode.
_CONTROLS = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def check_keys(what: str, value: Any, known: Collection[str], *, required: Collection[str] = ()) -> None:
    """Check that a value is a dict with the right keys.

    :param what: The name of the value, for the message.
    :raise InvalidReturnError: If it is not.
    """
    if not isinstance(value, Mapping):
        raise InvalidReturnError(f"{what} is {value!r}. Give a dict with {', '.join(map(repr, known))}.")
    for key in value:
        if key not in known:
            raise InvalidReturnError(f"{what} has the unknown key {key!r}. {hint(key, known)}")
    for key in required:
        if value.get(key) is None:
            raise InvalidReturnError(f"{what} has no {key!r}.")


def check_text(what: str, value: Any) -> str:
    """Return a value if it is one line of text.

    :raise InvalidReturnError: If it is not.
    """
    # Every line break that splitlines() knows counts, because readers in Python (urllib.robotparser) use it.
    if not isinstance(value, str) or len(f"{value}.".splitlines()) > 1 or _CONTROLS.search(value):
        raise InvalidReturnError(f"{what} is {value!r}. Give text without line breaks.")
    return value


def listed(what: str, value: Any) -> list[Any]:
    """Return a list of one or several values.

    :raise InvalidReturnError: If the value is neither one text or dict nor a list of them, for example a number.
    """
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)):
        return [value]
    if not isinstance(value, Iterable):
        raise InvalidReturnError(f"{what} is {value!r}. Give one, or a list of them.")
    return list(value)


def number(value: Any) -> str | None:
    """Format a number for XML and ``robots.txt``, without an exponent (``1e-05``). Return ``None`` for other values."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        return None
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return f"{Decimal(str(value)):f}"
