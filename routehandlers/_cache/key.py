"""Keys: texts that are equal only where everything that went into them is.

Lengths, types and borders are part of the text (it is JSON with a tag for all
that JSON has no type for), so that ``["a", "b"]`` and ``["a,b"]``, ``1`` and
``"1"`` and ``True``, and bytes that are no UTF-8, never meet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from .._hints import shorten

# A longer key is no page's: what asks for it is answered, and not stored.
LONGEST_KEY = 8_192

_AS_TEXT = (UUID, datetime, date, time, Decimal)


def make_key(kind: str, *parts: Any) -> str:
    """The key of something.

    :param kind: What the parts mean: ``"route"``, ``"cached"``, ``"fetch"``.
    :raise TypeError: For a part that is no plain value.
    """
    return json.dumps([kind, *map(_tagged, parts)], separators=(",", ":"))


def _tagged(value: Any) -> Any:
    """A value as JSON whose equality is the value's and the type's."""
    if value is None or type(value) in {str, bool, int}:
        return value
    if type(value) is list:
        return [_tagged(item) for item in value]
    name = type(value).__qualname__
    if isinstance(value, Enum):
        return {f"{type(value).__module__}.{name}": value.name}
    if isinstance(value, float):
        return {name: repr(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, _AS_TEXT):
        return {name: str(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {f"{type(value).__module__}.{name}": [_tagged(getattr(value, item.name)) for item in fields(value)]}
    if isinstance(value, Mapping):
        return {name: [[_tagged(key), _tagged(item)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {name: sorted(json.dumps(_tagged(item)) for item in value)}
    if isinstance(value, (str, int)):  # a subclass
        return {name: str(value)}
    if isinstance(value, (tuple, list)):
        return {name: [_tagged(item) for item in value]}
    raise TypeError(
        f"{shorten(value)} cannot be part of a cache key. Pass plain values: str, numbers, bytes, dates, UUIDs,"
        " dataclasses, and lists, tuples and dicts of them."
    )


# Tags ----------------------------------------------------------------------

# Next's own names for them, which its users pass to revalidateTag() too.
_PATH = "_N_T_"

LONGEST_TAG = 256
MOST_TAGS = 128


def path_tag(segments: Iterable[str]) -> str:
    """The tag of one URL: of its decoded segments."""
    return f"{_PATH}/{'/'.join(segment.replace('%', '%25').replace('/', '%2F') for segment in segments)}"


def path_tags(path: str) -> set[str]:
    """The tags of a path in either spelling: as it reads, and decoded."""
    parts = [part for part in path.split("/") if part]
    tags = {path_tag(parts)}
    with suppress(UnicodeError):  # it is no encoded spelling of anything
        tags.add(path_tag([unquote_to_bytes(part).decode() for part in parts]))
    return tags


def route_tag(pattern: str) -> str:
    """The tag of all URLs of one route."""
    return f"{_PATH}{pattern.rstrip('/')}/route"


def layout_tags(segments: Sequence[str]) -> list[str]:
    """The tags of a path's folders, from the root down: ``"layout"`` purges by them."""
    return [layout_tag("/" + "/".join(segments[:depth])) for depth in range(len(segments) + 1)]


def layout_tag(folder: str) -> str:
    """The tag of everything below a folder, and of itself."""
    return f"{_PATH}{folder.rstrip('/')}/layout"


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags, none of them twice.

    :raise TypeError: For a single ``str``, or a tag that is none.
    :raise ValueError: For one that is too long, or too many.
    """
    if isinstance(tags, str):
        raise TypeError(f"tags is {tags!r}, a single text. Write a tuple: ({tags!r},).")
    checked = tuple(dict.fromkeys(tags))
    for tag in checked:
        if not isinstance(tag, str) or not tag:
            raise TypeError(f"{tag!r} is no tag. A tag is a text that is not empty.")
        if len(tag) > LONGEST_TAG:
            raise ValueError(f"A tag has at most {LONGEST_TAG} characters, and {tag[:40]!r}… has {len(tag)}.")
    if len(checked) > MOST_TAGS:
        raise ValueError(f"An entry has at most {MOST_TAGS} tags, and these are {len(checked)}.")
    return checked
