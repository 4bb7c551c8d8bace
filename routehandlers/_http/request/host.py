"""The ``Host`` of a request: well formed, and one of those the application answers to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from werkzeug.sansio.utils import host_is_trusted

# RFC 3986 section 3.2.2, without what no client sends: a name or an IPv4
# address of letters, digits, dots, hyphens and underscores, or an IPv6 address.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._\-]*)|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5})?)?")

# As long as a DNS name can be, with a port.
_LONGEST = 253 + len(":65535")


def is_valid_host(host: str) -> bool:
    """Whether a ``Host`` header has the form of one."""
    match = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    return match is not None and int(match["port"] or 0) <= 65_535


def is_trusted_host(host: str, trusted_hosts: Sequence[str] | None) -> bool:
    """Whether a host is named in ``trusted_hosts``; a leading dot there takes its subdomains."""
    return trusted_hosts is None or host_is_trusted(without_final_dot(host.lower()), list(trusted_hosts))


def without_final_dot(host: str) -> str:
    """Return a host without the dot that may end its name: ``example.com.`` is ``example.com`` (RFC 1034, 3.1)."""
    name, colon, port = host.partition(":")
    return f"{name[:-1]}{colon}{port}" if name.endswith(".") and not name.endswith("..") else host
