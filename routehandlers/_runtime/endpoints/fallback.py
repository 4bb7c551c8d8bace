"""Another WSGI application that answers requests without a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..._http.response.response import Response
from ..answer.bodies import begin

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ...typing import WSGIApplication
    from ..scope.scope import Scope


class FallThrough(BaseException):
    """Raised to pass a request unchanged to the other application: no route matches, and nothing runs around routes."""


class OtherApplication:
    """The application that ``fallback=`` names."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Call the application and return its response, whose body still streams.

        The application can read the request body from its beginning, even if middleware has read it.
        """
        environ = scope.environ
        body = environ.get("routehandlers.body")
        if body is not None:
            body.seek(0)
        started = _Started()
        chunks = self.application(environ, started)
        try:
            iterator = iter(chunks)
            # An application may call start_response() as late as at its first chunk.
            first = [] if started.status else list(_first(iterator))
        except BaseException:
            _close(chunks)
            raise
        # Not by the constructor, which refuses a body with 204 or 304: here it is an iterator without chunks.
        response = Response(None, 200, started.headers)
        # Nor by our setter, which refuses statuses of other protocols, such as 101. The server checks this one.
        response._status, response._status_code = response._clean_status(started.status)
        response.response = chain(started.written, first, iterator)
        response.call_on_close(lambda: _close(chunks))
        return begin(scope, response)


class _Started:
    """A ``start_response`` that stores its arguments (PEP 3333)."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        return self.written.append


def _first(iterator: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in iterator:
        yield chunk
        return


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()
