"""A development server that answers the requests in flight before it ends."""

from __future__ import annotations

import select
import socket
import threading
import time
from enum import Enum
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

# Seconds between two looks at the connections.
_LOOK = 0.05


class State(Enum):
    """What a connection is doing."""

    OPENED = "opened"  # browsers open some that they may never use
    BUSY = "busy"
    # A stream of events ends when the client goes away, and EventSource connects again by itself.
    ENDLESS = "endless"


class Handler(WSGIRequestHandler):
    """A request handler that tells the server what its connection is doing."""

    def parse_request(self) -> bool:
        self._note(State.BUSY)
        return super().parse_request()

    def send_header(self, keyword: str, value: str) -> None:
        if keyword.lower() == "content-type" and value.startswith("text/event-stream"):
            self._note(State.ENDLESS)
        super().send_header(keyword, value)

    def _note(self, state: State) -> None:
        assert isinstance(self.server, DrainingServer)
        self.server.states[self.connection] = state


class DrainingServer(ThreadedWSGIServer):
    """A server with a thread for each request, which can wait for those in flight.

    :ivar states: The open connections.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.states: dict[socket.socket, State] = {}
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.states[request] = State.OPENED
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.states.pop(request, None)

    def serve_until(self, end: threading.Event) -> None:
        """Serve until an event is set. Connections that are not accepted then wait for the next process."""
        threading.Thread(target=self._shutdown_after, args=(end,), daemon=True).start()
        self.serve_forever(poll_interval=_LOOK)

    def _shutdown_after(self, end: threading.Event) -> None:
        end.wait()
        self.shutdown()

    def drain(self, seconds: float) -> int:
        """Wait until the requests in flight are answered, and return the number of those that are not.

        :param seconds: The longest time to wait.
        """
        end = time.monotonic() + seconds
        while (left := self._in_flight()) and time.monotonic() < end:
            time.sleep(_LOOK)
        return left

    def _in_flight(self) -> int:
        states = dict(self.states)
        opened = [connection for connection, state in states.items() if state is State.OPENED]
        try:
            # The client has sent a request that its thread has not read yet.
            sent = select.select(opened, (), (), 0)[0] if opened else []
        except (OSError, ValueError):  # one of them was closed meanwhile: look again
            return 1
        return len(sent) + sum(state is State.BUSY for state in states.values())
