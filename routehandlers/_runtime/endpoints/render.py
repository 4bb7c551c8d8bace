"""Render a cacheable ``GET``: run the handler without a client, and draw the whole body.

A render ends with an entry to store, with a private response for the client, or
with a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import HTTPException

from ..._cache.cache import Outcome
from ..._cache.policy import make_entry, reason_not_to_store
from ..._cache.render import TurnedDynamicError
from ..._cache.shared_caches import unstored
from ..._http.response.additions import Pairs
from ..._http.response.changes import headers_of, own_copy
from ..._http.response.errors import description_of, has_default_body, interrupt_response
from ..._http.response.interrupts import AccessFallback, Interrupt
from ..._http.response.response import WITHOUT_BODY, Response
from ..._http.values.encoding import to_bytes
from ...exceptions import ValidationError
from ..answer.bodies import Stream, StreamOfRender, begin, close_quietly, default_type, encode, end, is_streamed
from ..answer.failures import excepted, fallback
from ..answer.headers import check_headers, take_cookies
from ..scope.render_scope import RenderScope
from ..scope.scope import Scope
from ..scope.unit import end_unit, fail_unit

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

# Seconds for which a stream that may be stored is drawn before anything is sent.
_LONGEST_DRAWING = 10.0


class Renderable(Protocol):
    """A route whose ``GET`` can be rendered."""

    def call(self, scope: Scope) -> WerkzeugResponse:
        """Call the handler and return its result as a response. Let all exceptions pass."""
        ...


# Makes the response for the client whose environment the scope has at that time.
_MakeResponse = Callable[[], "WerkzeugResponse"]


@dataclass(frozen=True)
class _Rendering:
    """A render in its scope.

    :param key: Key of the entry.
    :param covered: The request headers that the key covers.
    :param limit: Maximum size of a stored body in bytes.
    :param client: The scope of the client's request; ``None`` in a refresh.
    """

    endpoint: Renderable
    scope: RenderScope
    key: str
    covered: frozenset[str]
    limit: int
    client: Scope | None

    def run(self) -> Outcome:
        self.scope.enter()
        try:
            try:
                response = self.endpoint.call(self.scope)
                return self._answered(partial(begin, self.scope, response))
            except AccessFallback as raised:
                fail_unit(self.scope, raised)
                return self._fallen_back(raised.status, "", [], partial(fallback, self.scope, raised.status))
            except Interrupt as interrupt:
                redirect = interrupt_response(self.scope.environ, interrupt)
                return self._answered(lambda: redirect)
            except HTTPException as raised:
                fail_unit(self.scope, raised)
                make_response = partial(excepted, self.scope, raised)
                if isinstance(raised, ValidationError):  # an entry would not hold its errors
                    self.scope.record.turn_dynamic("a ValidationError", has_line=False)
                    return self._answered(make_response)
                if not has_default_body(raised):
                    return self._answered(make_response)
                headers = [(name, value) for name, value in raised.get_headers() if name.lower() != "content-type"]
                return self._fallen_back(raised.code or 500, description_of(raised), headers, make_response)
        except BaseException as error:  # also one of an error file
            end_unit(self.scope, error)
            raise

    def _fallen_back(self, status: int, detail: str, headers: Pairs, make_response: _MakeResponse) -> Outcome:
        """Store a default response without its body, which is made for each client."""
        record = self.scope.record
        end_unit(self.scope)
        reason = record.dynamic or ("Set-Cookie" if self.scope.cookie_lines() else "")
        reason = reason or reason_not_to_store(200 if status >= 500 else status, headers, self.covered)
        if reason:
            record.turn_dynamic(reason, has_line=False)
            return self._answered(make_response)
        entry = make_entry(self.key, record, status, headers, to_bytes(detail), fallback=True)
        return Outcome(failure=entry) if status >= 500 else Outcome(entry)

    def _answered(self, make_response: _MakeResponse) -> Outcome:
        record = self.scope.record
        if record.dynamic and self.client is not None:
            self.scope.release(self.client.environ)
            return self._private(make_response())
        response = make_response()
        try:
            headers = self._headers_of(response)
            status = response.status_code
            # Failures are drawn too, for the other requests that wait for this render.
            reason = "Set-Cookie" if self.scope.cookie_lines() else ""
            reason = reason or reason_not_to_store(200 if status >= 500 else status, headers, self.covered)
            body, reason = (None, reason) if reason else self._draw(response)
            if body is not None and self.scope.unit is not None:
                end_unit(self.scope)
            # A render may read something of the client until its last chunk, and until its resources have ended.
            if body is None or record.dynamic:
                record.turn_dynamic(record.dynamic or reason, has_line=False)
                return self._private(response)
        except BaseException:
            close_quietly(self.scope, response)
            raise
        record.is_over = True
        response.close()
        entry = make_entry(self.key, record, status, headers, body)
        return Outcome(failure=entry) if status >= 500 else Outcome(entry)

    def _headers_of(self, response: WerkzeugResponse) -> Pairs:
        is_ours = type(response) is Response
        headers = response.headers if is_ours else response.get_wsgi_headers(self.scope.environ)
        return check_headers(headers, response.status_code, default_type(response))[0]

    def _draw(self, response: WerkzeugResponse) -> tuple[bytes | None, str]:
        """Return the whole body, or the reason why it must be streamed."""
        stream: Any = response.response
        if response.status_code in WITHOUT_BODY:
            return b"", ""
        if not isinstance(stream, Stream):
            body = b"".join(response.iter_encoded())
            reason = f"a body of more than {self.limit} bytes" if len(body) > self.limit else ""
            return (None, reason) if reason else (body, "")
        size, begun = sum(map(len, stream.drawn)), time.monotonic()
        try:
            while not self.scope.record.dynamic:
                if size > self.limit:
                    return None, f"a body of more than {self.limit} bytes"
                if time.monotonic() - begun > _LONGEST_DRAWING:
                    return None, f"a stream of more than {_LONGEST_DRAWING:g} seconds"
                chunk = encode(next(stream.rest))
                if chunk:
                    stream.drawn.append(chunk)
                    size += len(chunk)
        except StopIteration:
            return b"".join(stream.drawn), ""
        except Interrupt as interrupt:
            raise RuntimeError(f"The stream had begun when it raised {interrupt}.") from interrupt
        return None, ""

    def _private(self, response: WerkzeugResponse) -> Outcome:
        """Return the response as a private one for this client. The rest of its body is streamed."""
        scope = self.scope
        if self.client is None:
            raise TurnedDynamicError(scope.record.dynamic)
        scope.release(self.client.environ)
        if scope.unit is not None and not is_streamed(scope, response):
            _end_unit_of(scope, response)
        response = own_copy(response)
        headers = list(response.headers)
        response.headers = headers_of(unstored([*headers, *take_cookies(scope, headers)]))
        stream: Any = response.response
        if isinstance(stream, Stream):
            going_on = Stream(StreamOfRender(scope, stream))
            going_on.drawn, going_on.content_type = stream.drawn, stream.content_type
            response.response = going_on
        elif scope.has_leftovers:
            response.call_on_close(partial(end, scope))
        return Outcome(answer=response)


def _end_unit_of(scope: RenderScope, response: WerkzeugResponse) -> None:
    try:
        end_unit(scope)
    except BaseException:
        close_quietly(scope, response)
        raise


def render(
    endpoint: Renderable, scope: RenderScope, key: str, covered: frozenset[str], limit: int, client: Scope | None
) -> Outcome:
    """Call the handler in the context of a scope, and return the outcome.

    :param key: Key of the entry.
    :param covered: The request headers that the key covers.
    :param limit: Maximum size of a stored body in bytes.
    :param client: The scope of the client's request; ``None`` in a refresh.
    :raise Exception: If the handler raises an unexpected exception.
    :raise TurnedDynamicError: If the render needs a client, and there is none.
    """
    return scope.context.run(_Rendering(endpoint, scope, key, covered, limit, client).run)
