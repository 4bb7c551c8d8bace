"""Parse one folder name of the ``app`` tree.

Brackets, parentheses, ``@`` and underscores have a meaning in Next. Only this
module knows it. It never touches the file system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote_to_bytes

from ..exceptions import InvalidSegmentError


class Kind(Enum):
    """Kind of folder, by its effect on the URL."""

    STATIC = "static"
    CONVERTED = "converted"
    DYNAMIC = "dynamic"
    CATCH_ALL = "catch-all"
    OPTIONAL_CATCH_ALL = "optional catch-all"
    GROUP = "group"
    SLOT = "slot"
    PRIVATE = "private"


# The order in which segments at one place of a path are tried.
PRECEDENCE = (Kind.STATIC, Kind.CONVERTED, Kind.DYNAMIC, Kind.CATCH_ALL, Kind.OPTIONAL_CATCH_ALL)

# The kinds that take the rest of a path, as a list.
CATCH_ALLS = (Kind.CATCH_ALL, Kind.OPTIONAL_CATCH_ALL)

# The first match wins. To add a kind of segment, add a line.
# Next allows any name without brackets that does not begin with a dot, so
# "[post-id]", "[my id]" and "[a:b]" are valid. "=" is an addition to Next and names a converter.
_NAME = r"(?P<name>[^\[\]=.…][^\[\]=]*)"
_GRAMMAR = (
    (Kind.PRIVATE, re.compile(r"_(?P<name>.*)", re.DOTALL)),
    (Kind.GROUP, re.compile(r"\((?P<name>(?!\.{1,3}\)).*)\)", re.DOTALL)),
    (Kind.SLOT, re.compile(r"@(?P<name>.+)", re.DOTALL)),
    (Kind.OPTIONAL_CATCH_ALL, re.compile(rf"\[\[\.{{3}}{_NAME}\]\]")),
    (Kind.CATCH_ALL, re.compile(rf"\[\.{{3}}{_NAME}\]")),
    (Kind.CONVERTED, re.compile(rf"\[{_NAME}=(?P<converter>[A-Za-z_][A-Za-z0-9_]*)\]")),
    (Kind.DYNAMIC, re.compile(rf"\[{_NAME}\]")),
)

# Probable intentions behind an invalid name. The first match wins; the last line matches everything.
_REMEDIES = (
    (
        r"\(\.{1,3}\).*",
        "intercepting folders need Next's client router, which does not exist here. Name the folder after its URL.",
    ),
    (
        r"\[+\.{3}[^\[\]]*=.*",
        "a converter reads only one segment. Write '[...{name}]' and convert the list in the handler.",
    ),
    (r"\[\[\[.*", "it has too many brackets. Write '[{name}]'."),
    (
        r"\[\[(?!\.)[^\[\]]+\]\]",
        "a single parameter cannot be optional. Write '[[...{name}]]', or add a route.py one folder up.",
    ),
    (r".*…[^\[\]]*\]+", "'…' is a single character. Write three dots: '[...{name}]'."),
    (r"\[+\.+[^.\[\]][^\[\]]*\]+", "a catch-all has exactly three dots. Write '[...{name}]'."),
    (r"\[+\.*\]+", "the parameter has no name. Write '[id]' or '[...path]'."),
    (r"\[[^\[\]]*=[^\[\]]*\]", "write the name of one converter after '=', as in '[{name}=int]'."),
    (
        r"[^\[\]]+\[.*|.*\][^\[\]]+",
        "a parameter must be the whole folder name. Write '[{name}]' and split the value in the handler.",
    ),
    (r".*", "the brackets do not close. Write '[{name}]', or '%5B' and '%5D' for brackets in the URL."),
)


@dataclass(frozen=True)
class Segment:
    """A parsed folder name.

    :param name: The decoded text of a static segment, the name of a parameter,
        or the text inside of the signs of other kinds.
    :param converter: The name after ``=`` in ``[id=int]``.
    :param folder: The folder name as it is on the disk.
    """

    kind: Kind
    name: str
    converter: str | None = None
    folder: str = field(default="", compare=False, repr=False)

    @property
    def in_url(self) -> bool:
        """Whether the folder adds a segment to the URL."""
        return self.kind in PRECEDENCE

    @property
    def is_parameter(self) -> bool:
        """Whether the segment has a value in ``params``."""
        return self.in_url and self.kind is not Kind.STATIC


def parse_segment(folder: str) -> Segment:
    """Parse a folder name as Next does.

    :param folder: The bare name, such as ``"[slug]"``; never a path.
    :raise InvalidSegmentError: If the name is not valid. The message says what to write instead.
    """
    for kind, pattern in _GRAMMAR:
        if match := pattern.fullmatch(folder):
            parts = match.groupdict()
            return Segment(kind, parts["name"], parts.get("converter"), folder)

    if not folder or "[" in folder or "]" in folder or re.match(r"\(\.{1,3}\)", folder):
        raise InvalidSegmentError(folder, _remedy(folder))
    return Segment(Kind.STATIC, _decode(folder), folder=folder)


def _remedy(folder: str) -> str:
    if not folder:
        return "it is empty."
    name = re.sub(r"[\[\]().…]", "", folder.partition("=")[0]) or "id"
    for pattern, remedy in _REMEDIES:
        if re.fullmatch(pattern, folder, re.DOTALL):
            return remedy.format(name=name)
    raise AssertionError(folder)  # the last pattern matches everything


def _decode(folder: str) -> str:
    """Decode percent-escapes, so that ``%5Fadmin`` is a literal ``_admin``."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", folder):
        raise InvalidSegmentError(
            folder, "'%' begins an escape of two hexadecimal digits. Write '%25' for a percent sign."
        )
    try:
        name = unquote_to_bytes(folder).decode()
    except UnicodeError:
        raise InvalidSegmentError(folder, "its escapes are not UTF-8.") from None
    if name in {".", ".."} or "\0" in name:
        raise InvalidSegmentError(folder, "paths of requests never contain this segment.")
    return name
