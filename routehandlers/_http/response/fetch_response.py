"""What ``fetch()`` gives: another server's answer."""

from __future__ import annotations

from builtins import bytes as Bytes  # noqa: N812  # the standard names a method so
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.datastructures import Headers

from ..values import json as _json
from .response import Response

# They speak of the connection to the other server, or of a coding that is undone already.
_NOT_PASSED_ON = frozenset(
    "connection keep-alive proxy-authenticate te trailer transfer-encoding upgrade content-encoding content-length"
    " set-cookie".split()
)


class FetchResponse:
    """The answer of another server, as the Fetch standard describes it. A handler may return it.

    https://developer.mozilla.org/docs/Web/API/Response

    :ivar status: Its status.
    :ivar headers: In any case; without ``Set-Cookie`` where it came from the cache.
    :ivar url: Where it came from, redirects followed.
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
        """The whole body. It can be read again."""
        if self._data is None:
            try:
                self._data = b"".join(self._chunks)
            finally:
                self._close()
        return self._data

    def text(self) -> str:
        """The body as UTF-8, without a BOM; what is not UTF-8 becomes U+FFFD."""
        return self.bytes().removeprefix(b"\xef\xbb\xbf").decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON.

        :raise ValueError: If it is none.
        """
        return _json.loads(self.bytes())

    def __iter__(self) -> Iterator[Bytes]:
        """The body as it comes, once."""
        if self._data is not None:
            return iter([self._data])
        return self._iterate()

    def _iterate(self) -> Iterator[Bytes]:
        try:
            yield from self._chunks
        finally:
            self._close()

    def to_response(self) -> Response:
        """The same as an answer to a client, without what concerns the other connection and its cookies."""
        headers = [(name, value) for name, value in self.headers if name.lower() not in _NOT_PASSED_ON]
        if self.status in {204, 205, 304}:
            self._close()
            return Response(None, self.status, headers)
        response = Response(iter(self), self.status, headers)
        response.call_on_close(self._close)
        return response

    def __repr__(self) -> str:
        return f"<FetchResponse {self.status} {self.url}>"
