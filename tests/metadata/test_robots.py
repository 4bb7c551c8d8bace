"""``robots.txt`` as ``robots()`` returns it, read back by a parser of somebody else's."""

from __future__ import annotations

import urllib.robotparser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routehandlers._metadata.robots import render_robots
from routehandlers.exceptions import InvalidReturnError

ROBOTS = {
    "rules": [
        {"user_agent": "Googlebot", "allow": ["/", "/public"], "disallow": "/private/", "crawl_delay": 2},
        {"user_agent": ["Applebot", "Bingbot"], "disallow": ["/a", "/b"]},
        {"allow": "/", "disallow": ""},
        {"user_agent": "*", "crawl_delay": 0},
    ],
    "sitemap": ["https://acme.com/sitemap.xml", "https://acme.com/other.xml"],
    "host": "https://acme.com",
}

# As Next 15.5 writes it, with the two lines that Next drops.
ROBOTS_TEXT = """User-Agent: Googlebot
Allow: /
Allow: /public
Disallow: /private/
Crawl-delay: 2

User-Agent: Applebot
User-Agent: Bingbot
Disallow: /a
Disallow: /b

User-Agent: *
Allow: /
Disallow:

User-Agent: *
Crawl-delay: 0

Host: https://acme.com
Sitemap: https://acme.com/sitemap.xml
Sitemap: https://acme.com/other.xml
"""


def test_robots_reads_as_next_writes_it() -> None:
    assert render_robots(ROBOTS) == ROBOTS_TEXT
    assert render_robots({"rules": {}}) == "User-Agent: *\n\n"
    assert render_robots({"rules": []}) == ""


def test_a_rule_for_nobody_speaks_to_nobody() -> None:
    # Without its names it would be a part of the rule before, and with "*" be for all.
    robots = {"rules": [{"user_agent": "A", "allow": "/"}, {"user_agent": [], "disallow": "/"}]}

    assert render_robots(robots) == "User-Agent: A\nAllow: /\n\n"


@given(path=st.text())
def test_what_is_written_is_one_line_or_refused(path: str) -> None:
    try:
        text = render_robots({"rules": {"user_agent": "Bot", "disallow": f"/{path}"}})
    except InvalidReturnError:
        return

    lines = text.encode().decode().splitlines()
    assert lines == ["User-Agent: Bot", f"Disallow: /{path}".rstrip(), ""]


def test_directives_of_ones_own_were_refused() -> None:
    rules = [
        {"user_agent": "*", "allow": "/"},
        {
            "user_agent": "SeznamBot", "crawl_delay": 1,
            "other": {"Request-Rate": "10/1m", "Clean-param": ["ref /a", "sid /b"], "Visits": 3, "None": None, "Empty": []},
        },
        {"user_agent": "X", "other": None},
    ]  # fmt: skip

    assert render_robots({"rules": rules, "host": "h"}) == (
        "User-Agent: *\nAllow: /\n\n"
        "User-Agent: SeznamBot\nCrawl-delay: 1\nRequest-Rate: 10/1m\nClean-param: ref /a\nClean-param: sid /b\nVisits: 3\n\n"
        "User-Agent: X\n\nHost: h\n"
    )


def test_a_parser_reads_robots_back() -> None:
    parser = urllib.robotparser.RobotFileParser()
    parser.parse(
        render_robots(
            {
                "rules": [{"user_agent": "Bot", "disallow": ["/private/", "/x"], "crawl_delay": 3}, {"disallow": ""}],
                "sitemap": "https://acme.com/sitemap.xml",
            }
        ).splitlines()
    )

    assert parser.can_fetch("Bot", "/public")
    assert not parser.can_fetch("Bot", "/private/a")
    assert parser.can_fetch("Other", "/private/a")
    assert parser.crawl_delay("Bot") == 3
    assert parser.site_maps() == ["https://acme.com/sitemap.xml"]


@pytest.mark.parametrize(
    ("robots", "message"),
    [
        ({"rules": {"other": "Request-rate: 1"}}, "other of robots() is 'Request-rate: 1'. Give a dict of directives."),
        ({"rules": {"other": {"A: b\nDisallow": "/"}}}, "other of robots() has the directive"),
        ({"rules": {"other": {"": "/"}}}, "other of robots() has the directive ''."),
        ({"rules": {"other": {"A:": "/"}}}, "other of robots() has the directive 'A:'."),
        ({"rules": {"other": {"user-agent": "x"}}}, "Use the key user_agent."),
        ({"rules": {"other": {"A": "x\nDisallow: /"}}}, "A of robots() is"),
        ({"rules": {"other": {"A": ["x", True]}}}, "A of robots() is True. Give text"),
        ({"rules": {"other": {"A": True}}}, "A of robots() is True."),
        ({"rules": {}, "other": {"A": "x"}}, "robots() has the unknown key 'other'."),
        ({"rules": {"Request-rate": "1"}}, "There are: user_agent, allow, disallow, crawl_delay, other."),
        (None, "robots() is None. Give a dict with 'rules', 'sitemap', 'host'."),
        ({}, "robots() has no 'rules'."),
        (
            {"rules": {"userAgent": "x"}},
            "a rule of robots() has the unknown key 'userAgent'. Did you mean 'user_agent'?",
        ),
        ({"rules": {"allow": "/a\nDisallow: /"}}, "Give text without line breaks."),
        ({"rules": {}, "host": "a\rb"}, "host of robots()"),
        ({"rules": ["*"]}, "a rule of robots() is '*'."),
        ({"rules": 3}, "rules of robots() is 3."),
        ({"rules": {"allow": 3}}, "allow of robots() is 3."),
        ({"rules": {"allow": "/a\u2028Disallow: /"}}, "Give text without line breaks."),
        ({"rules": {"allow": "/\ud800"}}, "allow of robots()"),
        ({"rules": {"crawl_delay": "1\nDisallow: /"}}, "crawl_delay of robots() is '1"),
        ({"rules": {"crawl_delay": -1}}, "Give a number of seconds."),
        ({"rules": {"crawl_delay": True}}, "Give a number of seconds."),
    ],
)
def test_robots_refuses_what_it_cannot_write(robots: Any, message: str) -> None:
    with pytest.raises(InvalidReturnError) as caught:
        render_robots(robots)

    assert message in str(caught.value)
