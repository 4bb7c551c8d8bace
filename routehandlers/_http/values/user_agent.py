"""The ``User-Agent`` header in parts, in the names of Next's ``userAgent()``.

The names of browsers, systems and devices are ua-parser's (extra
``user-agent``); engines and processors, which it leaves out, are found here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

# The crawlers and previews that Next's isBot knows.
_BOTS = re.compile(
    "googlebot|mediapartners-google|adsbot-google|googleweblight|storebot-google|google-pagerenderer"
    "|google-inspectiontool|bingbot|bingpreview|slurp|duckduckbot|baiduspider|yandex|sogou|linkedinbot|bitlybot|tumblr"
    "|vkshare|quora link preview|facebookexternalhit|facebookcatalog|twitterbot|applebot|redditbot|slackbot|discordbot"
    "|whatsapp|skypeuripreview|ia_archiver",
    re.IGNORECASE,
)

# What a crawler that runs a browser adds to the browser's own header.
_BOT_NOTE = re.compile(r"\(?compatible;[^)]*\)?", re.IGNORECASE)

# First match wins: Chromium calls itself WebKit too, and everything calls itself Mozilla.
_ENGINES = (
    ("Blink", re.compile(r"(?:Chrome|Chromium)/(?P<version>[\d.]+)")),
    ("EdgeHTML", re.compile(r"Edge/(?P<version>[\d.]+)")),
    ("WebKit", re.compile(r"AppleWebKit/(?P<version>[\d.]+)")),
    ("Trident", re.compile(r"Trident/(?P<version>[\d.]+)")),
    ("Presto", re.compile(r"Presto/(?P<version>[\d.]+)")),
    ("Gecko", re.compile(r"rv:(?P<version>[\d.]+)\).*Gecko/")),
)

_PROCESSORS = (
    ("amd64", re.compile(r"x86_64|x64|amd64|wow64|win64", re.IGNORECASE)),
    ("arm64", re.compile(r"aarch64|arm64|armv8", re.IGNORECASE)),
    ("armhf", re.compile(r"armv7|armv6|\barm\b", re.IGNORECASE)),
    ("ia32", re.compile(r"i[3-6]86|\bx86\b", re.IGNORECASE)),
    ("ppc", re.compile(r"ppc|powerpc", re.IGNORECASE)),
)

_TABLETS = re.compile(r"ipad|tablet|kindle|playbook|silk(?!.*mobile)|android(?!.*mobile)", re.IGNORECASE)
_MOBILES = re.compile(r"mobile|iphone|ipod|android|blackberry|opera mini|windows phone", re.IGNORECASE)

# A longer header is nobody's; parsing it would cost more than it tells.
_LONGEST = 1_000


@dataclass(frozen=True)
class Browser:
    name: str | None = None
    version: str | None = None
    major: str | None = None


@dataclass(frozen=True)
class Device:
    """``type`` is ``"mobile"``, ``"tablet"``, or ``None`` for a desktop, as in Next."""

    model: str | None = None
    type: str | None = None
    vendor: str | None = None


@dataclass(frozen=True)
class Engine:
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class OperatingSystem:
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Processor:
    architecture: str | None = None


@dataclass(frozen=True)
class UserAgent:
    """What a client says it is; what it does not say is ``None``.

    https://nextjs.org/docs/app/api-reference/functions/userAgent
    """

    ua: str
    is_bot: bool
    browser: Browser = field(default_factory=Browser)
    device: Device = field(default_factory=Device)
    engine: Engine = field(default_factory=Engine)
    os: OperatingSystem = field(default_factory=OperatingSystem)
    cpu: Processor = field(default_factory=Processor)


def parse_user_agent(header: str) -> UserAgent:
    """The parts of a ``User-Agent`` header.

    :raise ModuleNotFoundError: If the extra is not installed, with its name.
    """
    try:
        import ua_parser  # an extra, and slow to load
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'user_agent() needs ua-parser. Install it with: pip install "routehandlers[user-agent]"', name="ua_parser"
        ) from None

    text = header[:_LONGEST]
    is_bot = _BOTS.search(text) is not None
    if is_bot:
        # As in Next, the browser it runs is told, and a header that is all crawler has no parts.
        text = _BOT_NOTE.sub("", text)
        if _BOTS.search(text):
            return UserAgent(header, is_bot)
    found = ua_parser.parse(text)
    return UserAgent(
        header,
        is_bot,
        _browser(found.user_agent),
        _device(text, found.device),
        next(
            (Engine(name, match["version"]) for name, pattern in _ENGINES if (match := pattern.search(text))), Engine()
        ),
        OperatingSystem(found.os.family, _version(found.os)) if found.os else OperatingSystem(),
        next((Processor(name) for name, pattern in _PROCESSORS if pattern.search(text)), Processor()),
    )


def _browser(found: Any) -> Browser:
    return Browser(found.family, _version(found), found.major) if found else Browser()


def _device(text: str, found: Any) -> Device:
    kind = "tablet" if _TABLETS.search(text) else "mobile" if _MOBILES.search(text) else None
    if kind is None and (found is None or found.brand is None):
        return Device()
    return Device(found.model if found else None, kind, found.brand if found else None)


def _version(found: Any) -> str | None:
    parts = [found.major, found.minor, found.patch]
    known = parts[: parts.index(None)] if None in parts else parts
    return ".".join(known) or None
