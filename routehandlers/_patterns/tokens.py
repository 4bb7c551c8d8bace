r"""What ``source`` patterns and the paths of destinations are made of, in the language of path-to-regexp 6.

``/blog/:slug``, ``/docs/:path*``, ``/post/:id(\d+)``, ``/((?!api).*)``, ``/old{/:year}?``: read here into fixed text
and parameters.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects#path-matching
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..exceptions import InvalidPatternError

# One segment, or the part of one that another token leaves.
DEFAULT = "[^/]+?"

_NAME = re.compile(r":([A-Za-z0-9_]+)")


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

    @property
    def is_repeated(self) -> bool:
        return self.modifier in {"*", "+"}


Token = str | Parameter


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
        return Parameter(name, regex or DEFAULT, prefix, "", self._modifier())

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
        return Parameter(name, regex or (DEFAULT if name else ""), prefix, suffix, self._modifier())

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
