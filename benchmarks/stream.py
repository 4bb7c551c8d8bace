"""What a chunk costs, in process and over loopback, and that memory stays flat."""

from __future__ import annotations

import random
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from .servers import Worker, gunicorn
from .timing import Candidate, table, take_turns

CHUNKS, ROUNDS = 5_000, 15
GIBIBYTE = 1 << 30

# Each chunk is made anew, so that one that were kept would be seen.
_ROUTE = """
def GET():
    for number in range({count}):
        yield b"%{size}d" % number
"""

_BARE = """
def stream():
    for number in range({count}):
        yield b"%{size}d" % number

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return stream()
"""


def _write(folder: Path, size: int, count: int) -> Path:
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "route.py").write_text(_ROUTE.format(size=size, count=count))
    (folder / "bare.py").write_text(_BARE.format(size=size, count=count))
    return folder


def _bare(environ: Any, start_response: Any) -> Iterable[bytes]:
    def stream() -> Iterator[bytes]:
        for number in range(CHUNKS):
            yield b"%100d" % number

    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return stream()


def _candidate(application: Any) -> Candidate:
    environ = EnvironBuilder("/").get_environ()

    def prepare(turn: int) -> Callable[[], int]:
        def run() -> int:
            body = application(environ.copy(), lambda status, headers, exc_info=None: None)
            count = sum(1 for _ in body)
            body.close()
            assert count == CHUNKS
            return count

        return run

    return prepare


def _drain(worker: Worker) -> tuple[float, int]:
    with socket.create_connection(("127.0.0.1", worker.port)) as connection:
        started = time.perf_counter()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        buffer, size = bytearray(1 << 20), 0
        while received := connection.recv_into(buffer):
            size += received
        return time.perf_counter() - started, size


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        return {**_in_process(Path(folder)), **_over_loopback(Path(folder)), **_memory(Path(folder))}


def _in_process(folder: Path) -> dict[str, float]:
    """Microseconds a chunk."""
    from routehandlers import RouteHandlers

    app = RouteHandlers(_write(folder / "process", 100, CHUNKS) / "app")
    return take_turns({"chunk": _candidate(app), "bare chunk": _candidate(_bare)})


def _over_loopback(folder: Path) -> dict[str, float]:
    """Milliseconds a stream."""
    _write(folder / "loopback", 16 << 10, 4_000)
    with (
        gunicorn("routehandlers:create_app()", folder / "loopback") as ours,
        gunicorn("bare:app", folder / "loopback") as bare,
    ):
        workers = {"loopback": ours, "bare loopback": bare}
        order = list(workers)
        times: dict[str, list[float]] = {name: [] for name in order}
        for turn in range(ROUNDS + 1):
            random.shuffle(order)
            for name in order:
                seconds, size = _drain(workers[name])
                assert size > 4_000 * (16 << 10)
                if turn:
                    times[name].append(seconds)
    return {name: statistics.median(measured) * 1e3 for name, measured in times.items()}


def _memory(folder: Path) -> dict[str, float]:
    """Mebibytes that a worker grew by, at the most, while it streamed a gibibyte, over what a short stream took."""
    _write(folder / "short", 1 << 20, 4)
    _write(folder / "long", 1 << 20, GIBIBYTE >> 20)
    peaks = {}
    for name in ("short", "long"):
        with gunicorn("routehandlers:create_app()", folder / name) as worker:
            _, size = _drain(worker)
            assert name == "short" or size > GIBIBYTE
            peaks[name] = worker.resident("VmHWM")
    return {"memory": peaks["long"] - peaks["short"], "peak": peaks["long"]}


def show(results: dict[str, float]) -> str:
    rows = {
        "one chunk, in process": [f"{results['chunk']:.2f} µs", f"{results['bare chunk']:.2f} µs"],
        "62 MiB over loopback": [f"{results['loopback']:.0f} ms", f"{results['bare loopback']:.0f} ms"],
        "the worker's peak over a GiB": [f"{results['peak']:.1f} MiB", ""],
        "of that, more than over 4 MiB": [f"{results['memory']:.1f} MiB", ""],
    }
    return table("streaming", ["routehandlers", "bare generator"], rows)


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    return [
        ("µs a chunk over a bare generator", results["chunk"] - results["bare chunk"], 1.0),
        ("loopback / bare", results["loopback"] / results["bare loopback"], 1.1),
        ("MiB more for a GiB than for 4 MiB", results["memory"], 4),
    ]
