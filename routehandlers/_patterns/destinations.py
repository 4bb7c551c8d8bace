"""``destination`` of Next's configuration: a URL with parameters for the values that a source matched."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from .._http.values.encoding import PCHAR, encode_url_part
from .._routing.spelling import restore
from ..exceptions import InvalidPatternError
from .tokens import Token, parse_tokens

_PLACE = re.compile(r"\\(.)|:([A-Za-z_][A-Za-z0-9_]*|[0-9]+)[*+?]?")
_NAMES = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
# A host with user and port, or an IPv6 address. Invalid ports and addresses are left to the client.
_HOST = re.compile(r"(?:[^\s()*+?{}\\\[\]]+|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?)")
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Filled:
    """A destination whose parameters have values.

    :param origin: Scheme and host; empty for the application's own host.
    :param path: Percent-encoded.
    :param search: The query as the destination writes it, with percent-encoded values of the parameters.
    :param fragment: As ``search``, without the number sign.
    """

    origin: str
    path: str
    search: str
    fragment: str

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query as decoded pairs, in order."""
        return parse_qsl(self.search, keep_blank_values=True, errors="replace")


@dataclass(frozen=True)
class Destination:
    """The target of a redirect or a rewrite.

    :param path: Fixed text and parameters.
    :param used: The parameters in the path.
    :param known: All parameters that have values.
    """

    text: str
    origin: str
    path: tuple[Token, ...]
    query: str
    fragment: str
    used: frozenset[str]
    known: frozenset[str]

    def fill(self, params: Mapping[str, str]) -> Filled | None:
        """Fill in the params. Return ``None`` if the path would have a segment ``.`` or ``..``.

        :param params: Matching text, as ``PathPattern.match`` returns it.
        """
        path = "".join(_fill_token(token, params) for token in self.path)
        if any(segment in {".", ".."} for segment in path.split("/")):
            return None
        query = _fill_encoded(self.query, params, self.known, safe="")
        fragment = _fill_encoded(self.fragment, params, self.known, safe=f"{PCHAR}/?")
        # A path that starts with two slashes would name a host.
        path = re.sub("/{2,}", "/", path) if not self.origin else path
        return Filled(self.origin, path or "/", query, fragment)


def compile_destination(text: str, known: Collection[str]) -> Destination:
    """Parse a destination.

    :param known: The names of the parameters that will have values.
    :raise InvalidPatternError: With what is wrong, and what to write instead.
    """
    origin, rest = _split_origin(text)
    path, query, fragment = _split(rest)
    if _NAMES.search(origin):
        raise InvalidPatternError(
            text, "its host contains a parameter, so that clients could choose the host. Write a fixed host."
        )
    if origin and not _HOST.fullmatch(host := origin.partition("//")[2]):
        raise InvalidPatternError(text, f"{host!r} is not a host. Write one such as 'https://example.com'.")
    if _DOT_SEGMENT.search(path):
        raise InvalidPatternError(text, "it has a '.' or '..' segment, which clients remove. Write the resulting path.")
    tokens = tuple(parse_tokens(path)) if path else ()
    used = frozenset(token.name for token in tokens if not isinstance(token, str) and token.regex)
    named = used | {name for part in (query, fragment) for name in names_in(part)}
    if unknown := sorted(named - set(known)):
        has = f"They define: {', '.join(map(repr, sorted(known)))}." if known else "They define none."
        raise InvalidPatternError(text, f"neither its source nor its 'has' defines the parameter {unknown[0]!r}. {has}")
    return Destination(text, origin, tokens, query, fragment, used, frozenset(known))


def _split_origin(text: str) -> tuple[str, str]:
    found = re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*|//[^/?#]*", text)
    return (found[0], text[found.end() :]) if found else ("", text)


def _split(text: str) -> tuple[str, str, str]:
    r"""Split into path, query and fragment. The first ``?`` begins the query; ``\?`` is part of the path."""
    text, _, fragment = text.partition("#")
    path, _, query = re.sub(r"(?<!\\)\?", "\0", text, count=1).partition("\0")
    return path, query, fragment


def names_in(text: str) -> set[str]:
    """Return the names of the parameters in a text."""
    return {name for letter, name in _PLACE.findall(text) if name and not name.isdigit()}


def fill_text(text: str, params: Mapping[str, str], known: Collection[str]) -> str:
    """Fill the decoded params into a text, such as the value of a query or a header.

    :param known: The names of parameters. A parameter without a value becomes empty; other names stay as they are.
    """
    return _PLACE.sub(
        lambda found: found[1] or (restore(params.get(found[2], "")) if found[2] in known else found[0]), text
    )


def _fill_encoded(text: str, params: Mapping[str, str], known: Collection[str], safe: str) -> str:
    """Fill percent-encoded params into the query or the fragment of a URL. All else stays as it was written.

    :param safe: Characters of the params that are not encoded.
    """
    filled, end = "", 0
    for found in _PLACE.finditer(text):
        filled += encode_url_part(text[end : found.start()])
        end = found.end()
        is_parameter = not found[1] and found[2] in known
        filled += quote(restore(params.get(found[2], "")), safe=safe) if is_parameter else found[1] or found[0]
    return filled + encode_url_part(text[end:])


def _fill_token(token: Token, params: Mapping[str, str]) -> str:
    if isinstance(token, str):
        return quote(token, safe=f"{PCHAR}/%")
    if not token.regex:
        return "" if token.modifier in {"?", "*"} else token.prefix + token.suffix
    value = params.get(token.name, "")
    if not value:
        return ""
    segments = [quote(restore(segment), safe=PCHAR) for segment in value.split("/")]
    return token.prefix + "/".join(segments) + token.suffix


def to_url(filled: Filled, incoming: str = "") -> str:
    """Return the whole URL.

    :param incoming: The client's query as it was sent. It comes first.
    """
    query = "&".join(part for part in (incoming, filled.search) if part)
    return f"{filled.origin}{filled.path}{'?' if query else ''}{query}{'#' if filled.fragment else ''}{filled.fragment}"
