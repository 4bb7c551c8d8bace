"""Make keys and tags of entries.

Two keys are equal only if all their parts are equal. A key is JSON, with the
name of the type for each value that JSON has no type for. So ``["a", "b"]`` and
``["a,b"]`` have different keys, as do ``1``, ``"1"`` and ``True``, and bytes
that are not valid UTF-8.
"""

from __future__ import annotations

import json
import logging
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
from ..cache_handlers.purges import PATH_PREFIX as _PATH

logger = logging.getLogger("routehandlers")

# A response with a longer key is sent but not stored.
LONGEST_KEY = 8_192

_AS_TEXT = (UUID, datetime, date, time, Decimal)


def make_key(kind: str, *parts: Any) -> str:
    """Make a key.

    :param kind: Meaning of the parts: ``"route"``, ``"cached"`` or ``"fetch"``.
    :raise TypeError: If a part is not a plain value.
    """
    tagged = [part if type(part) is str else _tagged(part) for part in parts]
    return json.dumps([kind, *tagged], separators=(",", ":"))


def _tagged(value: Any) -> Any:
    """Return JSON that is equal only for an equal value of the same type."""
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

LONGEST_TAG = 256
MOST_TAGS = 128

# A catch-all may match hundreds of segments. Only this many folders of a path get a tag to purge all paths below.
DEEPEST = 16


def path_tag(segments: Iterable[str]) -> str:
    """Return the tag of one URL.

    :param segments: Decoded segments of its path.
    """
    parts = [segment.replace("%", "%25").replace("/", "%2F") for segment in segments]
    return f"{_PATH}/{'/'.join(parts)}"


def path_tags(path: str) -> set[str]:
    """Return the tags of a path that may be encoded or not: as it is written, and decoded."""
    parts = [part for part in path.split("/") if part]
    tags = {path_tag(parts)}
    with suppress(UnicodeError):  # it is not an encoded path
        tags.add(path_tag([unquote_to_bytes(part).decode() for part in parts]))
    return tags


def route_tag(pattern: str) -> str:
    """Return the tag of all URLs of one route."""
    return f"{_PATH}{pattern.rstrip('/')}/route"


def layout_tags(segments: Sequence[str]) -> list[str]:
    """Return the tags of all folders of a path, from the root down. The type ``"layout"`` purges by them."""
    folder, tags = "", [f"{_PATH}/layout"]
    for segment in segments:
        folder = f"{folder}/{segment}"
        tags.append(layout_tag(folder))
    return tags


def layout_tag(folder: str) -> str:
    """Return the tag of a folder and everything below it."""
    return f"{_PATH}{folder.rstrip('/')}/layout"


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without duplicates. Drop those that are too long or too many with a warning, as Next does.

    :raise TypeError: For a single ``str``, and for a tag that is empty or not a ``str``.
    """
    if isinstance(tags, str):
        raise TypeError(f"tags is {tags!r}, a single str. Write a tuple: ({tags!r},).")
    checked: list[str] = []
    for tag in dict.fromkeys(tags):
        if not isinstance(tag, str) or not tag:
            raise TypeError(f"{tag!r} is not a valid tag. A tag is a str that is not empty.")
        if len(tag) > LONGEST_TAG:
            logger.warning(
                "The tag %r… is dropped: it has %d characters, %d are allowed.", tag[:40], len(tag), LONGEST_TAG
            )
        elif len(checked) == MOST_TAGS:
            logger.warning("The tag %r and those after it are dropped: %d tags are allowed.", tag, MOST_TAGS)
            break
        else:
            checked.append(tag)
    return tuple(checked)
