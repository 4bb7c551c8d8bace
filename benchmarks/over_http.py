"""Over HTTP: each server with one process, kept-alive connections, a bounded number of requests."""

from __future__ import annotations

import random
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from .peers import BARE, FALCON, OURS, write_routes
from .servers import Worker, kinds, serve
from .timing import table

# Functions that make the application.
APPS = {
    OURS: "routehandlers:create_app",
    FALCON: "benchmarks.peers:falcon_app",
    BARE: "benchmarks.peers:bare_app",
}


class Case(NamedTuple):
    """What is asked, in one round."""

    app: str
    path: str = "items"
    connections: int = 4
    requests: int = 150
    keep: bool = True


# As behind a proxy that keeps no connections, which is nginx without "keepalive".
NEW = f"{OURS}, each request on a new connection"
# As with a query to a database. Each round has as many connections as the servers have threads.
WAITS = f"{OURS}, a handler that waits 20 ms"
CASES = {
    OURS: Case(OURS),
    FALCON: Case(FALCON),
    BARE: Case(BARE),
    NEW: Case(OURS, keep=False),
    WAITS: Case(OURS, "slow", connections=8, requests=3),
}
ROUNDS = 15

_SLOW = """import time
from routehandlers import Response

def GET(request, context):
    time.sleep(0.02)
    return Response.json({'slug': context.params['slug']})
"""

# By server and case.
Results = dict[str, dict[str, dict[str, float]]]


class _Connection:
    """A connection that is kept alive, if both sides do so."""

    def __init__(self, port: int, keep: bool) -> None:
        self._port = port
        self._keep = keep
        self._socket: socket.socket | None = None

    def ask(self, path: str, number: int) -> None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(b"GET /%s/slug-%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % (path.encode(), number))

    def read(self, number: int) -> None:
        assert self._socket is not None
        answer = self._socket.recv(65_536)
        while b"}" not in answer:
            more = self._socket.recv(65_536)
            assert more, answer
            answer += more
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
        assert b'{"slug":"slug-%d"}' % number in answer, answer
        if not self._keep or b"Connection: close" in answer:
            self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _round(worker: Worker, case: Case, numbers: Iterator[int]) -> float:
    """Seconds a request, with several connections at once.

    One thread asks on all connections and then reads from all: a client with
    threads of its own would be slower than the fastest of the servers.
    """
    connections = [_Connection(worker.port, case.keep) for _ in range(case.connections)]
    started = time.perf_counter()
    for _ in range(case.requests):
        asked = [(connection, next(numbers)) for connection in connections]
        for connection, number in asked:
            connection.ask(case.path, number)
        for connection, number in asked:
            connection.read(number)
    taken = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return taken / (case.connections * case.requests)


def measure(rounds: int = ROUNDS) -> Results:
    """Microseconds a request: by the clock, and of the worker's processor time."""
    servers = kinds()
    order = [(kind, name) for kind in servers for name in CASES]
    numbers = iter(range(100_000, 10**9))  # no slug comes twice
    times: dict[tuple[str, str], list[float]] = {each: [] for each in order}
    used = dict.fromkeys(order, 0.0)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        slow = write_routes(folder) / "slow" / "[slug]" / "route.py"
        slow.parent.mkdir(parents=True)
        slow.write_text(_SLOW)
        workers = {
            (kind, app): stack.enter_context(serve(kind, factory, folder))
            for kind in servers
            for app, factory in APPS.items()
        }
        for turn in range(-1, rounds):
            random.shuffle(order)
            for kind, name in order:
                case = CASES[name]
                worker = workers[kind, case.app]
                before = worker.processor_seconds()
                seconds = _round(worker, case, numbers)
                if turn >= 0:  # the first is not counted
                    times[kind, name].append(seconds)
                    used[kind, name] += worker.processor_seconds() - before

    def figures(kind: str, name: str) -> dict[str, float]:
        requests = rounds * CASES[name].connections * CASES[name].requests
        return {
            "clock": statistics.median(times[kind, name]) * 1e6,
            "processor": used[kind, name] / requests * 1e6,
        }

    return {kind: {name: figures(kind, name) for name in CASES} for kind in servers}


def show(results: Results) -> str:
    """Two tables. Each ratio is to the bare function under the same server."""

    def rate(row: dict[str, dict[str, float]], name: str) -> str:
        a_second = 1e6 / row[name]["clock"]
        if name == WAITS:
            return f"{a_second:.0f}"
        return f"{round(a_second, -2):,.0f} ({row[BARE]['clock'] / row[name]['clock']:.2f})"

    def processor(row: dict[str, dict[str, float]], name: str) -> str:
        return f"{row[name]['processor']:.0f} µs ({row[name]['processor'] / row[BARE]['processor']:.2f})"

    timed = [name for name in CASES if name != WAITS]
    rates = {kind: [rate(row, name) for name in CASES] for kind, row in results.items()}
    processors = {kind: [processor(row, name) for name in timed] for kind, row in results.items()}
    return "\n\n".join(
        [
            table("Requests a second, one process (ratio)", list(CASES), rates),
            table("Processor time of the worker for a request (ratio)", timed, processors),
        ]
    )


def bounds(results: Results) -> list[tuple[str, float, float]]:
    return []  # mostly the servers are measured, so a bound would say little
