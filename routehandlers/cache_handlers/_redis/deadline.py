"""Bound the time of whole commands.

redis-py's ``socket_timeout`` bounds each read of a socket. A server that sends one byte at a time keeps a command
waiting for much longer. A connection of this module leaves each read only the time that is left until a deadline.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.connection import Connection as _Connection
else:
    _Connection = object

# The shortest time that a socket can wait: 0 means to wait not at all, with another exception.
_SHORTEST = 0.001


# Time, by the monotonic clock, at which the commands of this context fail. A thread-local variable could not tell
# greenlets apart where gevent patches threads after the import.
_deadline: ContextVar[float] = ContextVar("routehandlers.deadline", default=inf)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let the commands inside fail after some seconds, in total."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def time_left(seconds: float | None) -> float | None:
    """Return the seconds until the deadline, at most a number of seconds; ``None`` means that nothing bounds them."""
    at = _deadline.get()
    if at == inf:
        return seconds
    left = max(_SHORTEST, at - time.monotonic())
    return left if seconds is None else min(left, seconds)


class _Socket:
    """Socket whose reads and writes end at the deadline."""

    def __init__(self, socket: Any, timeout: float | None) -> None:
        self._socket = socket
        self._timeout = timeout

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._socket.settimeout(timeout)

    def recv(self, *arguments: Any) -> Any:
        self._set_time_left()
        return self._socket.recv(*arguments)

    def recv_into(self, *arguments: Any) -> Any:  # called by the parser of hiredis
        self._set_time_left()
        return self._socket.recv_into(*arguments)

    def sendall(self, *arguments: Any) -> Any:
        self._set_time_left()
        return self._socket.sendall(*arguments)

    def _set_time_left(self) -> None:
        if self._timeout == 0:  # only a look whether something has arrived
            return
        if _deadline.get() <= time.monotonic():
            raise TimeoutError("The time for this command is over")
        self._socket.settimeout(time_left(self._timeout))


class _BoundedConnection(_Connection):
    """Any class of connections, with bounded sockets.

    ``_connect()`` is private in redis-py. It is the only place between making the socket and giving it to the parser.
    """

    _socket_connect_timeout: float | None = None

    @property
    def socket_connect_timeout(self) -> float | None:
        # Asked for each address of the host.
        return time_left(self._socket_connect_timeout)

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, value: float | None) -> None:
        self._socket_connect_timeout = value

    def _connect(self) -> Any:
        timeout = self.socket_timeout
        self.socket_timeout = time_left(timeout)  # for the handshake of TLS
        try:
            socket = super()._connect()  # type: ignore[no-untyped-call]  # private
        finally:
            self.socket_timeout = timeout
        return _Socket(socket, timeout)


def bounded(connection_class: type) -> type:
    """Return a class of connections whose commands end at the deadline."""
    return type(f"Bounded{connection_class.__name__}", (_BoundedConnection, connection_class), {})
