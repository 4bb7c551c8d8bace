r"""``source`` patterns of Next's configuration and matchers, in the language of path-to-regexp 6.

This module alone compiles patterns such as ``/blog/:slug``, ``/docs/:path*``, ``/post/:id(\d+)`` and ``/((?!api).*)``
into regular expressions over matching text.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects#path-matching
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import unquote_to_bytes

from .._routing.spelling import ESCAPES
from ..exceptions import InvalidPatternError
from .regex import LONGEST, Budget, Expression, choose, parse_regex, translate
from .tokens import DEFAULT, Parameter, Token, parse_tokens

# Regular expressions see each escape of matching text as one character. They see a slash inside a segment as a
# surrogate, which decoded text never contains.
_SLASH = "\ud800"
_ESCAPED = re.compile("|".join(ESCAPES.values()))
_SEEN = {ESCAPES[ord("/")]: _SLASH, ESCAPES[ord("<")]: "<", ESCAPES[0xE000]: "\ue000"}
_UNSEEN = {ord(_SLASH): ESCAPES[ord("/")], ord("<"): ESCAPES[ord("<")], 0xE000: ESCAPES[0xE000]}


@dataclass(frozen=True)
class PathPattern:
    """A compiled pattern.

    :param groups: The names of the parameters in order, each with the name of its group in the expression.
    :param repeated: The parameters that take any number of segments.
    """

    source: str
    groups: tuple[tuple[str, str], ...]
    repeated: frozenset[str]
    regex: Expression

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.groups)

    def matches(self, text: str, budget: Budget | None = None) -> bool:
        """Return whether a path matches.

        :param text: Matching text, from ``to_matching``.
        :param budget: That of the request.
        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        seen, bounded = _as_regexes_see(text), self.regex.bounded
        if bounded is None:
            return self.regex.compiled.fullmatch(seen) is not None
        return bounded.matches(seen, budget or Budget())

    def match(self, text: str, budget: Budget | None = None) -> dict[str, str] | None:
        """Return the values of the parameters as matching text, or ``None`` if the path does not match.

        Parameters with an empty value are left out.

        :param text: Matching text, from ``to_matching``.
        :param budget: That of the request.
        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        found = self.regex.fullmatch(_as_regexes_see(text), budget)
        if found is None:
            return None
        return {name: value.translate(_UNSEEN) for name, group in self.groups if (value := found[group])}


def _as_regexes_see(text: str) -> str:
    """Return matching text with each of its escapes as one character."""
    return _ESCAPED.sub(lambda found: _SEEN[found[0]], text) if "\ue000" in text else text


def compile_pattern(source: str) -> PathPattern:
    """Compile a pattern.

    :raise InvalidPatternError: With what is wrong, and what to write instead.
    """
    if not source.startswith("/"):
        raise InvalidPatternError(source, f"it does not start with a slash. Write {'/' + source!r}.")
    if len(source) > LONGEST:
        raise InvalidPatternError(source[:80], f"it has {len(source)} characters. Write at most {LONGEST}.")
    tokens = parse_tokens(source)
    groups = tuple(_groups(source, tokens))
    text = "".join(_regexes(source, tokens)).removesuffix("/")
    # A slash at the end makes no difference. The root is a slash alone. Upper and lower case are one, as in Next's
    # redirects: a matcher that told them apart would miss, as a guard, what a rewrite takes.
    flags = re.ASCII | re.DOTALL | re.IGNORECASE
    regex = re.compile(f"(?:{text})/?" if text else "/", flags)
    repeated = frozenset(token.name for token in tokens if isinstance(token, Parameter) and token.is_repeated)
    return PathPattern(source, groups, repeated, choose(source, regex))


def _groups(source: str, tokens: Iterable[Token]) -> Iterator[tuple[str, str]]:
    """Yield each name in a pattern with the name of its group."""
    seen: set[str] = set()
    parameters = [token for token in tokens if isinstance(token, Parameter) and token.regex]
    for place, parameter in enumerate(parameters):
        pairs = [(parameter.name, f"_p{place}")]
        if parameter.regex is not DEFAULT:
            pairs += [(name, name) for name in parse_regex(parameter.regex).groupindex]
        for name, group in pairs:
            if name in seen or (name == group and re.fullmatch("_p[0-9]+", name)):
                raise InvalidPatternError(source, f"the parameter {name!r} comes twice. Rename one.")
            seen.add(name)
            yield name, group


def _regexes(source: str, tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the regular expression of each token."""
    before: str | None = ""
    places = count()
    for index, token in enumerate(tokens):
        if isinstance(token, str):
            before = token
            yield _fixed(token)
            continue
        if not token.regex:
            yield f"(?:{_fixed(token.prefix)}{_fixed(token.suffix)}){token.modifier}"
        else:
            is_plain = token.regex is DEFAULT
            regex = _default_after(source, token, before) if is_plain else translate(token.regex)
            if regex == DEFAULT and _ends_at_slash(token, tokens[index + 1 :]):
                regex = _WHOLE
            yield _parameter_regex(token, regex, f"_p{next(places)}")
        before = token.suffix or None


# A parameter that takes a whole segment. It matches the same texts as DEFAULT where a slash or the end must follow, and
# takes a quarter of its time, because there is nothing to try at each character.
_WHOLE = "[^/]+"


def _ends_at_slash(token: Parameter, after: Sequence[Token]) -> bool:
    """Return whether a slash or the end of the path must follow the value of a parameter."""
    if token.suffix or (token.is_repeated and not token.prefix.startswith("/")):
        return False
    for following in after:
        if isinstance(following, str):
            return following.startswith("/")
        if not following.prefix.startswith("/"):
            return False
        if following.modifier not in {"?", "*"}:
            return True
    return True


def _default_after(source: str, token: Parameter, before: str | None) -> str:
    """Return the expression of a parameter without one of its own. It excludes the fixed text before the parameter.

    So ``/:from-:to`` splits at the last hyphen, and a text cannot match in very many ways. path-to-regexp 6.3 does the
    same.
    """
    before = token.prefix or before
    if before is None:
        raise InvalidPatternError(
            source,
            f"the parameter {token.name!r} follows another parameter directly. Put some text between them, or write"
            f" what it matches: ':{token.name}([0-9]+)'.",
        )
    if not before or "/" in before:
        return DEFAULT
    fixed = _fixed(before)
    return f"[^/{fixed}]+?" if len(before) == 1 else f"(?:(?!{fixed})[^/])+?"


def _parameter_regex(token: Parameter, regex: str, group: str) -> str:
    prefix, suffix, modifier = _fixed(token.prefix), _fixed(token.suffix), token.modifier
    if not token.is_repeated:
        return f"(?:{prefix}(?P<{group}>{regex}){suffix}){modifier}"
    if not (prefix or suffix):
        return f"(?P<{group}>(?:{regex}){modifier})"
    optional = "?" if modifier == "*" else ""
    return f"(?:{prefix}(?P<{group}>(?:{regex})(?:{suffix}{prefix}(?:{regex}))*){suffix}){optional}"


def _fixed(text: str) -> str:
    """Return the expression for fixed text. It is decoded, because matching text is decoded."""
    parts = [unquote_to_bytes(part).decode(errors="replace") for part in text.split("/")]
    return "/".join(re.escape(part.replace("/", _SLASH)) for part in parts)
