"""Raise unhandled exceptions in a test client that asks for them in place of the response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from werkzeug.exceptions import HTTPException

# Set in the environ by a test client that wants exceptions. Servers do not set it.
RAISES = "routehandlers.raises"


def raising(unanswered: Exception | None, body: Iterable[bytes]) -> Iterable[bytes]:
    """Return the body of a response, or for an unexpected exception an iterable that raises it."""
    return body if unanswered is None or isinstance(unanswered, HTTPException) else _RaisingBody(unanswered, body)


class _RaisingBody:
    """A body that ends the request and raises an exception when it is iterated, outside of the request's context."""

    def __init__(self, error: Exception, body: Iterable[bytes]) -> None:
        self._error = error
        self._close: Callable[[], object] | None = getattr(body, "close", None)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> NoReturn:
        self.close()  # callers may not close the body after an exception
        raise self._error

    def close(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            close()
