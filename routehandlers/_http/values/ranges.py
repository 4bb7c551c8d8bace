"""Read the ``Range`` header (RFC 9110 section 14.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

_ONE_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*", re.IGNORECASE)

# No file is larger. int() refuses longer numbers.
_LONGEST_NUMBER = 18


def usable_range(header: str, length: int | None) -> str | None:
    """Return a range of bytes in its normal spelling, or ``None`` if the header must or may be ignored.

    A server ignores units that it does not know and ranges that are not valid, and sends the whole file. This one also
    ignores several ranges in one header.
    """
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        if not _number(suffix):
            return f"bytes={10**_LONGEST_NUMBER}-"  # no bytes: a range that no file has
        is_whole = bool(length) and _number(suffix) >= (length or 0)
        return "bytes=0-" if is_whole else f"bytes=-{_number(suffix)}"
    if last and _number(last) < _number(first):
        return None
    return f"bytes={_number(first)}-{_number(last) if last else ''}"


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER


def with_usable_range(environ: WSGIEnvironment, length: int | None) -> WSGIEnvironment:
    """Return an environment whose ``Range`` is normal, or without one if it must be ignored.

    :param length: The length of the file, if it is known.
    """
    header = environ.get("HTTP_RANGE")
    if header is None:
        return environ
    usable = usable_range(header, length)
    if usable == header:
        return environ
    changed = {**environ, "HTTP_RANGE": usable or ""}
    if usable is None:
        del changed["HTTP_RANGE"]
    return changed
