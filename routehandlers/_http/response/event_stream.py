"""Server-Sent Events: format items as events, and send comments while there are none.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import contextvars
import logging
import os
import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from werkzeug.exceptions import ServiceUnavailable

from ..values import json as _json
from ..values.current import SCOPE
from ..values.encoding import to_bytes

logger = logging.getLogger("routehandlers")

_FIELDS = ("comment", "event", "id", "retry", "data")

# Each of these ends a line of the format.
_LINE_ENDS = re.compile(r"\r\n|\r|\n")

# Sent at once, so that the headers are sent and the "open" event of the browser
# fires before the first item exists.
_HELLO = b":\n\n"
_KEEP_ALIVE = b":\n\n"

# Maximum number of events that wait for a slow client. Then the iterable waits.
_WAITING = 16

# Maximum number of threads whose client has left while their iterable waits for its next event.
MOST_ABANDONED = 100


def event_stream(iterable: Iterable[Any], keep_alive: float | None = None) -> Iterator[bytes]:
    """Return the bytes of a stream of events.

    :param keep_alive: Seconds of silence after which a comment is sent.
    """
    if keep_alive is not None and keep_alive <= 0:
        raise ValueError(f"keep_alive must be a number of seconds above 0, not {keep_alive!r}.")
    return _Events(iter(iterable)) if keep_alive is None else _PumpedEvents(iter(iterable), keep_alive)


def format_event(item: Any) -> bytes:
    """Format an event.

    :param item: The data, or a mapping with any of ``data``, ``event``, ``id``,
        ``retry`` and ``comment``.
    :raise ValueError: For an unknown key, and for a line end in a field that cannot contain one.
    """
    fields = item if isinstance(item, Mapping) else {"data": item}
    if unknown := [key for key in fields if key not in _FIELDS]:
        raise ValueError(
            f"An event has no field {unknown[0]!r}. Its fields are {', '.join(_FIELDS)}; put other values into 'data'."
        )
    lines: list[str] = []
    for name in _FIELDS:
        if fields.get(name) is not None:
            lines += _field(name, fields[name])
    return to_bytes("\n".join([*lines, "", ""]))


def _field(name: str, value: Any) -> list[str]:
    if name in {"data", "comment"}:
        text = value if isinstance(value, str) else _json.dumps(value).decode()
        prefix = "data: " if name == "data" else ": "
        return [prefix + line for line in _LINE_ENDS.split(text)]
    if name == "retry":
        return [f"retry: {int(value)}"]
    text = str(value)
    if _LINE_ENDS.search(text) or "\0" in text:
        raise ValueError(f"The {name} of an event cannot contain line ends or null characters: {text!r}.")
    return [f"{name}: {text}"]


class _Events(Iterator[bytes]):
    """Events that are read from the iterable when the client asks for them."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items
        self._greeted = False

    def __next__(self) -> bytes:
        if not self._greeted:
            self._greeted = True
            return _HELLO
        return format_event(next(self._items))

    def close(self) -> None:
        _close(self._items)


class _PumpedEvents(Iterator[bytes]):
    """Events that a separate thread reads, so that comments can be sent while it waits.

    Only that thread uses the iterable: a generator cannot be closed while it
    runs, so the thread closes it at its next ``yield``.
    """

    def __init__(self, items: Iterator[Any], keep_alive: float) -> None:
        self._items = items
        self._keep_alive = keep_alive
        self._queue: queue.Queue[Callable[[], bytes] | None] = queue.Queue(_WAITING)
        self._closed = threading.Event()
        self._greeted = False
        self._thread: threading.Thread | None = None
        self._unit: AbstractContextManager[None] = nullcontext()

    def __next__(self) -> bytes:
        if not self._greeted:
            self._greeted = True
            if len(_abandoned) >= MOST_ABANDONED:
                raise ServiceUnavailable(
                    f"{MOST_ABANDONED} event streams wait for their next event, though their clients have left."
                )
            return _HELLO
        if self._thread is None:
            # Use the context of the request, so that cookies() and headers() work in the iterable.
            run = contextvars.copy_context().run
            scope = SCOPE.get(None)
            if scope is not None:
                self._unit = scope.move_unit()
            self._thread = threading.Thread(target=run, args=(self._pump,), name="event_stream", daemon=True)
            self._thread.start()
        try:
            event = self._queue.get(timeout=self._keep_alive)
        except queue.Empty:
            return _KEEP_ALIVE
        if event is None:
            raise StopIteration
        return event()

    def _pump(self) -> None:
        try:
            with self._unit:  # the resources end with the iterable, and before the client sees the end
                self._pass_on()
        except GeneratorExit:  # the client has left
            pass
        except BaseException as error:  # passed to the thread of the request, which raises it
            if not self._put(_raiser(error)):
                logger.error("An event stream failed after its client had left", exc_info=error)
        else:
            self._put(None)
        finally:
            with _guard:
                self._closed.set()
                _abandoned.discard(self)

    def _pass_on(self) -> None:
        try:
            for item in self._items:
                if self._closed.is_set() or not self._put(_ready(format_event(item))):
                    raise GeneratorExit
        finally:
            _close(self._items)

    def _put(self, event: Callable[[], bytes] | None) -> bool:
        """Pass an event to the client, and return whether the stream is still open."""
        while not self._closed.is_set():
            try:
                self._queue.put(event, timeout=1)
            except queue.Full:
                continue
            return True
        return False

    def close(self) -> None:
        with _guard:
            if self._thread is not None and not self._closed.is_set():
                _abandoned.add(self)
            self._closed.set()
        if self._thread is None:
            _close(self._items)


# Streams whose thread still runs after its client has left.
_abandoned: set[_PumpedEvents] = set()
_guard = threading.Lock()


def _reset() -> None:
    global _guard  # a forked process has none of the threads, and the lock may be held in its parent
    _guard = threading.Lock()
    _abandoned.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)


def _ready(event: bytes) -> Callable[[], bytes]:
    return lambda: event


def _raiser(error: BaseException) -> Callable[[], bytes]:
    def raise_it() -> bytes:
        raise error

    return raise_it


def _close(items: Iterator[Any]) -> None:
    close = getattr(items, "close", None)
    if close is not None:
        close()
