"""What caches on the way, such as a CDN, may keep of a response: its ``Cache-Control`` (RFC 9111, section 5.2)."""

from __future__ import annotations

from ..cache_handlers.memory import Held
from .policy import PRIVATE, UNSTORED, directives

Pairs = list[tuple[str, str]]


def forbids_sharing(headers: Pairs) -> bool:
    """Return whether headers already say that no cache on the way may keep the response for others."""
    for name, value in headers:
        if name.lower() == "cache-control" and directives(value) & {"private", "no-store"}:
            return True
    return False


def made_private(headers: Pairs, cache_control: str = PRIVATE) -> Pairs:
    """Return headers with which no cache on the way keeps the response for others.

    Headers without ``Cache-Control``, and headers that forbid it already, stay as they are.
    """
    if forbids_sharing(headers) or "cache-control" not in [name.lower() for name, _ in headers]:
        return headers
    return with_cache_control(headers, cache_control)


def private_headers_of_hit(held: Held) -> Pairs:
    """Return the headers of a fresh entry as ``made_private`` makes them. They are kept as long as its headers."""
    headers = held.private_headers  # read once: another thread may empty it in the next second
    if not headers:
        headers = held.private_headers = made_private(held.headers)
    return headers


def unstored(headers: Pairs) -> Pairs:
    """Return headers with which no cache stores the response. What forbids it already stays as it is."""
    return headers if forbids_sharing(headers) else with_cache_control(headers, UNSTORED)


def with_cache_control(headers: Pairs, cache_control: str) -> Pairs:
    """Return headers with this ``Cache-Control`` in place of any other."""
    return [*(pair for pair in headers if pair[0].lower() != "cache-control"), ("Cache-Control", cache_control)]
