r"""Parse ``source`` patterns and the paths of destinations, in the language of path-to-regexp 6.

The result is fixed text and parameters. Examples: ``/blog/:slug``, ``/docs/:path*``, ``/post/:id(\d+)``,
``/((?!api).*)``, ``/old{/:year}?``.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects#path-matching
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..exceptions import InvalidPatternError

# Matches one segment, or the part of it that other tokens leave.
DEFAULT = "[^/]+?"

_NAME = re.compile(r":([A-Za-z0-9_]+)")


@dataclass(frozen=True)
class Parameter:
    """A variable part of a pattern.

    :param name: The name, or a number for a group without a name.
    :param regex: The expression; empty for a group ``{…}`` of fixed text.
    :param prefix: Fixed text before it, usually a slash. It disappears together with an optional parameter.
    :param modifier: ``?``, ``*``, ``+``, or empty.
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
    """Parse a pattern, or the path of a destination, into fixed text and parameters.

    :raise InvalidPatternError: If it is malformed.
    """
    return list(_Parser(source).tokens())


class _Parser:
    """Parser of one pattern. It reads from the first character to the last."""

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
                    f"{letter!r} must follow a parameter or a group. Write '\\\\{letter}' for the character itself."
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
        """Read a group ``{prefix:name(regex)suffix}?``."""
        self._place += 1
        prefix = self._text()
        name, regex = self._name(), self._regex()
        if regex and not name:
            name, self._unnamed = str(self._unnamed), self._unnamed + 1
        suffix = self._text()
        if self._source[self._place : self._place + 1] != "}":
            raise self._mistake("a group in braces is not closed, or has more than one parameter. Write '{/:name}?'.")
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
                raise self._mistake("it ends with a backslash. Write '\\\\\\\\' for the character itself.")
        elif letter == ":":
            raise self._mistake("no name follows ':'. Write '\\\\:' for the character itself.")
        self._place += 1
        return letter

    def _name(self) -> str:
        found = _NAME.match(self._source, self._place)
        if found is None:
            return ""
        self._place = found.end()
        return found[1]

    def _regex(self) -> str:
        """Read the text between parentheses."""
        if self._source[self._place : self._place + 1] != "(":
            return ""
        begin = place = self._place + 1
        depth = 1
        while depth:
            letter = self._source[place : place + 1]
            if not letter:
                raise self._mistake("a parenthesis is not closed. Write '\\\\(' for the character itself.")
            if letter == "\\":
                place += 1
            elif letter == ")":
                depth -= 1
            elif letter == "(":
                depth += 1
                if self._source[place + 1 : place + 2] != "?":
                    raise self._mistake("a parameter contains a capturing group. Write '(?:…)' instead of '(…)'.")
            place += 1
        self._place = place
        regex = self._source[begin : place - 1]
        if not regex or regex.startswith("?"):
            raise self._mistake(
                "the regular expression of a parameter is empty or begins with '?'. Write one such as '([0-9]+)'."
            )
        return regex

    def _modifier(self) -> str:
        letter = self._source[self._place : self._place + 1]
        if letter and letter in "*+?":
            self._place += 1
            return letter
        return ""

    def _mistake(self, remedy: str) -> InvalidPatternError:
        return InvalidPatternError(self._source, remedy)
