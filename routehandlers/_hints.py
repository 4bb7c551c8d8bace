"""Parts of error messages: suggestions for unknown names, and values in short."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

# A message lists at most this many names: the patterns of a large application would fill the screen.
_SHOWN = 20

_LONGEST_VALUE = 80


def hint(name: object, known: Collection[str]) -> str:
    """Return a sentence about an unknown name: it suggests the most similar known name, or lists all of them.

    Next's spelling (``fooBar``) also finds ``foo_bar``.
    """
    text = str(name)
    near = closest(text, known) or closest(snake_case(text), known)
    if near is not None:
        return f"Did you mean {near!r}?"
    more = f", and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"There are: {', '.join(islice(known, _SHOWN))}{more}." if known else "There are none."


def closest(name: str, known: Collection[str], similarity: float = 0.6) -> str | None:
    """Return the known name that is most similar to another, or ``None`` if none is similar enough.

    :param similarity: From 0 to 1, as for ``difflib.get_close_matches``.
    """
    return next(iter(get_close_matches(name, known, n=1, cutoff=similarity)), None)


def shorten(value: object) -> str:
    """Return the ``repr()`` of a value, cut to 80 characters."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}…"


def snake_case(name: str) -> str:
    """Convert ``fooBar`` to ``foo_bar``."""
    return re.sub("(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0]}", name).lower()
