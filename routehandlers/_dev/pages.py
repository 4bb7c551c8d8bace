"""Responses about mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._http.response.errors import error_response

if TYPE_CHECKING:
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment


def show(message: str) -> WSGIApplication:
    """Return an application that answers every request with a message."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return error_response(environ, 500, message)(environ, start_response)

    return application
