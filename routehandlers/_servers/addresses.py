"""Check, before a worker starts, that a server will be able to listen on its addresses.

The servers find out late: gunicorn tries for five seconds, Granian shows a
traceback, and two servers with ``SO_REUSEPORT`` share a port without a word.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable
from pathlib import Path

from .options import StartError, in_brackets

# A host and a port, or the path of a Unix socket.
Address = tuple[str, int] | str

_PRIVILEGED = 1024


def parse(text: str) -> Address:
    """Read ``HOST:PORT``, ``[IPV6]:PORT`` or ``unix:PATH``."""
    if text.startswith("unix:"):
        return text.removeprefix("unix:").removeprefix("//")
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or (":" in host and not host.startswith("[")):
        raise StartError(f"{text!r} is not an address. Write HOST:PORT, for example 127.0.0.1:8000, or unix:PATH.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  # gunicorn reads ":8000" so


def check(addresses: Iterable[Address]) -> None:
    """Bind each address for a moment.

    :raise StartError: If this process may not listen on one of them.
    """
    for address in addresses:
        if isinstance(address, str):
            _check_path(address)
        else:
            _check_port(*address)


def resolve(host: str, port: int) -> str:
    """Return a host as a number: the one in IPv4 for a name, as gunicorn does."""
    return str(socket.getaddrinfo(host, port, _family(host), socket.SOCK_STREAM)[0][4][0])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _check_port(host: str, port: int) -> None:
    try:
        number = resolve(host, port)
        with socket.socket(_family(number), socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                # As servers do it: connections that have just ended are no reason to refuse.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((number, port))
            # Linux lets two sockets with SO_REUSEADDR have one address as long as neither listens.
            probe.listen(1)
    except (OSError, OverflowError) as error:
        raise StartError(f"cannot listen on {in_brackets(host)}:{port}: {_reason(error, port)}") from None


def _reason(error: Exception, port: int) -> str:
    if isinstance(error, OverflowError):
        return "ports are numbers from 0 to 65535."
    if isinstance(error, socket.gaierror):
        return "there is no such host. Use --host 127.0.0.1, or --host 0.0.0.0 for all addresses of this machine."
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return "another program uses this port. End that program, or choose another --port."
    if code == errno.EADDRNOTAVAIL:
        return "this machine does not have that address. Use --host 127.0.0.1, or --host 0.0.0.0 for all its addresses."
    if code in (errno.EACCES, errno.EPERM) and 0 < port < _PRIVILEGED:
        return "this user may not use ports below 1024. Choose a higher --port, and let a proxy listen on this one."
    return f"{getattr(error, 'strerror', None) or error}. Choose another --host or --port."


def _check_path(path: str) -> None:
    """Check the place of a Unix socket. A server replaces a socket that no program listens on any more."""
    if path.startswith("\0"):
        return
    place = Path(path)
    folder = place.absolute().parent
    if not folder.is_dir():
        raise StartError(f"cannot listen on unix:{path}: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"cannot listen on unix:{path}: this user may not write in {folder}.")
    if not place.exists():
        return
    if not stat.S_ISSOCK(place.stat().st_mode):
        raise StartError(f"cannot listen on unix:{path}: the file exists and is not a socket. Choose another path.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(path) == 0:
            raise StartError(f"cannot listen on unix:{path}: another program listens there. End it first.")
