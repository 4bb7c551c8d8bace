"""Cache lives: how long an entry is fresh, and how long it is served. The named profiles are Next's.

https://nextjs.org/docs/app/api-reference/functions/cacheLife
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .._hints import hint

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NEVER = float("inf")


class Life(NamedTuple):
    """Cache life in seconds.

    :param revalidate: Seconds until an entry is refreshed.
    :param expire: Seconds until it is no longer served.
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
    """Return the cache life of a profile.

    :param profile: A name, or a mapping with some of ``stale``, ``revalidate`` and ``expire``, in seconds. Missing
        values are those of ``"default"``. ``stale`` is accepted and ignored: only Next's client uses it.
    :raise ValueError: For an unknown name or key, and unless 0 < ``revalidate`` < ``expire``.
    """
    if isinstance(profile, str):
        if profile in PROFILES:
            return PROFILES[profile]
        raise ValueError(f"There is no cache life {profile!r}. {hint(profile, PROFILES)}")
    if unknown := sorted(set(profile) - {"stale", "revalidate", "expire"}):
        raise ValueError(f"A cache life has no {unknown[0]!r}. It can have stale, revalidate and expire.")
    default = PROFILES["default"]
    life = Life(profile.get("revalidate", default.revalidate), profile.get("expire", default.expire))
    if life.revalidate <= 0 or life.expire <= life.revalidate:
        raise ValueError(
            f"A cache life needs 0 < revalidate < expire. This has revalidate={life.revalidate:g},"
            f" expire={life.expire:g}."
        )
    return life
