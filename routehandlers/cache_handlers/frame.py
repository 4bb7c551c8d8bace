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

_MAGIC = b"RHC1"
_CHECKSUM = 16
_START = len(_MAGIC) + _CHECKSUM + 4


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
    """Decode an entry. Return ``None`` if the frame is incomplete, damaged, foreign, or of another version."""
    if not frame.startswith(_MAGIC) or len(frame) < _START:
        return None
    rest = memoryview(frame)[len(_MAGIC) + _CHECKSUM :]
    if _checksum(rest) != frame[len(_MAGIC) : len(_MAGIC) + _CHECKSUM]:
        return None
    length = int.from_bytes(rest[:4], "big")
    try:
        header: dict[str, Any] = json.loads(bytes(rest[4 : 4 + length]))
        epoch, number = header.pop("mark")
        return Entry(
            headers=tuple((str(name), str(value)) for name, value in header.pop("headers")),
            tags=tuple(map(str, header.pop("tags"))),
            mark=Mark(str(epoch), int(number)),
            body=bytes(rest[4 + length :]),
            **header,
        )
    except (ValueError, TypeError, KeyError):  # another program's frame, with a valid checksum
        return None


def _checksum(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM).digest()
