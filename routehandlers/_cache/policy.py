"""Decide which responses may be stored, and make their headers for clients and shared caches."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from math import floor

from ..cache_handlers.entry import Entry
from ..cache_handlers.memory import Held
from .freshness import LONGEST_PERIOD, age_of, fresh_until
from .render import Render

# These are stored whether a handler returned or raised them. A 206 or 304 is only a part of a response; other 4xx and
# 5xx are errors that will pass.
_STORED = frozenset({200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 410})

# Cache-Control of a response that may not be stored: it is for one client at one time.
UNSTORED = "private, no-cache, no-store"

# Cache-Control of a response that only this cache may store: code around the handler depended on the client.
PRIVATE = "private, no-cache"

Headers = Iterable[tuple[str, str]]


def reason_not_to_store(status: int, headers: Headers, covered: frozenset[str]) -> str:
    """Return the reason why a response may not be stored, or an empty string.

    :param covered: Request headers that are part of the key, in lower case.
    """
    if status not in _STORED:
        return f"status {status}"
    for name, value in headers:
        lower = name.lower()
        if lower == "set-cookie":
            return "Set-Cookie"
        if lower == "cache-control" and directives(value) & {"private", "no-store"}:
            return f"Cache-Control: {value}"
        if lower == "vary":
            uncovered = {part.strip().lower() for part in value.split(",")} - covered - {""}
            if uncovered:
                return f"Vary: {', '.join(sorted(uncovered))}"
    return ""


def directives(cache_control: str) -> set[str]:
    """Return the directives of a ``Cache-Control`` header, without values and in lower case."""
    return {part.strip().partition("=")[0].lower() for part in cache_control.split(",")}


def make_entry(
    key: str, render: Render, status: int, headers: Headers, body: bytes, *, fallback: bool = False
) -> Entry:
    """Make the entry of a response. It has the headers that do not change with time."""
    kept = [pair for pair in headers if pair[0].lower() not in {"age", "cache-status"}]
    names = {name.lower() for name, _ in kept}
    if "cache-control" not in names:
        kept.append(("Cache-Control", public_cache_control(render.revalidate, render.expire)))
    if "etag" not in names and not fallback:
        kept.append(("ETag", etag_of(body)))
    return Entry(
        key=key,
        status=status,
        headers=tuple(kept),
        body=body,
        created=time.time(),
        revalidate=render.revalidate,
        expire=render.expire,
        tags=render.tags,
        mark=render.mark,
        fallback=fallback,
    )


def etag_of(body: bytes) -> str:
    """Return a strong ``ETag`` for a body."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def public_cache_control(revalidate: float | None, expire: float) -> str:
    """Return ``Cache-Control`` for shared caches, as Next writes it (RFC 9111, RFC 5861)."""
    period = LONGEST_PERIOD if revalidate is None else int(revalidate)
    rest = int(min(expire, LONGEST_PERIOD)) - period
    return f"s-maxage={period}" + (f", stale-while-revalidate={rest}" if rest > 0 else "")


def headers_of_hit(held: Held, now: float) -> list[tuple[str, str]]:
    """Return the whole headers of a fresh entry. They change once a second, and are kept for so long."""
    if int(now) != held.second:
        entry = held.entry
        headers = [*entry.headers, *age_headers(entry, now)]
        if entry.status not in {204, 304} and all(name.lower() != "content-length" for name, _ in headers):
            headers.append(("Content-Length", str(len(entry.body))))
        # In this order, for a thread that looks in between.
        held.headers, held.private_headers, held.second = headers, [], int(now)
    return held.headers


def age_headers(
    entry: Entry, now: float, *, is_new: bool = False, is_stored: bool = True, is_stale: bool = False
) -> list[tuple[str, str]]:
    """Return the headers that change with time: ``Age`` (RFC 9111) and ``Cache-Status`` (RFC 9211)."""
    status = "routehandlers; fwd=miss; stored" if is_stored else "routehandlers; fwd=miss"
    if not is_new:
        left = floor(fresh_until(entry) - now)
        # A stale entry has a negative ttl, also if a purge made it stale before its time.
        status = f"routehandlers; hit; ttl={min(left, -1) if is_stale else left}"
    return [("Age", str(int(age_of(entry, now)))), ("Cache-Status", status)]
