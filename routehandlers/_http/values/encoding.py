"""Check and encode text for headers and URLs."""

from __future__ import annotations

import re
from urllib.parse import quote

# RFC 9110 section 5.5: visible characters, spaces, tabs, and the bytes above
# ASCII that Latin-1 can write.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

# RFC 9110 section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# RFC 3986 section 3.3: pchar, the characters of one path segment, without letters, digits and "-._", which quote()
# always keeps. Pass it to quote() as "safe".
PCHAR = "!$&'()*+,;=:@~"

# All characters that RFC 3986 allows in a path or a query, and "%", so that existing escapes stay as they were sent.
_URL_SAFE = f"{PCHAR}/?%[]"

# UTF-8 cannot write these. As in the URL standard, U+FFFD takes their place in a URL. Those that stand for a byte
# that is not UTF-8 (PEP 383) may be kept.
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")

# A response keeps all headers with these names (RFC 9110 section 5.3). For other names only one value counts.
ACCUMULATED = frozenset({"set-cookie", "vary"})


def is_header_value(value: str) -> bool:
    """Return whether a value is valid in a header."""
    return (value.isascii() and value.isprintable()) or _VALUE.fullmatch(value) is not None


def check_header_value(name: str, value: str) -> None:
    """Refuse a value that would end a header early.

    :raise ValueError: For control characters, such as a line feed.
    """
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise ValueError(f"{name} contains a control character, which would end the header early: {value!r}.")


def to_bytes(text: str) -> bytes:
    r"""Return text in UTF-8.

    UTF-8 cannot write half a surrogate pair, which an escape in a JSON request can contain. It becomes an escape again,
    such as ``\\ud800``.
    """
    return text.encode("utf-8", "backslashreplace")


def encode_non_ascii(url: str) -> str:
    """Percent-encode the characters beyond ASCII, and nothing else. Halves of surrogate pairs become U+FFFD."""
    if url.isascii():
        return url
    return quote(_SURROGATES.sub("\ufffd", url), safe="".join(map(chr, range(0x20, 0x7F))))


def encode_url_part(text: str) -> str:
    """Percent-encode the characters that are not allowed in a path or a query, and nothing else."""
    return quote(_NOT_BYTES.sub("\ufffd", text), safe=_URL_SAFE, encoding="utf-8", errors="surrogateescape")


# Types whose text is never a URL.
_NO_URLS = (type(None), bool, int, float, bytes, bytearray, tuple, list, dict, set, frozenset, type)


def url_text(url: object, what: str) -> str:
    """Return a URL as text. A ``str``, a ``URL`` and the URL classes of other libraries are accepted.

    :param what: The function that takes it, for messages.
    :raise TypeError: For ``None`` and other values that are no URL.
    :raise ValueError: If it is empty.
    """
    if isinstance(url, str):
        text = str.__str__(url)  # for a subclass, such as a member of an enum
    elif isinstance(url, _NO_URLS) or type(url).__str__ is object.__str__:
        raise TypeError(f"The URL of {what} is {url!r}. Pass a path or a whole URL, as a str or a URL.")
    else:
        text = str(url)
    if not text:
        raise ValueError(f"The URL of {what} is empty. Pass a path or a whole URL.")
    return text
