"""Next's profiles of ``cacheLife``: names for how long something holds.

https://nextjs.org/docs/app/api-reference/functions/cacheLife
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .._hints import hint

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NEVER = float("inf")


class Life(NamedTuple):
    """How long something holds, in seconds.

    :param revalidate: After so many it is refreshed.
    :param expire: After so many it is not served any more.
    """

    revalidate: float
    expire: float


PROFILES = {
    "default": Life(15 * _MINUTE, _NEVER),
    "seconds": Life(1, _MINUTE),
    "minutes": Life(_MINUTE, _HOUR),
    "hours": Life(_HOUR, _DAY),
    "days": Life(_DAY, 7 * _DAY),
    "weeks": Life(7 * _DAY, 30 * _DAY),
    "max": Life(30 * _DAY, 365 * _DAY),
}


def find_life(profile: str | Mapping[str, float]) -> Life:
    """A profile by its name, or one of the caller's own.

    :param profile: A name, or a mapping with some of ``stale``, ``revalidate`` and ``expire``, in seconds; what is
        left out is that of ``"default"``. ``stale`` is the affair of Next's client, and counts for nothing here.
    :raise ValueError: For an unknown name or key, or a life that ends before its period.
    """
    if isinstance(profile, str):
        if profile in PROFILES:
            return PROFILES[profile]
        raise ValueError(f"There is no cache life {profile!r}. {hint(profile, PROFILES)}")
    if unknown := sorted(set(profile) - {"stale", "revalidate", "expire"}):
        raise ValueError(f"A cache life has no {unknown[0]!r}. It has stale, revalidate and expire.")
    default = PROFILES["default"]
    life = Life(profile.get("revalidate", default.revalidate), profile.get("expire", default.expire))
    if life.revalidate <= 0 or life.expire <= life.revalidate:
        raise ValueError(
            f"A cache life has 0 < revalidate < expire, and this is revalidate={life.revalidate:g},"
            f" expire={life.expire:g}."
        )
    return life
