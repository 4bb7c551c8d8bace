"""``has`` and ``missing``: conditions on headers, cookies, query and host of a request.

https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects#header-cookie-and-query-matching
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._http.request.host import without_final_dot
from .._http.request.request import parse_query
from .._http.request.vary import variable_of
from .._http.response.cookies import parse_cookies
from .._http.values.encoding import TOKEN
from ..exceptions import InvalidPatternError
from .regex import Budget, Expression, compile_regex

if TYPE_CHECKING:
    from ..typing import WSGIEnvironment

_TYPES = ("header", "cookie", "query", "host")


@dataclass(frozen=True)
class Condition:
    """One item of ``has`` or ``missing``.

    :param key: The name of the header, cookie or query parameter; empty for the host.
    :param regex: Matches the whole value. ``None`` accepts any value that is not empty.
    """

    type: Literal["header", "cookie", "query", "host"]
    key: str
    regex: Expression | None

    def match(self, environ: WSGIEnvironment, budget: Budget | None = None) -> dict[str, str] | None:
        """Return the values that it captures for the destination, or ``None`` if it is not met.

        :raise Exception: That of the budget, if it does not suffice to tell.
        """
        value = self._value_in(environ)
        if not value:
            return None
        if self.regex is None:
            return {re.sub("[^A-Za-z]", "", self.key): value}  # as Next turns a key into a name
        found = self.regex.fullmatch(value, budget)
        if found is None:
            return None
        if self.type == "host" and not found.groupdict():
            return {"host": value}
        return {name: text for name, text in found.groupdict().items() if text is not None}

    @property
    def names(self) -> set[str]:
        """The names of the values that it can capture."""
        if self.regex is None:
            return {re.sub("[^A-Za-z]", "", self.key)}
        return set(self.regex.groupindex) or ({"host"} if self.type == "host" else set())

    def _value_in(self, environ: WSGIEnvironment) -> str | None:
        if self.type == "header":
            value: str | None = environ.get(variable_of(self.key))
            return value
        if self.type == "cookie":
            return parse_cookies(environ.get("HTTP_COOKIE") or "").get(self.key)
        if self.type == "query":
            # The last of several values counts.
            return dict(parse_query(environ.get("QUERY_STRING") or "")).get(self.key)
        host: str = environ.get("HTTP_HOST") or environ.get("SERVER_NAME") or ""
        return without_final_dot(re.sub(r":[0-9]*\Z", "", host).lower())


def match_conditions(
    has: Iterable[Condition], missing: Iterable[Condition], environ: WSGIEnvironment, budget: Budget | None = None
) -> dict[str, str] | None:
    """Return the values that ``has`` captures.

    The result is ``None`` if a condition of ``has`` is not met or a condition of ``missing`` is met.
    """
    captured: dict[str, str] = {}
    for condition in has:
        found = condition.match(environ, budget)
        if found is None:
            return None
        captured.update(found)
    return None if any(condition.match(environ, budget) is not None for condition in missing) else captured


def parse_conditions(items: Any) -> Iterator[Condition | str]:
    """Yield each item as a condition, or the mistake in it as the rest of a sentence."""
    if not isinstance(items, (list, tuple)):
        yield f" is {items!r}. Give a list of dicts such as {_EXAMPLE}."
        return
    for place, item in enumerate(items):
        where = f"[{place}]"
        if not isinstance(item, dict):
            yield f"{where} is {item!r}. Give a dict such as {_EXAMPLE}."
            continue
        unknown = sorted(set(item) - {"type", "key", "value"}, key=str)
        if unknown:
            yield f"{where} has the unknown key {unknown[0]!r}. There are: type, key, value."
        elif item.get("type") not in _TYPES:
            yield f"{where} has the type {item.get('type')!r}. It can be {', '.join(map(repr, _TYPES))}."
        else:
            yield _parse(item, where)


_EXAMPLE = "{'type': 'header', 'key': 'x-beta', 'value': 'yes'}"


def _parse(item: dict[str, Any], where: str) -> Condition | str:
    kind, key, value = item["type"], item.get("key"), item.get("value")
    if kind == "host":
        if key is not None or not isinstance(value, str) or not value:
            return (
                f"{where} is a condition on the host. Give a 'value' and no 'key':"
                " {'type': 'host', 'value': 'example.com'}."
            )
    elif not isinstance(key, str) or not key:
        return f"{where} needs a 'key': the name of the {kind}."
    elif kind == "header" and not TOKEN.fullmatch(key):
        return f"{where} has the key {key!r}, which cannot be the name of a header."
    if value is not None and not isinstance(value, str):
        return f"{where} has the value {value!r}. Give a regular expression, as text."
    try:
        # Only host names ignore the case.
        regex = compile_regex(value, re.IGNORECASE if kind == "host" else 0) if value else None
    except InvalidPatternError as error:
        return f"{where}: {error}"
    return Condition(kind, key or "", regex)
