"""Parse the ``User-Agent`` header into parts with the names of Next's ``userAgent()``.

ua-parser recognises browsers, operating systems and devices (extra
``user-agent``). This module recognises engines and processors, which ua-parser
leaves out.
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

# The note that a crawler with a browser adds to the header of the browser.
_BOT_NOTE = re.compile(r"\(?compatible;[^)]*\)?", re.IGNORECASE)

# The first match wins: Chromium also names WebKit, and all browsers name Mozilla.
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

# Real headers are shorter. Parsing a longer one would take long and give nothing.
_LONGEST = 1_000


@dataclass(frozen=True)
class Browser:
    """Browser of a client, such as ``Browser("Firefox", "128.0", "128")``.

    Each value is ``None`` if the header does not contain it.
    """

    name: str | None = None
    version: str | None = None
    major: str | None = None


@dataclass(frozen=True)
class Device:
    """Device of a client. ``type`` is ``"mobile"``, ``"tablet"``, or ``None`` for a desktop, as in Next.

    ``model`` and ``vendor`` are ``None`` if the header does not contain them.
    """

    model: str | None = None
    type: str | None = None
    vendor: str | None = None


@dataclass(frozen=True)
class Engine:
    """Browser engine of a client, such as ``Engine("Gecko", "128.0")``."""

    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class OperatingSystem:
    """Operating system of a client, such as ``OperatingSystem("Windows", "10")``."""

    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class Processor:
    """Processor of a client. ``architecture`` is a name such as ``"amd64"`` or ``"arm64"``, or ``None``."""

    architecture: str | None = None


@dataclass(frozen=True)
class UserAgent:
    """Parts of a ``User-Agent`` header. Unknown values are ``None``.

    A header can claim anything, so do not rely on it for security.

    https://nextjs.org/docs/app/api-reference/functions/userAgent

    :ivar ua: The whole header.
    :ivar is_bot: Whether it is a crawler or a link preview that Next recognises.
    """

    ua: str
    is_bot: bool
    browser: Browser = field(default_factory=Browser)
    device: Device = field(default_factory=Device)
    engine: Engine = field(default_factory=Engine)
    os: OperatingSystem = field(default_factory=OperatingSystem)
    cpu: Processor = field(default_factory=Processor)


def parse_user_agent(header: str) -> UserAgent:
    """Parse a ``User-Agent`` header.

    :raise ModuleNotFoundError: If the extra is not installed. The message names it.
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
        # As in Next, a crawler that runs a browser has the parts of this browser. Other crawlers have no parts.
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
