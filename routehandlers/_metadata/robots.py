"""``robots.txt``, out of what ``robots()`` returns (RFC 9309)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .checks import check_keys, check_text, listed

_KEYS = ("rules", "sitemap", "host")
_RULE_KEYS = ("user_agent", "allow", "disallow", "crawl_delay")


def render_robots(robots: Any) -> str:
    """The text of the file, as Next writes it, and with an empty ``Disallow`` and a delay of 0, which it drops.

    :raise InvalidReturnError: For what is no ``routehandlers.metadata.Robots``.
    """
    check_keys("robots()", robots, _KEYS, required=("rules",))
    rules = robots["rules"]
    groups = ["\n".join(_group(rule)) + "\n" for rule in ([rules] if isinstance(rules, Mapping) else rules)]
    rest = [f"Host: {_line('host', robots['host'])}"] if robots.get("host") else []
    rest += [f"Sitemap: {_line('sitemap', url)}" for url in listed(robots.get("sitemap"))]
    return "\n".join([*groups, *rest]) + ("\n" if rest else "")


def _group(rule: Any) -> Iterator[str]:
    check_keys("a rule of robots()", rule, _RULE_KEYS)
    for name in listed(rule.get("user_agent")) or ["*"]:
        yield f"User-Agent: {_line('user_agent', name)}"
    for key, title in (("allow", "Allow"), ("disallow", "Disallow")):
        for path in listed(rule.get(key)):
            yield f"{title}: {_line(key, path)}".rstrip()
    if rule.get("crawl_delay") is not None:
        yield f"Crawl-delay: {rule['crawl_delay']}"


def _line(key: str, value: Any) -> str:
    return check_text(f"{key} of robots()", value)
