"""What the functions of metadata files may return, checked piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .._hints import hint
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
            raise InvalidReturnError(f"{what} has no use for {key!r}. {hint(key, known)}")
    for key in required:
        if value.get(key) is None:
            raise InvalidReturnError(f"{what} has no {key!r}.")


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
