"""Sentences about faults, and the way to the value in the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST_FAULTS = 100
"""A response lists at most this many faults."""

_LONGEST_DETAIL = 300


def resolve(way: Iterable[str | int], data: Any, *, is_missing: bool = False) -> tuple[str | int, ...]:
    """Return the parts of a way that are keys and indexes of the data.

    :param is_missing: Whether the last part is a key that the data lacks.
    """
    parts = list(way)
    missing = parts.pop() if is_missing and parts else None
    path: list[str | int] = []
    for part in parts:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, (list, tuple)) and isinstance(part, int) and 0 <= part < len(data):
            data = data[int(part)]
        else:
            continue
        path.append(part)
    return tuple(path) if missing is None else (*path, missing)


def sentence(text: str) -> str:
    """Return a message as a sentence: short, with a capital letter and a full stop."""
    text = " ".join(text.split())
    if len(text) > _LONGEST_DETAIL:
        text = f"{text[:_LONGEST_DETAIL]}…"
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
