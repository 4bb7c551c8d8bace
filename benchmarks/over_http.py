"""Over HTTP: gunicorn, kept-alive connections, a bounded number of requests."""

from __future__ import annotations

import random
import socket
import statistics
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from .peers import BARE, FALCON, OURS, write_routes
from .servers import Worker, gunicorn
from .timing import run_together, table

APPS = {
    OURS: "routehandlers:create_app()",
    FALCON: "benchmarks.peers:falcon_app()",
    "Flask": "benchmarks.peers:flask_app()",
    BARE: "benchmarks.peers:bare_app()",
}
CONNECTIONS, REQUESTS, ROUNDS = 4, 150, 15


def _ask(port: int, first: int) -> None:
    """Send requests, one after the other, on a connection that is kept alive."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(first, first + REQUESTS):
            connection.sendall(b"GET /items/slug-%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
            answer = connection.recv(65_536)
            while b"}" not in answer:
                more = connection.recv(65_536)
                assert more, answer
                answer += more
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer
            assert b'{"slug":"slug-%d"}' % number in answer, answer


def _round(worker: Worker, turn: int) -> float:
    """Seconds a request, with several connections at once."""
    places = [(turn * CONNECTIONS + place) * REQUESTS for place in range(CONNECTIONS)]
    threads = [threading.Thread(target=_ask, args=(worker.port, first)) for first in places]
    return run_together(threads) / (CONNECTIONS * REQUESTS)


def measure() -> dict[str, dict[str, float]]:
    """Microseconds a request: by the clock, and of the worker's processor time."""
    order = list(APPS)
    times: dict[str, list[float]] = {name: [] for name in order}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_routes(folder)
        workers = {name: stack.enter_context(gunicorn(app, folder)) for name, app in APPS.items()}
        for worker in workers.values():
            _round(worker, ROUNDS)  # not counted
        before = {name: worker.processor_seconds() for name, worker in workers.items()}
        for turn in range(ROUNDS):
            random.shuffle(order)
            for name in order:
                times[name].append(_round(workers[name], turn))
        used = {name: worker.processor_seconds() - before[name] for name, worker in workers.items()}
    total = ROUNDS * CONNECTIONS * REQUESTS
    return {
        name: {"clock": statistics.median(times[name]) * 1e6, "processor": used[name] / total * 1e6} for name in APPS
    }


def show(results: dict[str, dict[str, float]]) -> str:
    def cell(name: str, kind: str) -> str:
        return f"{results[name][kind]:.0f} µs ({results[name][kind] / results[BARE][kind]:.2f})"

    rows = {name: [cell(name, "clock"), cell(name, "processor")] for name in results}
    title = f"GET /items/&lt;slug&gt;, gunicorn, {CONNECTIONS} connections (ratio to the bare function)"
    return table(title, ["a request", "of the worker's processor time"], rows)


def bounds(results: dict[str, dict[str, float]]) -> list[tuple[str, float, float]]:
    return []  # mostly gunicorn is measured, so a bound would say little
