"""Read the path of a request in one place, so that guards and routes see the same path.

The application splits the path as it was sent, before decoding. So ``a%2Fb`` in
``/items/a%2Fb`` is one segment. WSGI passes only a decoded path; servers add the
sent path as ``RAW_URI`` or ``REQUEST_URI``. The sent path is used only if it
agrees with ``SCRIPT_NAME`` and ``PATH_INFO``. If they differ, an outer layer has
changed the path, and these two variables are used instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes

from werkzeug.exceptions import BadRequest

from ..values.encoding import PCHAR

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# Characters that are not encoded when a decoded path becomes a URL path again.
_SAFE = f"/{PCHAR}\\"

# Browsers read a backslash as a slash. Repeated slashes of both kinds are not allowed.
REPEATED_SLASHES = re.compile(r"[/\\]{2,}|\\")

# Only at the start: "://" may also stand in a segment.
_ABSOLUTE_FORM = re.compile(r"\A[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT = re.compile(r"(?:^|[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)", re.IGNORECASE)
_ENCODED_SLASH = re.compile("%(2F)", re.IGNORECASE)
_CANONICAL = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/]*")

# Segments of plain characters and escapes, except the escapes of NUL, "%", ".", "/", "<" and a backslash.
_ESCAPE = "%(?!00|25|2[EeFf]|3[Cc]|5[Cc])[0-9A-Fa-f]{2}"
_USUAL = re.compile(f"(?:/(?:[A-Za-z0-9_~!$&'()*+,;=:@-]|{_ESCAPE})(?:[A-Za-z0-9_~!$&'()*+,;=:@.-]|{_ESCAPE})*)+")

_LOOKS_ENCODED = re.compile("%(?=(?:25)*2F)", re.IGNORECASE)
_NOT_FOR_URLS = re.compile(r"[^!#-;=?-\[\]_a-z~]")


def target_of(environ: WSGIEnvironment) -> str | None:
    """Return the request target as it was sent, or ``None`` if the server does not provide it."""
    raw: str | None = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return raw


def sent_path(environ: WSGIEnvironment) -> tuple[str, str]:
    """Return the prefix of the application and the path below it, percent-encoded as sent."""
    script_name: str = environ.get("SCRIPT_NAME") or ""
    path_info: str = environ.get("PATH_INFO") or ""
    raw = target_of(environ)
    if raw is not None:
        raw = _ABSOLUTE_FORM.sub("", raw, count=1).partition("?")[0].partition("#")[0]
        if _is_same(raw, script_name, path_info):
            cut = _length_of_prefix(raw, len(script_name))
            return _rooted(escape(raw[:cut])), escape(raw[cut:])
    return _rooted(_quote(script_name)), _quote(path_info)


def _rooted(prefix: str) -> str:
    """Return a prefix that begins with exactly one slash, or no prefix.

    URLs begin with it, and browsers read two slashes, of both kinds, as the beginning of a host name.
    """
    if not prefix or (prefix[0] == "/" and prefix[1:2] not in {"/", "\\"}):
        return prefix
    return "/" + prefix.lstrip("/\\")


def usual_path(environ: WSGIEnvironment) -> str | None:
    """Return the path of a request, decoded, if it is encoded as clients usually do it.

    :return: ``None`` for a path that must be read with care: with slashes at the end or twice, dots at the beginning of
        a segment, encoded slashes, or a target that differs from ``PATH_INFO``.
    """
    sent = (target_of(environ) or "").partition("?")[0]
    if environ.get("SCRIPT_NAME") or not _USUAL.fullmatch(sent):
        return None
    decoded = unquote_to_bytes(sent)
    if decoded != (environ.get("PATH_INFO") or "").encode("latin-1", "replace"):
        return None
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        return None


def canonical_path(environ: WSGIEnvironment) -> tuple[str, str]:
    """Return the prefix and the path in canonical spelling, percent-encoded.

    Each segment is decoded once. Then the characters of RFC 3986's pchar stay plain, and all others become upper-case
    escapes. A path with a malformed escape stays as it was sent: no route answers it.
    """
    prefix, path = sent_path(environ)
    return _canonical(prefix), _canonical(path)


def _canonical(path: str) -> str:
    if _CANONICAL.fullmatch(path):
        return path
    if _BAD_ESCAPE.search(path):
        return path
    return "/".join(quote_from_bytes(unquote_to_bytes(segment), safe=PCHAR) for segment in path.split("/"))


def readable_path(path: str) -> str:
    """Decode a canonical path in such a way that different paths have different results.

    Inside a segment ``/`` stays ``%2F``, and a ``%`` in front of ``2F``, ``252F`` and so on stays ``%25``.
    """
    if "%" not in path:
        return path
    segments = [unquote_to_bytes(segment).decode(errors="replace") for segment in path.split("/")]
    return "/".join(_LOOKS_ENCODED.sub("%25", segment).replace("/", "%2F") for segment in segments)


def escape(path: str) -> str:
    """Percent-encode the characters that a URL cannot contain; the rest stays as it was sent."""
    return _NOT_FOR_URLS.sub(lambda found: _quote(found[0]), path)


def has_dot_segment(path: str) -> bool:
    """Return whether a segment is ``.`` or ``..``, plain or encoded."""
    return _DOT_SEGMENT.search(path) is not None


def decode_segments(path: str) -> list[str]:
    """Return the segments of a percent-encoded path, each decoded once.

    :raise BadRequest: For a malformed escape, for bytes that are not UTF-8, and for ``%00``.
    """
    if _BAD_ESCAPE.search(path):
        raise BadRequest("The path contains a '%' without two hexadecimal digits. Send '%25' for a percent sign.")
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in path.removeprefix("/").split("/")]
    except UnicodeDecodeError:
        raise BadRequest("The path is not UTF-8.") from None
    if "\0" in "".join(segments):
        raise BadRequest("The path contains a null character.")
    return segments


def _is_same(raw: str, script_name: str, path_info: str) -> bool:
    """Return whether a sent path agrees with the variables of WSGI.

    cheroot, and Apache with ``AllowEncodedSlashes NoDecode``, decode everything but slashes.
    """
    whole = script_name + path_info
    if _unquote(raw) == whole:
        return True
    if "%" in script_name or not _ENCODED_SLASH.search(raw):
        return False
    return whole in (_unquote(_ENCODED_SLASH.sub(r"%25\1", raw)), _unquote(_ENCODED_SLASH.sub("%252F", raw)))


def _unquote(path: str) -> str:
    """Decode to the format of WSGI, in which each character is one byte."""
    try:
        return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    except UnicodeEncodeError:  # no server sends this; the empty text never matches
        return ""


def _quote(path: str) -> str:
    return quote_from_bytes(path.encode("latin-1", "replace"), safe=_SAFE)


def _length_of_prefix(raw: str, decoded: int) -> int:
    """Return the number of characters of a sent path that encode its first ``decoded`` bytes."""
    place = 0
    for _ in range(decoded):
        place += 3 if re.match("%[0-9A-Fa-f]{2}", raw[place : place + 3]) else 1
    return place
