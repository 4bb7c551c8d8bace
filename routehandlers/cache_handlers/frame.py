"""Encode an entry as bytes: a JSON header and the raw body. Pickle is never used: it can run code.

::

    magic and version   4 bytes     b"RHC1"
    checksum           16 bytes     BLAKE2b of everything that follows
    length of header    4 bytes     big endian
    header              JSON
    body                raw
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .entry import Entry, Mark
from .entry_checks import is_sound

_MAGIC = b"RHC1"
_CHECKSUM = 16
_START = len(_MAGIC) + _CHECKSUM + 4

# Fields that JSON holds as they are.
_PLAIN = ("key", "status", "created", "revalidate", "expire", "fallback", "retry_at")


def encode_frame(entry: Entry) -> bytes:
    """Encode an entry."""
    header = json.dumps(
        {
            "key": entry.key,
            "status": entry.status,
            "headers": entry.headers,
            "created": entry.created,
            "revalidate": entry.revalidate,
            "expire": entry.expire,
            "tags": entry.tags,
            "mark": entry.mark,
            "fallback": entry.fallback,
            "retry_at": entry.retry_at,
        },
        separators=(",", ":"),
    ).encode()
    rest = len(header).to_bytes(4, "big") + header + entry.body
    return _MAGIC + _checksum(rest) + rest


def decode_frame(frame: bytes) -> Entry | None:
    """Decode an entry. Return ``None`` if the frame is incomplete, damaged, foreign, or of another version.

    A valid checksum says only that the frame is whole. Another program may have written it, so every field is checked.
    """
    if not frame.startswith(_MAGIC) or len(frame) < _START:
        return None
    rest = memoryview(frame)[len(_MAGIC) + _CHECKSUM :]
    if _checksum(rest) != frame[len(_MAGIC) : len(_MAGIC) + _CHECKSUM]:
        return None
    length = int.from_bytes(rest[:4], "big")
    if length > len(rest) - 4:
        return None
    try:
        header: dict[str, Any] = json.loads(bytes(rest[4 : 4 + length]))
        epoch, number = header.pop("mark")
        headers, tags = header.pop("headers"), header.pop("tags")
        if type(headers) is not list or type(tags) is not list:
            return None
        entry = Entry(
            headers=tuple((name, value) for name, value in headers),
            tags=tuple(tags),
            mark=Mark(epoch, number),
            body=bytes(rest[4 + length :]),
            # By name, so that a field that is missing is an error although Entry has a default for it.
            **{name: header.pop(name) for name in _PLAIN},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # another program's frame
        return None
    return entry if not header and is_sound(entry) else None


def _checksum(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM).digest()
