"""Check the ``Host`` of a request: its form, and whether ``trusted_hosts`` allows it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from werkzeug.sansio.utils import host_is_trusted

# RFC 3986 section 3.2.2, reduced to the forms that clients send: a name or an
# IPv4 address of letters, digits, dots, hyphens and underscores, or an IPv6 address.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._\-]*)|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5})?)?")

# Maximum length of a DNS name, with a port.
_LONGEST = 253 + len(":65535")


def is_valid_host(host: str) -> bool:
    """Return whether the value of a ``Host`` header is well formed."""
    match = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    return match is not None and int(match["port"] or 0) <= 65_535


def is_trusted_host(host: str, trusted_hosts: Sequence[str] | None) -> bool:
    """Return whether ``trusted_hosts`` allows a host. An item such as ``".example.com"`` includes subdomains."""
    return trusted_hosts is None or host_is_trusted(without_final_dot(host.lower()), list(trusted_hosts))


def without_final_dot(host: str) -> str:
    """Return a host without the final dot of its name: ``example.com.`` is ``example.com`` (RFC 1034, 3.1)."""
    name, colon, port = host.partition(":")
    return f"{name[:-1]}{colon}{port}" if name.endswith(".") and not name.endswith("..") else host
