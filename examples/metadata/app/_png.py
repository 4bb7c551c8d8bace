"""Draw a disc on a dark square, as a PNG."""

import struct
import zlib

NIGHT, LIGHT = b"\x14\x14\x2b", b"\xff\xd9\x66"


def disc(width: int) -> bytes:
    middle, radius = (width - 1) / 2, width * 0.4
    rows = [
        b"".join(LIGHT if (x - middle) ** 2 + (y - middle) ** 2 <= radius**2 else NIGHT for x in range(width))
        for y in range(width)
    ]
    # https://www.w3.org/TR/png/: eight bits for each of red, green and blue; no filter before any row.
    header = struct.pack(">2I5B", width, width, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
