"""The cache in memory over HTTP: gunicorn with two workers, which share their purges or do not."""

from __future__ import annotations

import itertools
import random
import socket
import statistics
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from .servers import gunicorn
from .timing import run_together, table

SHARED, ALONE = "purges shared", "purges not shared"
HITS, MISSES = "hits", "misses"

CONNECTIONS, REQUESTS, ROUNDS = 4, 150, 15

_ROUTE = """
revalidate = 3600

def GET(request, context):
    return "x" * 1024
"""

_ALONE = """
from routehandlers import RouteHandlers
from routehandlers.cache_handlers import MemoryCacheHandler

class Alone(MemoryCacheHandler):
    def share_purges(self, family):
        pass

app = RouteHandlers("app", cache=Alone())
"""


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Return the microseconds of a request, by what is asked and of which server."""
    kinds = [(kind, name) for kind in (HITS, MISSES) for name in (SHARED, ALONE)]
    times: dict[tuple[str, str], list[float]] = {kind: [] for kind in kinds}
    numbers = itertools.count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "app" / "items" / "[slug]" / "route.py"
        file.parent.mkdir(parents=True)
        file.write_text(_ROUTE)
        (folder / "alone.py").write_text(_ALONE)
        apps = {SHARED: "routehandlers:create_app()", ALONE: "alone:app"}
        ports = {name: stack.enter_context(gunicorn(app, folder, workers=2)).port for name, app in apps.items()}
        for turn in range(-1, rounds):  # the first one is not counted
            random.shuffle(kinds)
            for kind, name in kinds:
                took = _round(ports[name], kind, numbers)
                if turn >= 0:
                    times[kind, name].append(took)
    return {f"{kind}, {name}": statistics.median(took) * 1e6 for (kind, name), took in times.items()}


def _round(port: int, kind: str, numbers: itertools.count[int]) -> float:
    """Return the seconds of a request, with several connections at once."""
    threads = [threading.Thread(target=_ask, args=(port, kind, numbers)) for _ in range(CONNECTIONS)]
    return run_together(threads) / (CONNECTIONS * REQUESTS)


def _ask(port: int, kind: str, numbers: itertools.count[int]) -> None:
    """Send requests, one after the other, on a connection that is kept alive."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in range(REQUESTS):
            slug = turn % 20 if kind == HITS else f"new-{next(numbers)}"
            connection.sendall(f"GET /items/{slug} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            answer = b""
            while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 1024:
                more = connection.recv(65_536)
                assert more, answer
                answer += more
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer


def show(results: dict[str, float]) -> str:
    return table(
        "gunicorn with two workers", ["a request"], {name: [f"{value:.0f} µs"] for name, value in results.items()}
    )


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    """With purges shared, two workers answer at least 0.85 of the hits and 0.9 of the misses in the same time."""
    return [
        (f"{kind} of two workers, {SHARED} / {ALONE}", results[f"{kind}, {SHARED}"] / results[f"{kind}, {ALONE}"], most)
        for kind, most in ((HITS, 1.18), (MISSES, 1.11))
    ]
