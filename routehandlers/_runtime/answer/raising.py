"""An exception that nobody answers, for a test client that asks for it in place of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

from werkzeug.exceptions import HTTPException

# Set by a client that wants to see exceptions; servers do not know it.
RAISES = "routehandlers.raises"


def raising(unanswered: Exception | None, body: Iterable[bytes]) -> Iterable[bytes]:
    """The body of a default answer, or, where that stands for an exception nobody planned, one that raises it."""
    return body if unanswered is None or isinstance(unanswered, HTTPException) else _RaisingBody(unanswered, body)


class _RaisingBody:
    """Raises what came to pass when it is iterated, which is outside of the request's context, and ends the request."""

    def __init__(self, error: Exception, body: Iterable[bytes]) -> None:
        self._error = error
        self._close: Callable[[], object] | None = getattr(body, "close", None)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> NoReturn:
        self.close()  # not everybody does who meets an exception
        raise self._error

    def close(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            close()
