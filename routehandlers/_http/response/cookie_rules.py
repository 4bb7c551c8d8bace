"""Rules of browsers for cookies: a cookie that breaks one is dropped."""

from __future__ import annotations

from collections.abc import Mapping

# RFC 6265bis section 4.1.3: prefixes of names, and the attributes that they require. Those with "Host-" also require
# the path "/", and no domain. The longest come first.
_PREFIXES = (
    ("__Host-Http-", ("secure", "httponly")),
    ("__Host-", ("secure",)),
    ("__Http-", ("secure", "httponly")),
    ("__Secure-", ("secure",)),
)


def check_cookie(line: str) -> None:
    """Check that browsers accept a ``Set-Cookie`` line.

    They drop cookies that break the rule of their prefix (in any case), ``SameSite=None`` without ``Secure``, and
    ``Partitioned`` without ``Secure`` (RFC 6265bis sections 5.6 and 5.7, CHIPS section 3).

    :raise ValueError: If they drop it. The message names the rule.
    """
    pair, *given = line.split(";")
    attributes = {name.lower(): value for name, _, value in (item.strip().partition("=") for item in given)}
    name = pair.partition("=")[0].strip()
    _check_prefix(name, attributes)
    if "secure" in attributes:
        return
    if attributes.get("samesite", "").lower() == "none":
        raise ValueError(f"Browsers drop the cookie {name!r}: samesite='None' requires secure=True.")
    if "partitioned" in attributes:
        raise ValueError(f"Browsers drop the cookie {name!r}: partitioned=True requires secure=True.")


def _check_prefix(name: str, attributes: Mapping[str, str]) -> None:
    prefix, required = _prefix_of(name)
    missing = [f"{attribute}=True" for attribute in required if attribute not in attributes]
    if "Host-" in prefix:
        missing += ["path='/'"] if attributes.get("path") != "/" else []
        missing += ["no domain"] if attributes.get("domain") else []
    if missing:
        raise ValueError(
            f"Browsers drop the cookie {name!r}: names that begin with {prefix!r} require {' and '.join(missing)}."
        )


def required_by(name: str) -> tuple[str, ...]:
    """Return the attributes that the prefix of a name requires, also of the line that deletes the cookie."""
    return _prefix_of(name)[1]


def _prefix_of(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the prefix of a name and the attributes that it requires; both empty if it has none."""
    for prefix, required in _PREFIXES:
        if name.lower().startswith(prefix.lower()):
            return prefix, required
    return "", ()
