"""The ``User-Agent`` header in parts, in the names of Next's ``userAgent()``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UserAgent:
    """What a client says it is."""

    ua: str
    is_bot: bool = False


def parse_user_agent(header: str) -> UserAgent:
    return UserAgent(header)
