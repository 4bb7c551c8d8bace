"""Check the input of clients. A 400 says what to send instead."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest

from routehandlers import Request

_FIELDS = ("url", "title", "tags")
_LARGEST_ID = 2**63 - 1


def read_bookmark(request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Fields of a bookmark; ``None`` for fields that a change leaves out."""
    data = request.json()
    if not isinstance(data, dict) or not set(data) <= set(_FIELDS):
        raise BadRequest("Send a JSON object with 'url', and perhaps 'title' and 'tags'.")
    if "url" not in data and not partial:
        raise BadRequest("'url' is missing.")
    url = data.get("url")
    if "url" in data and not _is_url(url):
        raise BadRequest("'url' is an absolute http or https URL.")
    title = data.get("title", None if partial else url)
    if title is not None and (not isinstance(title, str) or not 0 < len(title) <= 200):
        raise BadRequest("'title' is text of 1 to 200 characters.")
    tags = data.get("tags", None if partial else [])
    if tags is not None and not (isinstance(tags, list) and len(tags) <= 20 and all(map(_is_tag, tags))):
        raise BadRequest("'tags' is a list of up to 20 words.")
    return {"url": url, "title": title, "tags": tags}


def read_number(request: Request, name: str, default: int, most: int) -> int:
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise BadRequest(f"'{name}' is a number from 0 to {most}.")
    return int(text)


def is_id(number: int) -> bool:
    """Return whether SQLite can store such an id. No bookmark has a larger one."""
    return number <= _LARGEST_ID


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 2_000 or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 30 and value.replace("-", "").isalnum()
