"""One render of a cacheable ``GET``: the handler is called where nothing of a client is, and what it makes is drawn.

It ends in one of three ways: with an entry to be stored, with an answer for
one client alone, or with a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from werkzeug.exceptions import HTTPException

from ..._cache.policy import UNSTORED, directives, make_entry, reason_not_to_store
from ..._cache.render import TurnedDynamicError
from ..._http.response.errors import description_of, has_default_body, interrupt_response
from ..._http.response.interrupts import AccessFallback, Interrupt
from ...cache_handlers.base import Entry
from ..answer.bodies import SentBody, StreamedBody
from ..answer.failures import excepted, fallback
from ..answer.sending import Answer, prepare
from ..scope.render_scope import RenderScope
from ..scope.scope import Scope

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

# Seconds for which a stream that may be stored is drawn before anything leaves.
_LONGEST_DRAWING = 10.0


class Renderable(Protocol):
    """A route whose ``GET`` can be rendered."""

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """What the handler returned, as a response."""
        ...

    def failed(self, scope: Scope, error: Exception) -> Answer:
        """The answer to an exception that nobody planned."""
        ...


@dataclass(frozen=True)
class Rendered:
    """What came of a render: one of these.

    :param entry: To be stored.
    :param failure: An answer with 5xx. It is not stored, and is for all who waited for it.
    :param answer: For one client alone.
    """

    entry: Entry | None = None
    failure: Entry | None = None
    answer: Answer | None = None


# Makes the answer, as the client likes it that is the scope's by then.
_MakeAnswer = Callable[[], Answer]


@dataclass(frozen=True)
class Rendering:
    """A render in its scope.

    :param key: Of the entry.
    :param covered: The request headers that it covers.
    :param limit: The most bytes of a stored body.
    :param client: Who asked; nobody in a refresh.
    """

    endpoint: Renderable
    scope: RenderScope
    key: str
    covered: frozenset[str]
    limit: int
    client: Scope | None

    def run(self) -> Rendered:
        """Call the handler, in the context of its scope.

        :raise Exception: What the handler raised, if that was not planned.
        :raise TurnedDynamicError: If it needs a client, and there is none.
        """
        return self.scope.context.run(self._run)

    def _run(self) -> Rendered:
        self.scope.enter()
        try:
            response = self.endpoint.respond(self.scope)
            return self._answered(partial(prepare, self.scope, response))
        except AccessFallback as raised:
            return self._fallen_back(raised.status, "", [], partial(fallback, self.scope, raised.status))
        except Interrupt as interrupt:
            redirect = interrupt_response(self.scope.environ, interrupt)
            return self._answered(partial(prepare, self.scope, redirect))
        except HTTPException as raised:
            answer = partial(excepted, self.scope, raised)
            if not has_default_body(raised):
                return self._answered(answer)
            headers = [(name, value) for name, value in raised.get_headers() if name.lower() != "content-type"]
            return self._fallen_back(raised.code or 500, description_of(raised), headers, answer)

    def _fallen_back(self, status: int, detail: str, headers: list[tuple[str, str]], answer: _MakeAnswer) -> Rendered:
        """The default answer: its outcome is kept, and its body made for each client as it likes."""
        render = self.scope.record
        reason = render.dynamic or ("Set-Cookie" if self.scope.cookie_lines() else "")
        reason = reason or reason_not_to_store(200 if status >= 500 else status, headers, self.covered)
        if reason:
            render.turn_dynamic(reason, has_line=False)
            return self._answered(answer)
        entry = make_entry(self.key, render, status, headers, detail.encode(), fallback=True)
        return Rendered(failure=entry) if status >= 500 else Rendered(entry)

    def _answered(self, make_answer: _MakeAnswer) -> Rendered:
        render = self.scope.record
        if render.dynamic and self.client is not None:
            self.scope.release(self.client.environ)
            return self._for_one(make_answer())
        answer = make_answer()
        status = int(answer.status[:3])
        # What failed is drawn too, for those who wait.
        reason = reason_not_to_store(200 if status >= 500 else status, answer.headers, self.covered)
        body = None
        try:
            if not reason:
                body, reason = self._draw(answer.body)
            # Only now it is known what it read, to its last chunk.
            if body is None or render.dynamic:
                self.scope.record.turn_dynamic(render.dynamic or reason, has_line=False)
                return self._for_one(answer)
        except BaseException:
            if isinstance(answer.body, StreamedBody):
                answer.body.abandon()
            raise
        render.is_over = True
        if isinstance(answer.body, StreamedBody):
            answer.body.close_stream()
        entry = make_entry(self.key, render, status, answer.headers, body)
        return Rendered(failure=entry) if status >= 500 else Rendered(entry)

    def _draw(self, body: Iterable[bytes]) -> tuple[bytes | None, str]:
        """The whole body, or why it is sent on as it comes."""
        chunks: list[bytes] = []
        size, begun = 0, time.monotonic()
        source = body.draw() if isinstance(body, StreamedBody) else body
        try:
            for chunk in source:
                chunks.append(chunk)
                size += len(chunk)
                if self.scope.record.dynamic:
                    return None, ""
                if size > self.limit:
                    return None, f"a body of more than {self.limit} bytes"
                if time.monotonic() - begun > _LONGEST_DRAWING:
                    return None, f"a stream of more than {_LONGEST_DRAWING:g} seconds"
        except Interrupt as interrupt:
            raise RuntimeError(f"The stream had begun when it raised {interrupt}.") from interrupt
        return b"".join(chunks), ""

    def _for_one(self, answer: Answer) -> Rendered:
        """What only this client gets; what it has not drawn streams on."""
        if self.client is None:
            raise TurnedDynamicError(self.scope.record.dynamic)
        self.scope.release(self.client.environ)
        body = answer.body
        is_head = self.scope.environ["REQUEST_METHOD"] == "HEAD"
        if isinstance(body, StreamedBody):
            if is_head:
                body.skip()
        else:
            chunks = [] if is_head else list(body)
            body = SentBody(self.scope, chunks) if self.scope.has_leftovers else chunks
        return Rendered(answer=Answer(answer.status, unstored(answer.headers), body))


def unstored(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers with which an answer is nobody else's. What the handler itself calls private stays as it said it."""
    own = [value for name, value in headers if name.lower() == "cache-control"]
    if any(directives(value) & {"private", "no-store"} for value in own):
        return headers
    return [*(pair for pair in headers if pair[0].lower() != "cache-control"), ("Cache-Control", UNSTORED)]
