"""Check and read the ``Host`` of a request: its form, its name, and whether ``trusted_hosts`` allows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

# RFC 3986 section 3.2.2, reduced to the forms that clients send: a name or an IPv4 address of letters, digits, dots,
# hyphens and underscores (which container names have), or an IPv6 address. The port may be empty or have zeros in
# front (section 3.2.3).
_HOST = re.compile(r"(?P<name>[A-Za-z0-9_][A-Za-z0-9._\-]*|\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\])(?::(?P<port>[0-9]*))?")

# Maximum length of a DNS name, with a port.
_LONGEST = 253 + len(":65535")

_DEFAULT_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443"}

# The host of requests that name none, of servers without a name, for example on a Unix socket. Next uses it, too.
_NO_HOST = "localhost"


def split_host(host: str) -> tuple[str, str] | None:
    """Return the name in lower case without a final dot, and the port without zeros in front, or ``None``.

    :return: ``None`` if the value is not well formed. The port is empty if there is none.
    """
    match = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    if match is None or not _is_ipv6(match["ipv6"]):
        return None
    name, port = match["name"].lower(), match["port"] or ""
    if port:
        port = port.lstrip("0") or "0"
    if ".." in name or len(port) > len("65535") or int(port or 0) > 65_535:
        return None
    return name.removesuffix("."), port


def _is_ipv6(address: str | None) -> bool:
    try:
        return address is None or bool(IPv6Address(address).packed)
    except AddressValueError:
        return False


def is_valid_host(host: str) -> bool:
    """Return whether the value of a ``Host`` header is well formed."""
    return split_host(host) is not None


def host_of(scheme: str, sent: str | None, server: tuple[str, int | None] | None) -> str:
    """Return the host of a request, from ``Host`` or else from the server, without the default port of its scheme.

    :param sent: The ``Host`` header. A malformed one counts as none: an application has refused it already.
    :param server: Name and port of the server.
    """
    parts = split_host(sent) if sent else None
    if parts is None and server is not None:
        name, port = server
        name = f"[{name}]" if ":" in name and not name.startswith("[") else name
        parts = split_host(name if port is None else f"{name}:{port}")
    if parts is None:
        return _NO_HOST
    return parts[0] if parts[1] in {"", _DEFAULT_PORTS.get(scheme)} else ":".join(parts)


def is_trusted_host(host: str, trusted_hosts: Sequence[str] | None) -> bool:
    """Return whether ``trusted_hosts`` allows a host, whatever its port is.

    An item such as ``".example.com"`` includes subdomains.
    """
    if trusted_hosts is None:
        return True
    parts = split_host(host)
    return parts is not None and any(_allows(item, parts[0]) for item in trusted_hosts)


def _allows(item: str, name: str) -> bool:
    own = re.sub(r"(?<=[^:]):[0-9]*\Z", "", item.lstrip(".")).lower().removesuffix(".")
    if not own.isascii():
        try:
            own = own.encode("idna").decode()
        except UnicodeError:
            return False
    return name == own or (item.startswith(".") and name.endswith(f".{own}"))


def without_final_dot(host: str) -> str:
    """Return a host without the final dot of its name: ``example.com.`` is ``example.com`` (RFC 1034, 3.1)."""
    name, colon, port = host.partition(":")
    return f"{name[:-1]}{colon}{port}" if name.endswith(".") and not name.endswith("..") else host
