"""Next's ``MetadataRoute``: types for the results of ``robots()``, ``sitemap()`` and ``manifest()``.

https://nextjs.org/docs/app/api-reference/file-conventions/metadata
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Required  # typing has it from 3.11 on; checkers bring their own

__all__ = [
    "Alternates",
    "ChangeFrequency",
    "ImageMetadata",
    "ImageSize",
    "Manifest",
    "ManifestIcon",
    "ManifestScreenshot",
    "ManifestShortcut",
    "Relationship",
    "Robots",
    "RobotsRule",
    "Sitemap",
    "SitemapEntry",
    "SitemapVideo",
    "Uploader",
]


class RobotsRule(TypedDict, total=False):
    """Permissions of some robots.

    ``user_agent`` is a name or a list of names; without it, the rule is for all robots. ``crawl_delay`` is the number
    of seconds between two requests. ``other`` has directives that only some robots know, by name, such as
    ``{"Request-rate": "10/1m"}``; a list is written as several lines.
    """

    user_agent: str | Sequence[str]
    allow: str | Sequence[str]
    disallow: str | Sequence[str]
    crawl_delay: float
    other: Mapping[str, str | float | Sequence[str | float]]


class Robots(TypedDict, total=False):
    """Result of ``robots()`` (RFC 9309). ``sitemap`` is an absolute URL or a list of them."""

    rules: Required[RobotsRule | Sequence[RobotsRule]]
    sitemap: str | Sequence[str]
    host: str


ChangeFrequency = Literal["always", "hourly", "daily", "weekly", "monthly", "yearly", "never"]
"""How often a page changes."""


class Alternates(TypedDict, total=False):
    """The same page in other languages and for other devices: absolute URLs by language and by media query."""

    languages: Mapping[str, str]
    media: Mapping[str, str]


class Relationship(TypedDict):
    """Countries or platforms, separated by spaces, for which a video is allowed or denied."""

    relationship: Literal["allow", "deny"]
    content: str


class Uploader(TypedDict, total=False):
    """Uploader of a video: ``content`` is the name, ``info`` a URL."""

    info: str
    content: str


class SitemapVideo(TypedDict, total=False):
    """A video on a page (https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps)."""

    title: Required[str]
    thumbnail_loc: Required[str]
    description: Required[str]
    content_loc: str
    player_loc: str
    duration: int
    view_count: int
    tag: str | Sequence[str]
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

    ``url`` and ``images`` are absolute URLs, and ``priority`` is from 0 to 1. A ``last_modified`` without a time zone
    is in UTC.
    """

    url: Required[str]
    last_modified: str | date | datetime | None
    change_frequency: ChangeFrequency
    priority: float
    alternates: Alternates
    images: Sequence[str]
    videos: Sequence[SitemapVideo]


Sitemap = Sequence[SitemapEntry]
"""Result of ``sitemap()``."""


class ManifestIcon(TypedDict, total=False):
    """An icon of an installed application."""

    src: Required[str]
    sizes: str
    type: str
    purpose: str


class ManifestScreenshot(TypedDict, total=False):
    """A picture of the application, for the dialog that installs it."""

    src: Required[str]
    sizes: str
    type: str
    label: str
    form_factor: Literal["narrow", "wide"]
    platform: str


class ManifestShortcut(TypedDict, total=False):
    """An entry of the application's menu in the operating system."""

    name: Required[str]
    url: Required[str]
    short_name: str
    description: str
    icons: Sequence[ManifestIcon]


class Manifest(TypedDict, total=False):
    """Result of ``manifest()``, with the names of the standard (https://www.w3.org/TR/appmanifest/).

    Other names are written unchanged.
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
    dir: Literal["ltr", "rtl", "auto"]
    categories: Sequence[str]
    icons: Sequence[ManifestIcon]
    screenshots: Sequence[ManifestScreenshot]
    shortcuts: Sequence[ManifestShortcut]
    display_override: Sequence[str]
    prefer_related_applications: bool
    related_applications: Sequence[Mapping[str, str]]
    protocol_handlers: Sequence[Mapping[str, str]]
    file_handlers: Sequence[Mapping[str, Any]]
    launch_handler: Mapping[str, str | Sequence[str]]
    share_target: Mapping[str, Any]


class ImageSize(TypedDict):
    """Width and height in pixels."""

    width: int
    height: int


class ImageMetadata(TypedDict, total=False):
    """One item in the list of ``generate_image_metadata()``. The URL of the image ends in its ``id``."""

    id: Required[str | int]
    alt: str
    size: ImageSize
    content_type: str
