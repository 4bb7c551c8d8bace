"""Next's ``MetadataRoute``: what the functions of ``robots.py``, ``sitemap.py`` and ``manifest.py`` return.

https://nextjs.org/docs/app/api-reference/file-conventions/metadata
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Required  # typing has it from 3.11 on; checkers bring their own

__all__ = [
    "Alternates",
    "ChangeFrequency",
    "ImageMetadata",
    "ImageSize",
    "Manifest",
    "ManifestIcon",
    "Relationship",
    "Robots",
    "RobotsRule",
    "Sitemap",
    "SitemapEntry",
    "SitemapVideo",
    "Uploader",
]


class RobotsRule(TypedDict, total=False):
    """What some robots may do.

    ``user_agent`` are their names, all where it is left out; ``crawl_delay`` is in seconds between two requests.
    """

    user_agent: str | Sequence[str]
    allow: str | Sequence[str]
    disallow: str | Sequence[str]
    crawl_delay: float


class Robots(TypedDict, total=False):
    """What ``robots()`` returns (RFC 9309). ``sitemap`` are whole URLs."""

    rules: Required[RobotsRule | Sequence[RobotsRule]]
    sitemap: str | Sequence[str]
    host: str


ChangeFrequency = Literal["always", "hourly", "daily", "weekly", "monthly", "yearly", "never"]


class Alternates(TypedDict, total=False):
    """The same page in other languages: whole URLs by language."""

    languages: dict[str, str]


class Relationship(TypedDict):
    """Countries or platforms, separated by spaces, to which a video is allowed or denied."""

    relationship: Literal["allow", "deny"]
    content: str


class Uploader(TypedDict, total=False):
    """Who made a video; ``info`` is a URL."""

    info: str
    content: Required[str]


class SitemapVideo(TypedDict, total=False):
    """A video on a page (https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps)."""

    title: Required[str]
    thumbnail_loc: Required[str]
    description: Required[str]
    content_loc: str
    player_loc: str
    duration: int
    view_count: int
    tag: str
    rating: float
    expiration_date: str | date | datetime
    publication_date: str | date | datetime
    family_friendly: Literal["yes", "no"] | bool
    requires_subscription: Literal["yes", "no"] | bool
    live: Literal["yes", "no"] | bool
    restriction: Relationship
    platform: Relationship
    uploader: Uploader


class SitemapEntry(TypedDict, total=False):
    """One page (https://www.sitemaps.org/protocol.html).

    ``url`` and ``images`` are whole URLs, ``priority`` is from 0 to 1, and a ``last_modified`` without a zone is taken
    as UTC.
    """

    url: Required[str]
    last_modified: str | date | datetime | None
    change_frequency: ChangeFrequency
    priority: float
    alternates: Alternates
    images: Sequence[str]
    videos: Sequence[SitemapVideo]


Sitemap = Sequence[SitemapEntry]
"""What ``sitemap()`` returns."""


class ManifestIcon(TypedDict, total=False):
    """An icon of an installed application."""

    src: Required[str]
    sizes: str
    type: str
    purpose: str


class Manifest(TypedDict, total=False):
    """What ``manifest()`` returns, with the names of the standard (https://www.w3.org/TR/appmanifest/).

    Others than these are written as they are.
    """

    name: str
    short_name: str
    description: str
    start_url: str
    scope: str
    id: str
    display: Literal["fullscreen", "standalone", "minimal-ui", "browser"]
    orientation: str
    background_color: str
    theme_color: str
    lang: str
    icons: Sequence[ManifestIcon]


class ImageSize(TypedDict):
    """Width and height in pixels."""

    width: int
    height: int


class ImageMetadata(TypedDict, total=False):
    """One item of what ``generate_image_metadata()`` returns. Its ``id`` ends the URL."""

    id: Required[str | int]
    alt: str
    size: ImageSize
    content_type: str
