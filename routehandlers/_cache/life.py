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


# The cache lives that an application knows, by name.
Profiles = Mapping[str, Life]


def find_life(profile: str | Mapping[str, float], profiles: Profiles = PROFILES) -> Life:
    """Return the cache life of a profile.

    :param profile: A name, or a mapping with some of ``stale``, ``revalidate`` and ``expire``, in seconds. Missing
        values are those of ``"default"``. ``stale`` is accepted and ignored: only Next's client uses it.
    :raise ValueError: For an unknown name or key, and unless 0 < ``revalidate`` < ``expire``.
    """
    if isinstance(profile, str):
        if profile in profiles:
            return profiles[profile]
        raise ValueError(f"There is no cache life {profile!r}. {hint(profile, profiles)}")
    if unknown := sorted(set(profile) - {"stale", "revalidate", "expire"}):
        raise ValueError(f"A cache life has no {unknown[0]!r}. It can have stale, revalidate and expire.")
    default = profiles["default"]
    life = Life(profile.get("revalidate", default.revalidate), profile.get("expire", default.expire))
    if life.revalidate <= 0 or life.expire <= life.revalidate:
        raise ValueError(
            f"A cache life needs 0 < revalidate < expire. This has revalidate={life.revalidate:g},"
            f" expire={life.expire:g}."
        )
    return life


def find_expire(profile: str | Mapping[str, float], profiles: Profiles = PROFILES) -> float:
    """Return the ``expire`` of a profile for ``revalidate_tag()``. As in Next, a mapping may state nothing else.

    :raise ValueError: As ``find_life()`` does.
    """
    if isinstance(profile, Mapping) and "expire" in profile and "revalidate" not in profile:
        profile = {**profile, "revalidate": profile["expire"] / 2}
    return find_life(profile, profiles).expire


def profiles_with(own: Mapping[str, Mapping[str, float]]) -> Profiles:
    """Return Next's profiles with those of an application, which may also replace them.

    :param own: Checked by ``profile_mistake()``.
    """
    profiles = dict(PROFILES)
    if "default" in own:  # the others inherit from it
        profiles["default"] = find_life(own["default"], profiles)
    return {**profiles, **{name: find_life(life, profiles) for name, life in own.items()}}


def profile_mistake(own: object) -> str | None:
    """Return the reason why a value cannot be the profiles of an application, or ``None``."""
    if not isinstance(own, Mapping):
        return "it is not a dict"
    for name, life in own.items():
        if not isinstance(name, str) or not isinstance(life, Mapping):
            return f"{name!r} is {life!r}"
        if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in life.values()):
            return f"{name!r} has a value that is not a number of seconds"
    try:
        profiles_with(own)
    except ValueError as error:
        return str(error)
    return None
