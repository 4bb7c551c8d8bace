"""Which answers may be stored, and what clients and caches on the way are told of them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from math import floor

from ..cache_handlers.entry import Entry
from .freshness import LONGEST_PERIOD, age_of, fresh_until
from .render import Render

# These statuses are stored whether the handler returned or raised them. 206 and 304 are parts of a response, and the
# other 4xx and 5xx are mistakes that pass.
_STORED = frozenset({200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 410})

# Whatever cannot be stored is for one client and one moment.
UNSTORED = "private, no-cache, no-store"

# Stored here, but not by others: the answer passed something that looked at the client.
PRIVATE = "private, no-cache"

Headers = Iterable[tuple[str, str]]


def reason_not_to_store(status: int, headers: Headers, covered: frozenset[str]) -> str:
    """Why an answer may not be stored, or nothing.

    :param covered: The request headers that the key covers, in lower case.
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
    """The names in a ``Cache-Control`` header."""
    return {part.strip().partition("=")[0].lower() for part in cache_control.split(",")}


def make_entry(
    key: str, render: Render, status: int, headers: Headers, body: bytes, *, fallback: bool = False
) -> Entry:
    """An answer as it is stored, with the headers that do not change with time."""
    kept = [pair for pair in headers if pair[0].lower() not in {"age", "cache-status"}]
    names = {name.lower() for name, _ in kept}
    if "cache-control" not in names:
        kept.append(("Cache-Control", public_cache_control(render.revalidate, render.expire)))
    if "etag" not in names and not fallback:
        kept.append(("ETag", f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'))
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


def public_cache_control(revalidate: float | None, expire: float) -> str:
    """What caches on the way may do, in Next's words (RFC 9111, RFC 5861)."""
    period = LONGEST_PERIOD if revalidate is None else int(revalidate)
    rest = int(min(expire, LONGEST_PERIOD)) - period
    return f"s-maxage={period}" + (f", stale-while-revalidate={rest}" if rest > 0 else "")


def age_headers(
    entry: Entry, now: float, *, is_new: bool = False, is_stored: bool = True, is_stale: bool = False
) -> list[tuple[str, str]]:
    """What changes with time: ``Age`` (RFC 9111) and ``Cache-Status`` (RFC 9211)."""
    status = "routehandlers; fwd=miss; stored" if is_stored else "routehandlers; fwd=miss"
    if not is_new:
        left = floor(fresh_until(entry) - now)
        # A purge, not the time, may have made it stale.
        status = f"routehandlers; hit; ttl={min(left, -1) if is_stale else left}"
    return [("Age", str(int(age_of(entry, now)))), ("Cache-Status", status)]
