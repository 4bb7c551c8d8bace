r"""``source`` patterns of Next's configuration and matchers, in the language of path-to-regexp 6.

``/blog/:slug``, ``/docs/:path*``, ``/post/:id(\d+)``, ``/((?!api).*)``: read here into a regular expression over
matching text, and nowhere else.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects#path-matching
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .._regex import LONGEST, compile_regex, translate
from ..exceptions import InvalidPatternError
from .spelling import ESCAPES

# One segment, or the part of one that another token leaves.
_DEFAULT = "[^/]+?"

# Each lets a path be cut in as many ways as it has segments; with three of them that is a long time.
_MOST_REPEATED = 2

_NAME = re.compile(r":([A-Za-z0-9_]+)")

# "<" is written as itself where a regular expression looks, since a user's may look for it.
_LESS = ESCAPES[ord("<")]


@dataclass(frozen=True)
class Parameter:
    """A part of a pattern that takes different text.

    :param name: A number for groups without a name.
    :param regex: Nothing for a group ``{…}`` of fixed text.
    :param prefix: Fixed text before it, which vanishes with it: the slash, mostly.
    :param modifier: ``?``, ``*``, ``+``, or nothing.
    """

    name: str
    regex: str
    prefix: str = ""
    suffix: str = ""
    modifier: str = ""


Token = str | Parameter


@dataclass(frozen=True)
class PathPattern:
    """A pattern, ready to be matched.

    :param names: Of its parameters, in their order.
    """

    source: str
    names: tuple[str, ...]
    regex: re.Pattern[str]

    def match(self, text: str) -> dict[str, str] | None:
        """What its parameters take of a path, as matching text; a parameter that takes nothing is not there.

        :param text: Matching text, from ``to_matching``.
        """
        found = self.regex.fullmatch(text.replace(_LESS, "<"))
        if found is None:
            return None
        named = {name: value for name, value in found.groupdict().items() if not name.startswith("_p")}
        groups = {name: found[f"_p{place}"] for place, name in enumerate(self.names)}
        return {name: value for name, value in {**groups, **named}.items() if value}


def compile_pattern(source: str, *, sensitive: bool = False) -> PathPattern:
    """Read a pattern.

    :param sensitive: Whether ``/A`` and ``/a`` are two paths. They are to middleware, not to redirects, as in Next.
    :raise InvalidPatternError: With what is wrong, and what to write instead.
    """
    if not source.startswith("/"):
        raise InvalidPatternError(source, f"it does not start with a slash. Write {'/' + source!r}.")
    if len(source) > LONGEST:
        raise InvalidPatternError(source[:80], f"it has {len(source)} characters, and at most {LONGEST} are taken.")
    tokens = parse_tokens(source)
    parameters = [token for token in tokens if isinstance(token, Parameter) and token.regex]
    names = [parameter.name for parameter in parameters]
    for name in names:
        if names.count(name) > 1:
            raise InvalidPatternError(source, f"the parameter {name!r} comes twice. Rename one.")
    for parameter in parameters:
        if parameter.regex is not _DEFAULT:
            compile_regex(parameter.regex)
    if sum(map(_is_repeated, parameters)) > _MOST_REPEATED:
        raise InvalidPatternError(
            source, f"more than {_MOST_REPEATED} parts of it take any number of segments, which takes long to match."
        )
    places = iter(range(len(parameters)))
    text = "".join(_regex_of(token, places) for token in tokens)
    flags = re.ASCII | re.DOTALL | (0 if sensitive else re.IGNORECASE)
    # The slash at the end makes no difference, and the root is nothing but it.
    return PathPattern(source, tuple(names), re.compile(f"(?:{text}){'' if source.endswith('/') else '/?'}", flags))


def _is_repeated(parameter: Parameter) -> bool:
    return parameter.modifier in {"*", "+"} or re.search(r"(?<!\\)\.[*+]", parameter.regex) is not None


def parse_tokens(source: str) -> list[Token]:
    """The fixed text and the parameters of a pattern, or of the path that it leads to.

    :raise InvalidPatternError: If it is malformed.
    """
    return list(_Parser(source).tokens())


class _Parser:
    """Reads one pattern from its first character to its last."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._place = 0
        self._unnamed = 0

    def tokens(self) -> Iterator[Token]:
        fixed = ""
        while self._place < len(self._source):
            letter = self._source[self._place]
            if letter in "/." and self._is_parameter_at(self._place + 1):
                self._place += 1
                parameter = self._parameter(prefix=letter)
            elif self._is_parameter_at(self._place):
                parameter = self._parameter(prefix="")
            elif letter == "{":
                parameter = self._group()
            elif letter in "}*+?":
                raise self._mistake(
                    f"{letter!r} follows nothing that it could mean. Write '\\\\{letter}' for the sign itself."
                )
            else:
                fixed += self._literal()
                continue
            if fixed:
                yield fixed
            fixed = ""
            yield parameter
        if fixed:
            yield fixed

    def _is_parameter_at(self, place: int) -> bool:
        return self._source[place : place + 1] == "(" or _NAME.match(self._source, place) is not None

    def _parameter(self, prefix: str) -> Parameter:
        name, regex = self._name(), self._regex()
        if not name:
            name, self._unnamed = str(self._unnamed), self._unnamed + 1
        return Parameter(name, regex or _DEFAULT, prefix, "", self._modifier())

    def _group(self) -> Parameter:
        """``{prefix:name(regex)suffix}?``."""
        self._place += 1
        prefix = self._text()
        name, regex = self._name(), self._regex()
        if regex and not name:
            name, self._unnamed = str(self._unnamed), self._unnamed + 1
        suffix = self._text()
        if self._source[self._place : self._place + 1] != "}":
            raise self._mistake("a brace does not close, or holds more than one parameter.")
        self._place += 1
        return Parameter(name, regex or (_DEFAULT if name else ""), prefix, suffix, self._modifier())

    def _text(self) -> str:
        text = ""
        while (
            self._place < len(self._source)
            and self._source[self._place] not in "{}(*+?"
            and not _NAME.match(self._source, self._place)
        ):
            text += self._literal()
        return text

    def _literal(self) -> str:
        letter = self._source[self._place]
        if letter == "\\":
            self._place += 1
            letter = self._source[self._place : self._place + 1]
            if not letter:
                raise self._mistake("it ends with a backslash.")
        elif letter == ":":
            raise self._mistake("':' is followed by no name. Write '\\\\:' for the sign itself.")
        self._place += 1
        return letter

    def _name(self) -> str:
        found = _NAME.match(self._source, self._place)
        if found is None:
            return ""
        self._place = found.end()
        return found[1]

    def _regex(self) -> str:
        """What stands between parentheses."""
        if self._source[self._place : self._place + 1] != "(":
            return ""
        begin = place = self._place + 1
        depth = 1
        while depth:
            letter = self._source[place : place + 1]
            if not letter:
                raise self._mistake("a parenthesis does not close. Write '\\\\(' for the sign itself.")
            if letter == "\\":
                place += 1
            elif letter == ")":
                depth -= 1
            elif letter == "(":
                depth += 1
                if self._source[place + 1 : place + 2] != "?":
                    raise self._mistake("a group inside of a parameter captures. Write '(?:…)' in place of '(…)'.")
            place += 1
        self._place = place
        regex = self._source[begin : place - 1]
        if not regex or regex.startswith("?"):
            raise self._mistake("a parameter's regular expression is empty, or begins with '?'.")
        return regex

    def _modifier(self) -> str:
        letter = self._source[self._place : self._place + 1]
        if letter and letter in "*+?":
            self._place += 1
            return letter
        return ""

    def _mistake(self, remedy: str) -> InvalidPatternError:
        return InvalidPatternError(self._source, remedy)


def _regex_of(token: Token, places: Iterator[int]) -> str:
    if isinstance(token, str):
        return _fixed(token)
    prefix, suffix, modifier = _fixed(token.prefix), _fixed(token.suffix), token.modifier
    if not token.regex:
        return f"(?:{prefix}{suffix}){modifier}"
    regex, group = translate(token.regex), f"_p{next(places)}"
    if modifier not in {"*", "+"}:
        return f"(?:{prefix}(?P<{group}>{regex}){suffix}){modifier}"
    optional = "?" if modifier == "*" else ""
    if not (prefix or suffix):
        return f"(?P<{group}>(?:{regex}){modifier})"
    return f"(?:{prefix}(?P<{group}>(?:{regex})(?:{suffix}{prefix}(?:{regex}))*){suffix}){optional}"


def _fixed(text: str) -> str:
    """Fixed text as it stands in matching text: decoded, for a client may have encoded any of it."""
    parts = [unquote_to_bytes(part).decode(errors="replace") for part in text.split("/")]
    escapes = {letter: escape for letter, escape in ESCAPES.items() if letter != ord("<")}
    return "/".join(re.escape(part.translate(escapes)) for part in parts)
