"""Over HTTP: gunicorn, kept-alive connections, a bounded number of requests."""

from __future__ import annotations

import socket
import statistics
import time

from .servers import gunicorn
from .timing import table

APPS = {
    "routehandlers": "benchmarks.peers:routehandlers_app()",
    "Falcon": "benchmarks.peers:falcon_app()",
    "Flask": "benchmarks.peers:flask_app()",
    "bare WSGI function": "benchmarks.peers:bare_app()",
}
REQUESTS, ROUNDS = 500, 9


def _ask(port: int) -> float:
    """Seconds for one request on a connection that is kept alive."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = time.perf_counter()
        for number in range(REQUESTS):
            connection.sendall(b"GET /items/slug-%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
            answer = connection.recv(65_536)
            while b"}" not in answer:
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200")
        return (time.perf_counter() - started) / REQUESTS


def measure() -> dict[str, float]:
    """Microseconds a request."""
    times: dict[str, list[float]] = {name: [] for name in APPS}
    for turn in range(ROUNDS + 1):
        for name, app in APPS.items():
            with gunicorn(app) as (port, _):
                _ask(port)
                if turn:
                    times[name].append(_ask(port))
    return {name: statistics.median(measured) * 1e6 for name, measured in times.items()}


def show(results: dict[str, float]) -> str:
    rows = {name: [f"{time:.0f} µs ({time / results['bare WSGI function']:.2f})"] for name, time in results.items()}
    return table("gunicorn, one connection (ratio to the bare function)", ["GET /items/&lt;slug&gt;"], rows)


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    return []
