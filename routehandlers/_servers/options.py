"""The options of ``routehandlers start`` that all servers take, and the error for what a server cannot do."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ..exceptions import RouteHandlersError


class StartError(RouteHandlersError):
    """``start`` cannot do what the command line asks for."""


@dataclass(frozen=True)
class Options:
    """One command line of ``start``.

    :param target: The application, as ``module:name`` or ``module:name('argument')``.
    :param bind: Each ``--bind``: ``HOST:PORT`` or ``unix:PATH``.
    :param rest: The arguments that only the server knows.
    """

    target: str
    bind: tuple[str, ...] = ()
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    threads: int | None = None
    access_log: bool = False
    rest: list[str] = field(default_factory=list)

    def addresses(self) -> list[str]:
        """Return the addresses that the command line names. Without any, the server chooses its own."""
        if self.host is None and self.port is None:
            return list(self.bind)
        host, port = default_address()
        host = in_brackets(self.host) if self.host is not None else host
        return [*self.bind, f"{host}:{port if self.port is None else self.port}"]


def in_brackets(host: str) -> str:
    """Write a host as it stands before a port. An IPv6 address needs brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


# Variables that gunicorn and Granian read, with an example of each.
_NUMBERS = {"PORT": 8000, "WEB_CONCURRENCY": 2}


def check_environment() -> None:
    """Refuse variables that are no numbers: gunicorn reads them in its import. Empty ones are unset, as settings are.

    :raise StartError: For the first of them.
    """
    for name, example in _NUMBERS.items():
        value = os.environ.get(name)
        if not value:
            os.environ.pop(name, None)
        elif not value.isdecimal() or int(value) == 0:
            raise StartError(f"{name} is {value!r} in the environment. Set it to a number above 0, such as {example}.")


def default_address() -> tuple[str, int]:
    """Return the host and the port without any option, which are those of gunicorn.

    Platforms that set ``PORT`` connect from outside. ``check_environment()`` has checked it.
    """
    port = os.environ.get("PORT")
    if port is None:
        return "127.0.0.1", 8000
    return "0.0.0.0", int(port)  # noqa: S104  # meant: see above
