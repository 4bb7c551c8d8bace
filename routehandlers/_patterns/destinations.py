"""``destination`` of Next's configuration: a URL with places for what a source matched."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

from .._http.values.encoding import PCHAR
from .._routing.spelling import restore
from ..exceptions import InvalidPatternError
from .tokens import Token, parse_tokens

_PLACE = re.compile(r"\\(.)|:([A-Za-z_][A-Za-z0-9_]*|[0-9]+)[*+?]?")
_NAMES = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
# With user and port, or an IPv6 address; wrong ones are for the client to find.
_HOST = re.compile(r"(?:[^\s()*+?{}\\\[\]]+|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?)")
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Filled:
    """A destination whose places are filled.

    :param origin: Scheme and host; nothing for the application's own.
    :param path: Percent-encoded.
    :param query: Decoded, in its order.
    :param fragment: Percent-encoded, without its number sign.
    """

    origin: str
    path: str
    query: tuple[tuple[str, str], ...]
    fragment: str


@dataclass(frozen=True)
class Destination:
    """Where a redirect or a rewrite leads.

    :param path: Fixed text and parameters.
    :param used: The parameters in the path.
    """

    text: str
    origin: str
    path: tuple[Token, ...]
    query: tuple[tuple[str, str], ...]
    fragment: str
    used: frozenset[str]
    known: frozenset[str]

    def fill(self, params: Mapping[str, str]) -> Filled | None:
        """The destination for some params, or ``None`` if they would climb out of their place with dots.

        :param params: Matching text, as ``PathPattern.match`` gives it.
        """
        path = "".join(_fill_token(token, params) for token in self.path)
        if any(segment in {".", ".."} for segment in path.split("/")):
            return None
        query = tuple(
            (fill_text(name, params, self.known), fill_text(value, params, self.known)) for name, value in self.query
        )
        fragment = quote(fill_text(unquote(self.fragment), params, self.known), safe=f"{PCHAR}/?")
        # Two slashes would name a host.
        path = re.sub("/{2,}", "/", path) if not self.origin else path
        return Filled(self.origin, path or "/", query, fragment)


def compile_destination(text: str, known: Collection[str]) -> Destination:
    """Read a destination.

    :param known: The parameters that there will be.
    :raise InvalidPatternError: With what is wrong, and what to write instead.
    """
    origin, rest = _split_origin(text)
    path, query, fragment = _split(rest)
    if _NAMES.search(origin):
        raise InvalidPatternError(
            text, "its host holds a parameter, and whoever chooses the path would choose the host. Write it out."
        )
    if origin and not _HOST.fullmatch(host := origin.partition("//")[2]):
        raise InvalidPatternError(text, f"{host!r} is no host. Write one such as 'https://example.com'.")
    if _DOT_SEGMENT.search(path):
        raise InvalidPatternError(text, "it holds a dot segment, which no client follows. Write where it leads.")
    tokens = tuple(parse_tokens(path)) if path else ()
    used = frozenset(token.name for token in tokens if not isinstance(token, str) and token.regex)
    named = used | {name for part in (query, fragment) for name in names_in(part)}
    if unknown := sorted(named - set(known)):
        has = f"They have: {', '.join(map(repr, sorted(known)))}." if known else "They have none."
        raise InvalidPatternError(text, f"no {unknown[0]!r} comes from its source or its 'has'. {has}")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Destination(text, origin, tokens, pairs, fragment, used, frozenset(known))


def _split_origin(text: str) -> tuple[str, str]:
    found = re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*|//[^/?#]*", text)
    return (found[0], text[found.end() :]) if found else ("", text)


def _split(text: str) -> tuple[str, str, str]:
    """Path, query and fragment. As in a URL, the first question mark begins the query; a path's own is escaped."""
    text, _, fragment = text.partition("#")
    path, _, query = re.sub(r"(?<!\\)\?", "\0", text, count=1).partition("\0")
    return path, query, fragment


def names_in(text: str) -> set[str]:
    """The parameters that stand in text."""
    return {name for letter, name in _PLACE.findall(text) if name and not name.isdigit()}


def fill_text(text: str, params: Mapping[str, str], known: Collection[str]) -> str:
    """Text with the params in it, decoded: a value of a query or a header.

    :param known: Names that are parameters. One without a value leaves nothing; other names stay as they are.
    """
    return _PLACE.sub(
        lambda found: found[1] or (restore(params.get(found[2], "")) if found[2] in known else found[0]), text
    )


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
    """The whole of it.

    :param incoming: The client's query, which comes first, as it was sent.
    """
    own = urlencode(filled.query, quote_via=quote)
    query = "&".join(part for part in (incoming, own) if part)
    return f"{filled.origin}{filled.path}{'?' if query else ''}{query}{'#' if filled.fragment else ''}{filled.fragment}"
