"""What somebody probably meant, for the messages of errors."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

# Of names that are all there are; the patterns of a large application would fill the screen.
_SHOWN = 20


def hint(name: object, known: Collection[str]) -> str:
    """A sentence for a name that means nothing: the one that is like it, also in Next's spelling, or all there are."""
    text = str(name)
    near = get_close_matches(text, known, n=1) or get_close_matches(snake_case(text), known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    more = f", and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"There are: {', '.join(islice(known, _SHOWN))}{more}." if known else "There are none."


def snake_case(name: str) -> str:
    """``fooBar`` as ``foo_bar``."""
    return re.sub("(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0]}", name).lower()


def shorten(value: object) -> str:
    """Return the ``repr()`` of a value, cut to 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
