"""The response of another server, as ``fetch()`` returns it."""

from __future__ import annotations

from builtins import bytes as Bytes  # noqa: N812  # the standard names a method so
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.datastructures import Headers

from ..values import json as _json
from .response import Response

# Headers of the connection to the other server, of a coding that is already decoded, and its cookies.
_NOT_PASSED_ON = frozenset(
    "connection keep-alive proxy-authenticate te trailer transfer-encoding upgrade content-encoding content-length"
    " set-cookie".split()
)


class FetchResponse:
    """The response of another server, as the Fetch standard describes it. A handler may return it.

    https://developer.mozilla.org/docs/Web/API/Response

    :ivar headers: The case of names does not matter. ``Set-Cookie`` is missing if the response came from the cache.
    :ivar url: The URL after redirects.
    """

    def __init__(
        self,
        status: int,
        headers: Iterable[tuple[str, str]],
        url: str,
        chunks: Iterable[Bytes],
        close: Callable[[], Any] = lambda: None,
    ) -> None:
        self.status = status
        self.headers = Headers(list(headers))
        self.url = url
        self._chunks = chunks
        self._close = close
        self._data: Bytes | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299

    def bytes(self) -> Bytes:
        """Return the whole body. You can call it again."""
        if self._data is None:
            try:
                self._data = b"".join(self._chunks)
            finally:
                self._close()
        return self._data

    def text(self) -> str:
        """Return the body decoded as UTF-8, without a BOM. Invalid bytes become U+FFFD."""
        return self.bytes().removeprefix(b"\xef\xbb\xbf").decode(errors="replace")

    def json(self) -> Any:
        """Parse the body as JSON.

        :raise ValueError: If the body is not JSON.
        """
        return _json.loads(self.bytes())

    def __iter__(self) -> Iterator[Bytes]:
        """Iterate over the body as it arrives. This works once."""
        if self._data is not None:
            return iter([self._data])
        return self._iterate()

    def _iterate(self) -> Iterator[Bytes]:
        try:
            yield from self._chunks
        finally:
            self._close()

    def to_response(self) -> Response:
        """Make a response for the client, without cookies and headers of the other connection."""
        headers = [(name, value) for name, value in self.headers if name.lower() not in _NOT_PASSED_ON]
        if self.status in {204, 205, 304}:
            self._close()
            return Response(None, self.status, headers)
        response = Response(iter(self), self.status, headers)
        response.call_on_close(self._close)
        return response

    def __repr__(self) -> str:
        return f"<FetchResponse {self.status} {self.url}>"
