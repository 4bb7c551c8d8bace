"""Write decoded segments as matching text, and read them back."""

from __future__ import annotations

import re
from collections.abc import Iterable

# "/" and "<" have a meaning in Werkzeug's rules. Inside of a segment they are
# written as a private-use character and a letter. The character itself is
# written in the same way, so different segments have different texts.
ESCAPE = "\ue000"
ESCAPES = {ord("/"): f"{ESCAPE}s", ord("<"): f"{ESCAPE}l", ord(ESCAPE): f"{ESCAPE}e"}
SLASH = ESCAPES[ord("/")]
_ORIGINALS = {f"{ESCAPE}s": "/", f"{ESCAPE}l": "<", f"{ESCAPE}e": ESCAPE}


def to_matching(segments: Iterable[str]) -> str:
    """Return decoded segments as matching text, for ``SegmentTree.match``."""
    return "/" + "/".join([segment.translate(ESCAPES) for segment in segments])


def restore(text: str) -> str:
    """Replace the escapes in a matched value by their characters."""
    if ESCAPE not in text:
        return text
    return re.sub(f"{ESCAPE}[sle]", lambda found: _ORIGINALS[found[0]], text)


def from_matching(text: str) -> list[str]:
    """Return the decoded segments of a text that ``to_matching`` made. The root has none."""
    if text == "/":
        return []
    segments = text[1:].split("/")
    return [restore(segment) for segment in segments] if ESCAPE in text else segments
