"""Streamed bodies, and the work that is left when a body has been sent.

The endpoint draws the first chunk of a stream, so that middleware and error
files can handle an exception that the generator raises before this chunk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._http.response.changes import own_copy
from ..._http.response.interrupts import Interrupt
from ..._http.response.response import WITHOUT_BODY, Response
from ..._http.values.encoding import to_bytes
from ..scope.unit import end_unit
from .reporting import report

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import Scope

logger = logging.getLogger("routehandlers")

# Default content types of bodies of text and of bytes.
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"


class Stream:
    """A body that is produced while it is sent.

    :ivar drawn: The chunks that were produced already.
    :ivar rest: Iterator over the remaining chunks.
    :ivar content_type: The type of the response if its headers have none.
    """

    content_type = TEXT

    def __init__(self, body: Iterable[Any]) -> None:
        self.rest: Iterator[Any] = iter(body)
        self.drawn: list[bytes] = []
        self._close: Callable[[], object] | None = getattr(body, "close", None)

    def draw_first(self) -> None:
        """Run to the first chunk that is not empty."""
        for chunk in self.rest:
            first = encode(chunk)
            if first:
                self.drawn.append(first)
                self.content_type = TEXT if isinstance(chunk, str) else BYTES
                return

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self.drawn.pop(0) if self.drawn else encode(next(self.rest))

    def close(self) -> None:
        """Close the generator."""
        close, self._close = self._close, None  # a second call does nothing
        if close is not None:
            close()


def default_type(response: WerkzeugResponse) -> str:
    """Return the type of a response whose headers name none. Those of Werkzeug and Flask are text by default."""
    body: Any = response.response
    if isinstance(body, Stream):
        return body.content_type
    if type(response) is not Response:
        return TEXT
    return BYTES if any(isinstance(chunk, bytes) and chunk for chunk in body) else TEXT


def begin(scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a response whose body is complete or has started. Call this wherever user code made a response.

    For a HEAD request no chunk is drawn.

    :raise BaseException: If the stream raises it before its first chunk.
    """
    body: Any = response.response
    if isinstance(body, (list, tuple, Stream)):
        return response
    stream = Stream(body)
    response = own_copy(response)  # the user may return the same response to several requests
    response.response = stream
    if scope.environ["REQUEST_METHOD"] != "HEAD":
        try:
            stream.draw_first()
        except BaseException:
            close_quietly(scope, response)
            raise
    return response


def is_streamed(scope: Scope, response: WerkzeugResponse) -> bool:
    """Return whether a body is produced while it is sent, so that the response is not complete yet."""
    return (
        isinstance(response.response, Stream)
        and scope.environ["REQUEST_METHOD"] != "HEAD"
        and response.status_code not in WITHOUT_BODY
    )


def close_quietly(scope: Scope, response: WerkzeugResponse) -> None:
    """Close a response that will not be sent. Log a failure, since another exception is being handled already."""
    try:
        response.close()
    except Exception:
        logger.exception("%s failed to close its stream", scope.description)


class SentStream:
    """A stream that is being sent. Each chunk is produced, and the stream closed, in the context of the request."""

    _is_complete = False

    def __init__(self, scope: Scope, stream: Stream, close: Callable[[], Any]) -> None:
        self._scope = scope
        self._stream = stream
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        drawn, chunks, run = self._stream.drawn, self._stream.rest, self._scope.context.run
        yield from drawn
        drawn.clear()
        while True:
            try:
                chunk = run(next, chunks)
                if type(chunk) is not bytes:
                    chunk = encode(chunk)
            except StopIteration:
                self._end_unit()
                return
            except Interrupt as interrupt:
                # The headers have been sent, so this cannot become a response any more.
                raise self._broken(RuntimeError(f"The stream had begun when it raised {interrupt}.")) from interrupt
            except Exception as error:
                self._broken(error)
                raise
            if chunk:  # an empty chunk would end the body of HTTP/1.1
                yield chunk

    def _end_unit(self) -> None:
        """End the resources behind the last chunk. A failed commit must not look like a complete body."""
        self._is_complete = True
        if self._scope.unit is None:
            return
        try:
            self._scope.context.run(end_unit, self._scope)
        except Interrupt as interrupt:
            raise self._broken(RuntimeError(f"A resource raised {interrupt} after a stream.")) from interrupt
        except Exception as error:
            self._broken(error)
            raise

    def _broken(self, error: Exception) -> Exception:
        """Log an exception and return it. The server then breaks the framing, so the client sees a cut body."""
        if self._scope.unit is not None:
            self._scope.context.run(end_unit, self._scope, error)
        report(self._scope, error, "%s broke off in mid-stream", self._scope.description)
        return error

    def close(self) -> None:
        """End the request after the whole body was sent, or after the client disconnected."""
        end_with(self._scope, self._close if self._is_complete else partial(_abandon, self._scope, self._close))


class StreamOfRender:
    """The rest of the stream of a render that turned dynamic. It runs in the context of the render, and ends it."""

    _is_complete = False

    def __init__(self, scope: Scope, stream: Stream) -> None:
        self._scope = scope
        self._chunks = stream.rest
        self._stream = stream

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._scope.context.run(self._next)

    def _next(self) -> Any:
        error: BaseException | None = None
        try:
            return next(self._chunks)
        except StopIteration:
            self._is_complete = True
        except BaseException as raised:
            error = raised
        if self._scope.unit is not None:
            end_unit(self._scope, error)
        raise error if error is not None else StopIteration

    def close(self) -> None:
        """Close the stream and end the render."""
        close = self._stream.close
        end_with(self._scope, close if self._is_complete else partial(_abandon, self._scope, close))


def _abandon(scope: Scope, close: Callable[[], Any]) -> None:
    """Close a stream before its end, because the client went away, and then the resources."""
    try:
        close()
    finally:
        if scope.unit is not None:
            end_unit(scope, GeneratorExit())


def encode(chunk: Any) -> bytes:
    """Return a chunk as bytes.

    :raise TypeError: If it is neither text nor bytes.
    """
    if isinstance(chunk, str):
        return to_bytes(chunk)
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"A stream yields str or bytes, not {chunk!r}.")


def end(scope: Scope) -> None:
    """End a request whose response has been sent or cannot be sent."""
    scope.seal()
    try:
        scope.context.run(run_after, scope)
    finally:
        scope.close()


def end_with(scope: Scope, close: Callable[[], Any]) -> None:
    """Close the response of a request with a function, and end the request."""
    scope.seal()
    try:
        scope.context.run(_end, scope, close)
    finally:
        scope.close()  # outside of the context: a render of a framework enters it once more to leave


def _end(scope: Scope, close: Callable[[], Any]) -> None:
    try:
        close()
    except Interrupt as interrupt:
        raise RuntimeError(f"A stream raised {interrupt} while it was closed.") from interrupt
    finally:
        run_after(scope)


def run_after(scope: Scope) -> None:
    """Call the functions passed to ``after()``, in order. Log each failure and continue with the next function.

    Each has a unit of work of its own. That of the request ends here if something was opened when it had ended.

    :raise BaseException: ``SystemExit``, ``KeyboardInterrupt`` and the like, when all functions have run. Servers stop
        a worker by such an exception, at any point of the code, so it must not get lost.
    """
    stopped: BaseException | None = None
    if scope.render is not None:
        scope.render.is_over = True  # what was sent does not depend on these functions
    if scope.unit is not None:
        try:
            end_unit(scope)
        except (Exception, Interrupt):
            logger.exception("A resource failed after the response to %s", scope.description)
    while scope.after:
        function = scope.after.popleft()
        try:
            _call_in_own_unit(scope, function)
        except Exception:
            logger.exception("A function passed to after() failed, after %s", scope.description)
        except Interrupt as interrupt:
            error = RuntimeError(
                f"A function passed to after() raised {interrupt}. The response has been sent already."
            )
            logger.error("%s", error, exc_info=interrupt)
        except BaseException as stop:
            logger.error("A function passed to after() raised %r, after %s", stop, scope.description)
            stopped = stopped or stop
    if stopped is not None:
        raise stopped


def _call_in_own_unit(scope: Scope, function: Callable[[], Any]) -> None:
    try:
        function()
    except BaseException as error:
        if scope.unit is not None:
            end_unit(scope, error)
        raise
    if scope.unit is not None:
        end_unit(scope)
