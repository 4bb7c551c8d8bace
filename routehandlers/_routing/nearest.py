"""Find the routes that a path without a route may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest

# A longer path is compared by its beginning.
_LONGEST = 200

_SIMILARITY = 0.6


def nearest_patterns(path: str, patterns: Iterable[str], most: int = 5) -> list[str]:
    """Return the patterns that are most similar to a path, the nearest first.

    Only static segments are compared: ``/itmes/7`` is near ``/items/[id]``.

    :param path: The path, without the base path.
    """
    segments = path[:_LONGEST].lower().split("/")
    matcher = SequenceMatcher(autojunk=False)
    found: list[tuple[float, str]] = []
    for pattern in patterns:
        matcher.set_seqs(*_comparable(pattern.split("/"), segments))
        if matcher.real_quick_ratio() >= _SIMILARITY and matcher.quick_ratio() >= _SIMILARITY:
            ratio = matcher.ratio()
            if ratio >= _SIMILARITY:
                found.append((ratio, pattern))
    return [pattern for _, pattern in nlargest(most, found)]


def _comparable(pattern: list[str], segments: list[str]) -> tuple[str, str]:
    """Return a pattern and a path as texts that have a star where the pattern takes any text."""
    own, sent = [], list(segments)
    for index, segment in enumerate(pattern):
        if not segment.startswith("["):
            own.append(segment.lower())
            continue
        own.append("*")
        if index < len(sent):
            takes_all = segment.startswith(("[...", "[[..."))
            sent[index : None if takes_all else index + 1] = ["*"]
    return "/".join(own), "/".join(sent)
