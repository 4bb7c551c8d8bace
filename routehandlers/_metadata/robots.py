"""Render ``robots.txt`` from the result of ``robots()`` (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..exceptions import InvalidReturnError
from .checks import check_keys, check_text, listed, number

_KEYS = ("rules", "sitemap", "host")
# RFC 9309 has no grammar for other names. A colon would end the name, and "#" start a comment.
_DIRECTIVE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]*[A-Za-z0-9])?")

_RULE_KEYS = ("user_agent", "allow", "disallow", "crawl_delay", "other")


def render_robots(robots: Any) -> str:
    """Render the file as Next does. Unlike Next, keep an empty ``Disallow`` and a delay of 0.

    :raise InvalidReturnError: If the value is not a ``routehandlers.metadata.Robots``.
    """
    check_keys("robots()", robots, _KEYS, required=("rules",))
    rules = listed("rules of robots()", robots["rules"])
    lines = [line for rule in rules for line in _group(rule)]
    if robots.get("host"):
        lines.append(f"Host: {_line('host', robots['host'])}")
    lines += [f"Sitemap: {_line('sitemap', url)}" for url in _listed("sitemap", robots)]
    return "".join(f"{line}\n" for line in lines)


def _group(rule: Any) -> Iterator[str]:
    check_keys("a rule of robots()", rule, _RULE_KEYS)
    names = _listed("user_agent", rule) if rule.get("user_agent") not in (None, "") else ["*"]
    if not names:
        return  # an empty list of names; without a name, readers would add the lines to the rule before
    for name in names:
        yield f"User-Agent: {_line('user_agent', name)}"
    for key, title in (("allow", "Allow"), ("disallow", "Disallow")):
        for path in _listed(key, rule):
            yield f"{title}: {_line(key, path)}".rstrip()
    if rule.get("crawl_delay") is not None:
        yield f"Crawl-delay: {_delay(rule['crawl_delay'])}"
    yield from _other(rule.get("other"))
    yield ""


def _other(directives: Any) -> Iterator[str]:
    """Return the lines of directives that the standard does not have, such as ``Request-rate``."""
    if directives is not None and not isinstance(directives, Mapping):
        raise InvalidReturnError(f"other of robots() is {directives!r}. Give a dict of directives.")
    for name, value in (directives or {}).items():
        if not isinstance(name, str) or not _DIRECTIVE.fullmatch(name):
            raise InvalidReturnError(
                f"other of robots() has the directive {name!r}. Give a name such as 'Request-rate'."
            )
        if name.lower() == "user-agent":
            raise InvalidReturnError("other of robots() has 'User-Agent', which starts a rule. Use the key user_agent.")
        for item in [value] if number(value) is not None else listed(f"{name} of robots()", value):
            yield f"{name}: {number(item) or _line(name, item)}".rstrip()


def _listed(key: str, values: Mapping[str, Any]) -> list[Any]:
    return listed(f"{key} of robots()", values.get(key))


def _line(key: str, value: Any) -> str:
    return check_text(f"{key} of robots()", value)


def _delay(value: Any) -> str:
    text = number(value)
    if text is None or value < 0:
        raise InvalidReturnError(f"crawl_delay of robots() is {value!r}. Give a number of seconds.")
    return text
