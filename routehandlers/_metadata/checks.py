"""What the functions of metadata files may return, checked piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from ..exceptions import InvalidReturnError


def check_keys(what: str, value: Any, known: Collection[str], *, required: Collection[str] = ()) -> None:
    """See to it that something is a dict with these keys.

    :param what: Its name, for the message.
    :raise InvalidReturnError: If it is not.
    """
    if not isinstance(value, Mapping):
        raise InvalidReturnError(f"{what} is {value!r}. Give a dict with {', '.join(map(repr, known))}.")
    for key in value:
        if key not in known:
            near = get_close_matches(_snake(str(key)), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
            raise InvalidReturnError(f"{what} has no use for {key!r}. {hint}")
    for key in required:
        if value.get(key) is None:
            raise InvalidReturnError(f"{what} has no {key!r}.")


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def check_text(what: str, value: Any) -> str:
    """One line of text.

    :raise InvalidReturnError: If it is none.
    """
    if not isinstance(value, str) or any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in value):
        raise InvalidReturnError(f"{what} is {value!r}. Give text without line breaks.")
    return value


def listed(value: Any) -> list[Any]:
    """One thing or several, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
