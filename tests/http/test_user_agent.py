"""``user_agent()`` in the fields of Next's ``userAgent()``."""

from __future__ import annotations

import subprocess
import sys

import pytest
from werkzeug.test import EnvironBuilder

from routehandlers import Request
from routehandlers._http.values.user_agent import Browser, Device, Engine, OperatingSystem, Processor
from routehandlers.server import UserAgent, user_agent

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.0 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
TABLET = (
    "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


def agent(header: str) -> UserAgent:
    return user_agent(Request(EnvironBuilder(headers={"User-Agent": header}).get_environ()))


def test_a_phone_is_what_next_says_it_is() -> None:
    assert agent(IPHONE) == UserAgent(
        IPHONE, False, Browser("Mobile Safari", "17.0", "17"), Device("iPhone", "mobile", "Apple"), Engine("WebKit", "605.1.15"),
        OperatingSystem("iOS", "17.0"), Processor(None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "browser", "engine", "os", "cpu", "device"),
    [
        (FIREFOX, "Firefox", "Gecko", "Linux", "amd64", None),
        (CHROME, "Chrome", "Blink", "Windows", "amd64", None),
        (TABLET, "Chrome", "Blink", "Android", None, "tablet"),
        ("curl/8.0", "curl", None, None, None, None),
        ("", None, None, None, None, None),
        ("\x80" * 5000, None, None, None, None, None),
    ],
)
def test_the_parts_of_other_clients(header: str, browser: str, engine: str, os: str, cpu: str, device: str) -> None:
    found = agent(header)

    assert (found.browser.name, found.engine.name, found.os.name) == (browser, engine, os)
    assert (found.cpu.architecture, found.device.type, found.is_bot) == (cpu, device, False)


def test_a_crawler_that_runs_a_browser_is_a_bot_with_the_parts_of_the_browser() -> None:
    found = agent(
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    )

    assert found.is_bot
    assert (found.browser.major, found.engine.name, found.os.name) == ("126", "Blink", "Android")
    assert (found.device.type, found.device.vendor) == ("mobile", "LG")


@pytest.mark.parametrize(
    "header", ["Googlebot/2.1", "Mozilla/5.0 (compatible; bingbot/2.0)", "Twitterbot/1.0", "WhatsApp/2.0"]
)
def test_a_bot_is_one(header: str) -> None:
    assert agent(header) == UserAgent(header, True)


def test_without_the_extra_the_error_names_it() -> None:
    script = (
        "import sys; sys.modules['ua_parser'] = None\n"
        "from routehandlers._http.values.user_agent import parse_user_agent\nparse_user_agent('x')"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert 'pip install "routehandlers[user-agent]"' in ended.stderr
