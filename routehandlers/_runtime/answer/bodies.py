"""What WSGI iterates: bodies that are ready, bodies that are made while they are sent, and what comes after them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..._http.response.interrupts import Interrupt
from .reporting import report

if TYPE_CHECKING:
    from ..scope.scope import Scope

logger = logging.getLogger("routehandlers")

# What a stream of text or bytes is, where nobody says it.
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"


class SentBody:
    """A body that is ready, and functions to call when it has been sent."""

    def __init__(self, scope: Scope, chunks: list[bytes]) -> None:
        self.scope = scope
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        finish(self.scope)


class StreamedBody:
    """A body that is made while it is sent.

    Every step of it, and its end, run in the context of the request.
    """

    def __init__(self, scope: Scope, chunks: Iterable[Any], close: Callable[[], Any]) -> None:
        self.scope = scope
        self._chunks = iter(chunks)
        self._close = close
        self._drawn: list[bytes] = []
        self._skipped = False
        self.content_type = TEXT

    def draw_first(self) -> None:
        """Run to the first chunk that holds anything."""
        for chunk in self._chunks:
            first = _encode(chunk)
            if first:
                self._drawn.append(first)
                self.content_type = TEXT if isinstance(chunk, str) else BYTES
                break

    def draw(self) -> Iterator[bytes]:
        """All chunks, one by one, kept until they are sent. Whoever stops drawing leaves the rest to be sent.

        It is called in the context of the request, and so needs none.

        :raise Exception: What the stream raises, as it is.
        """
        yield from self._drawn
        while (chunk := _next(self._chunks)) is not None:
            if chunk:
                self._drawn.append(chunk)
                yield chunk

    def resume(self) -> Iterator[bytes]:
        """What is left of it, without keeping any, for a body that goes on in its place, in the same context."""
        if not self._skipped:
            while self._drawn:
                yield self._drawn.pop(0)
            while (chunk := _next(self._chunks)) is not None:
                yield chunk

    def skip(self) -> None:
        """Send nothing: the request was a HEAD."""
        self._skipped = True

    def __iter__(self) -> Iterator[bytes]:
        if self._skipped or not self._drawn:
            return
        yield from self._drawn
        self._drawn.clear()
        run, chunks = self.scope.context.run, self._chunks
        while True:
            try:
                chunk = run(next, chunks)
                if type(chunk) is not bytes:
                    chunk = _encode(chunk)
            except StopIteration:
                return
            except Interrupt as interrupt:
                # The headers have left, so this can be no answer any more.
                raise self._broken(RuntimeError(f"The stream had begun when it raised {interrupt}.")) from interrupt
            except Exception as error:
                self._broken(error)
                raise
            if chunk:  # an empty chunk would end the body of HTTP/1.1
                yield chunk

    def _broken(self, error: Exception) -> Exception:
        """Log it. The server ends the connection without a proper end, so that nobody takes half for all."""
        report(self.scope, error, "%s broke off in mid-stream", self.scope.description)
        return error

    def abandon(self) -> None:
        """Close what will not be sent; the reason is on its way already."""
        try:
            self._close()
        except Exception:
            logger.exception("%s failed in closing its stream", self.scope.description)

    def close_stream(self) -> None:
        """All chunks are drawn; what the request left to be done is somebody else's."""
        self._close()

    def close(self) -> None:
        """The client has everything, or has gone."""
        self.scope.context.run(self._end)

    def _end(self) -> None:
        try:
            self._close()
        except Interrupt as interrupt:
            raise RuntimeError(f"A stream raised {interrupt} while it was closed.") from interrupt
        finally:
            run_after(self.scope)
            self.scope.close()


def _next(chunks: Iterator[Any]) -> bytes | None:
    """The next chunk, or ``None`` at the end: a StopIteration would end the generator that asks."""
    try:
        return _encode(next(chunks))
    except StopIteration:
        return None


def _encode(chunk: Any) -> bytes:
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"A stream yields str or bytes, not {chunk!r}.")


def finish(scope: Scope) -> None:
    """The answer has been sent, or there was nobody to send it to."""
    scope.seal()
    scope.context.run(run_after, scope)
    scope.close()


def run_after(scope: Scope) -> None:
    """Call what ``after()`` was given, in order; each failure is logged and none lost."""
    while scope.after:
        function = scope.after.popleft()
        try:
            function()
        except Exception:
            logger.exception("A function passed to after() failed, after %s", scope.description)
        except Interrupt as interrupt:
            error = RuntimeError(f"A function passed to after() raised {interrupt}. The answer has been sent already.")
            logger.error("%s", error, exc_info=interrupt)
