"""How decoded segments are written while they are matched."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Werkzeug gives "/" and "<" a meaning of their own. Inside a segment they are
# written behind a private-use character, which is itself written so, and thus
# no value is ever mistaken for another.
ESCAPE = "\ue000"
ESCAPES = {ord("/"): f"{ESCAPE}s", ord("<"): f"{ESCAPE}l", ord(ESCAPE): f"{ESCAPE}e"}
SLASH = ESCAPES[ord("/")]
_ORIGINALS = {f"{ESCAPE}s": "/", f"{ESCAPE}l": "<", f"{ESCAPE}e": ESCAPE}


def to_matching(segments: Iterable[str]) -> str:
    """Decoded segments as the text that ``routehandlers._routing.segment_tree.SegmentTree.match`` takes."""
    return "/" + "/".join(segment.translate(ESCAPES) for segment in segments)


def restore(text: str) -> str:
    """Undo the escapes in one matched value."""
    if ESCAPE not in text:
        return text
    return re.sub(f"{ESCAPE}[sle]", lambda found: _ORIGINALS[found[0]], text)


def from_matching(text: str) -> list[str]:
    """The decoded segments of a text that ``to_matching`` made; none for the root."""
    if text == "/":
        return []
    segments = text[1:].split("/")
    return [restore(segment) for segment in segments] if ESCAPE in text else segments
