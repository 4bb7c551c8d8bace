"""Check entries that were read from a storage, where other programs can write."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from .entry import Entry

# The kinds of keys of values; see ``_cache/key.py``. All other entries are responses.
_VALUE, _FETCHED = '["cached",', '["fetch",'

# Name of the first header of a fetched value: its URL.
_URL = ":url"

# Seconds: the year 5138, and a period that no floating-point operation turns into infinity.
_LATEST = 1e11
_LONGEST = 1e18

_LARGEST_NUMBER = 2**63

_STATUSES = frozenset(status.value for status in HTTPStatus if status >= 200)
_WITHOUT_BODY = frozenset({204, 205, 304})

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TEXT = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# The cache stores no response with these. The first would be sent to all clients, and only the server may set the rest.
_FORBIDDEN = frozenset(
    {
        "set-cookie", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def is_sound(entry: Entry) -> bool:
    """Return whether each field of an entry has the type and the range that this package writes.

    A sound response can be sent as it is.
    """
    return (
        type(entry.key) is str
        and type(entry.fallback) is bool
        and _is_number(entry.created, _LATEST)
        and _is_number(entry.retry_at, _LATEST)
        and _is_number(entry.expire, _LONGEST)
        and (entry.revalidate is None or _is_number(entry.revalidate, _LONGEST))
        and all(type(tag) is str for tag in entry.tags)
        and type(entry.mark.epoch) is str
        and type(entry.mark.number) is int
        and 0 <= entry.mark.number < _LARGEST_NUMBER
        and type(entry.status) is int
        and all(type(name) is str and type(value) is str for name, value in entry.headers)
        and _has_sound_content(entry)
    )


def _is_number(value: Any, most: float) -> bool:
    # type() and not isinstance(): a bool is no number here. NaN and infinity fail the comparison.
    return type(value) in {float, int} and 0 <= value <= most


def _has_sound_content(entry: Entry) -> bool:
    if entry.key.startswith(_VALUE):
        return entry.status == 0 and not entry.headers and _is_json(entry.body)
    if entry.key.startswith(_FETCHED):
        return 100 <= entry.status <= 599 and bool(entry.headers) and entry.headers[0][0] == _URL
    return (
        entry.status in _STATUSES
        and not (entry.body and entry.status in _WITHOUT_BODY)
        and (not entry.fallback or (entry.is_missing and _is_text(entry.body)))
        and all(_is_sendable(name, value, len(entry.body)) for name, value in entry.headers)
    )


def _is_sendable(name: str, value: str, length: int) -> bool:
    lower = name.lower()
    return (
        _NAME.fullmatch(name) is not None
        and lower not in _FORBIDDEN
        and _TEXT.fullmatch(value) is not None
        and (lower != "content-length" or value == str(length))
    )


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
