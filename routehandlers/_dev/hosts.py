"""Refuse requests for other hosts than this machine.

A page of a foreign site can let its own name point to 127.0.0.1 (DNS rebinding).
Its scripts could then read pages with tracebacks, and the debugger's secret.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._hints import shorten
from .._http.request.host import is_trusted_host
from .._http.response.errors import error_response

if TYPE_CHECKING:
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment

_LOCAL = (".localhost", "127.0.0.1", "[::1]")

# Addresses that stand for all addresses of the machine.
_ALL = frozenset({"0.0.0.0", "::"})  # noqa: S104  # they are compared, not listened on

# Key of Werkzeug's server.
_CONNECTION = "werkzeug.socket"


class AllowedHosts:
    """Hosts that ``dev`` answers.

    :param host: The address that the server listens on.
    :param trusted_hosts: The setting of this name.
    """

    def __init__(self, host: str, trusted_hosts: Sequence[str]) -> None:
        self._hosts = [*_LOCAL, *trusted_hosts]
        self._is_everywhere = host in _ALL
        if self._is_everywhere:
            self._hosts += [socket.gethostname(), f"{socket.gethostname()}.local"]
        else:
            self._hosts.append(_in_brackets(host))

    def allow(self, environ: WSGIEnvironment) -> bool:
        """Return whether the host of a request is one of them."""
        sent = environ.get("HTTP_HOST") or ""
        own = [self._own_address(environ)] if self._is_everywhere else []
        return is_trusted_host(sent, [*self._hosts, *own])

    def _own_address(self, environ: WSGIEnvironment) -> str:
        """Return the address of this machine that the client has connected to."""
        address: str = environ[_CONNECTION].getsockname()[0]
        return _in_brackets(address.removeprefix("::ffff:") if "." in address else address)


def _in_brackets(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def guard(application: WSGIApplication, hosts: AllowedHosts) -> WSGIApplication:
    """Return an application that refuses requests for hosts that are not allowed."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if hosts.allow(environ):
            return application(environ, start_response)
        return error_response(environ, 400, _reason(environ.get("HTTP_HOST")))(environ, start_response)

    return guarded


def _reason(host: str | None) -> str:
    if not host:
        return "The Host header is missing. dev answers only requests that name a host of this machine."
    return (
        f"dev answers only hosts of this machine, and not {shorten(host)}. If this is a name of it, add the name to the"
        " setting trusted_hosts."
    )
