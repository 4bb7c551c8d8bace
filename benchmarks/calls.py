"""Calls of a WSGI application, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .peers import WSGI
from .timing import Candidate

# Environments for one round, by its number. They are made before the clock starts.
Environs = Callable[[int], list[dict[str, Any]]]


class Server:
    """The least that a WSGI server does."""

    status = ""
    headers: Iterable[tuple[str, str]] = ()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def call(self, app: WSGI, environ: dict[str, Any]) -> bytes:
        result = app(environ, self.start_response)
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        return body


def candidate(app: WSGI, make_environs: Environs) -> Candidate:
    def prepare(turn: int) -> Callable[[], int]:
        environs, server = make_environs(turn), Server()

        def run() -> int:
            for environ in environs:
                server.call(app, environ)
            return len(environs)

        return run

    return prepare


def check_equal(apps: dict[str, WSGI], make_environs: Environs) -> None:
    """All must give the same status, type and body, or there is nothing to compare."""
    answers = {name: _answer(app, make_environs(0)[-1]) for name, app in apps.items()}
    assert len(set(answers.values())) == 1, answers
    assert next(iter(answers.values()))[0] == "200 OK", answers


def _answer(app: WSGI, environ: dict[str, Any]) -> tuple[str, str, bytes]:
    server = Server()
    # Flask ends JSON with a newline, and leaves no say in it.
    body = server.call(app, environ).removesuffix(b"\n")
    (content_type,) = [value for name, value in server.headers if name.lower() == "content-type"]
    return server.status, content_type, body
