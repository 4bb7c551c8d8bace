"""Render ``sitemap.xml`` from the result of ``sitemap()`` (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from html import escape
from typing import Any, get_args

from ..exceptions import InvalidReturnError
from ..metadata import ChangeFrequency, SitemapEntry, SitemapVideo
from .checks import check_keys, listed, number

_NAMESPACES = {
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
    "xhtml": "http://www.w3.org/1999/xhtml",
}

# https://www.sitemaps.org/protocol.html#index
_MOST_URLS = 50_000

# The keys of alternates, and the attribute of the link that each one sets.
_ALTERNATES = {"languages": "hreflang", "media": "media"}

_FREQUENCIES = get_args(ChangeFrequency)

# In Next's order. Elements with attributes follow after these.
_VIDEO_KEYS = (
    "title", "thumbnail_loc", "description", "content_loc", "player_loc", "duration", "view_count", "tag", "rating",
    "expiration_date", "publication_date", "family_friendly", "requires_subscription", "live",
)  # fmt: skip

# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_sitemap(entries: Any) -> str:
    """Render the file in Next's order. Unlike Next, escape the values.

    :raise InvalidReturnError: If the value is not a ``routehandlers.metadata.Sitemap``.
    """
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise InvalidReturnError(f"sitemap() returned {entries!r}. Return a list of dicts, each with a 'url'.")
    lines = [line for entry in entries for line in _url(entry)]
    if lines.count("<url>") > _MOST_URLS:
        raise InvalidReturnError(
            f"sitemap() returned more than {_MOST_URLS} entries, the limit for one sitemap. Write a function"
            " generate_sitemaps() and return a part of the entries for each id."
        )
    used = [name for name in _NAMESPACES if any(line.startswith(f"<{name}:") for line in lines)]
    names = "".join(f' xmlns:{name}="{_NAMESPACES[name]}"' for name in used)
    top = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"{names}>'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', top, *lines, "</urlset>", ""])


def _url(entry: Any) -> Iterator[str]:
    check_keys("an entry of sitemap()", entry, tuple(SitemapEntry.__annotations__), required=("url",))
    yield "<url>"
    if entry["url"] == "":
        raise InvalidReturnError("An entry of sitemap() has an empty 'url'. Give a whole URL.")
    yield f"<loc>{_text(entry['url'])}</loc>"
    alternates = entry.get("alternates") or {}
    check_keys("alternates of sitemap()", alternates, tuple(_ALTERNATES))
    for key, attribute in _ALTERNATES.items():
        for name, href in _pairs(f"{key} of sitemap()", alternates.get(key)):
            yield f'<xhtml:link rel="alternate" {attribute}="{_text(name)}" href="{_text(href)}" />'
    for image in listed("images of sitemap()", entry.get("images")):
        yield from ("<image:image>", f"<image:loc>{_text(image)}</image:loc>", "</image:image>")
    for video in listed("videos of sitemap()", entry.get("videos")):
        yield from _video(video)
    if entry.get("last_modified"):
        yield f"<lastmod>{_moment(entry['last_modified'])}</lastmod>"
    frequency, priority = entry.get("change_frequency"), entry.get("priority")
    if frequency is not None and frequency not in _FREQUENCIES:
        raise InvalidReturnError(f"change_frequency is {frequency!r}. It can be {', '.join(map(repr, _FREQUENCIES))}.")
    if priority is not None and (number(priority) is None or not 0 <= priority <= 1):
        raise InvalidReturnError(f"priority is {priority!r}. Give a number from 0 to 1.")
    yield from [f"<changefreq>{frequency}</changefreq>"] if frequency else []
    yield from [f"<priority>{number(priority)}</priority>"] if priority is not None else []
    yield "</url>"


def _video(video: Any) -> Iterator[str]:
    required = ("title", "thumbnail_loc", "description")
    check_keys("a video of sitemap()", video, tuple(SitemapVideo.__annotations__), required=required)
    yield "<video:video>"
    for key in _VIDEO_KEYS:
        value = video.get(key)
        several = key == "tag" and number(value) is None
        for one in listed("tag of a video", value) if several else [value]:
            if one is not None:
                yield f"<video:{key}>{_value(one)}</video:{key}>"
    for key in ("restriction", "platform"):
        limit = video.get(key)
        if limit:
            check_keys(f"{key} of a video", limit, ("relationship", "content"), required=("relationship", "content"))
            yield f'<video:{key} relationship="{_text(limit["relationship"])}">{_text(limit["content"])}</video:{key}>'
    uploader = video.get("uploader")
    if uploader:
        check_keys("uploader of a video", uploader, ("info", "content"))
        info = f' info="{_text(uploader["info"])}"' if uploader.get("info") else ""
        yield f"<video:uploader{info}>{_text(uploader.get('content') or '')}</video:uploader>"
    yield "</video:video>"


def _pairs(what: str, value: Any) -> Iterable[tuple[Any, Any]]:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidReturnError(f"{what} is {value!r}. Give a dict of URLs.")
    return (value or {}).items()


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) or _moment(value)


def _moment(value: Any) -> str:
    """Format a date as W3C datetime, a subset of ISO 8601 (https://www.w3.org/TR/NOTE-datetime). Keep text as it is."""
    if isinstance(value, datetime):
        zoned = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
        return zoned.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or _NOT_XML.search(value):
        raise InvalidReturnError(f"sitemap() contains {value!r}. Give text without characters that XML forbids.")
    return escape(value)
