"""What a chunk costs, in process and over loopback, and that memory stays flat."""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder

from .servers import gunicorn
from .timing import table, take_turns

CHUNKS = 5_000

_ROUTE = """
CHUNK = b"x" * {size}
def GET():
    for _ in range({count}):
        yield CHUNK
"""

_BARE = """
CHUNK = b"x" * {size}
def stream():
    for _ in range({count}):
        yield CHUNK
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return stream()
"""


def _folder(size: int, count: int) -> Path:
    folder = Path(tempfile.mkdtemp())
    (folder / "app").mkdir()
    (folder / "app" / "route.py").write_text(_ROUTE.format(size=size, count=count))
    (folder / "bare.py").write_text(_BARE.format(size=size, count=count))
    return folder


def _bare(environ: Any, start_response: Any) -> Iterable[bytes]:
    chunk = b"x" * 100

    def stream() -> Iterable[bytes]:
        for _ in range(CHUNKS):
            yield chunk

    start_response("200 OK", [])
    return stream()


def _drain(port: int) -> tuple[float, int]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        size = 0
        while data := connection.recv(1 << 20):
            size += len(data)
        return time.perf_counter() - started, size


def measure() -> dict[str, float]:
    from routehandlers import RouteHandlers

    app = RouteHandlers(_folder(100, CHUNKS) / "app")
    environ = EnvironBuilder("/").get_environ()

    def run(application: Any) -> int:
        body = application(environ.copy(), lambda status, headers, exc_info=None: None)
        count = sum(1 for _ in body)
        body.close()
        return count

    chunk = take_turns({"routehandlers": lambda: run(app), "bare": lambda: run(_bare)})
    return {
        "chunk": chunk["routehandlers"], "bare chunk": chunk["bare"], **_over_loopback(), "memory": _memory(),
    }  # fmt: skip


def _over_loopback() -> dict[str, float]:
    folder = _folder(16 << 10, 4_000)
    times: dict[str, list[float]] = {"loopback": [], "bare loopback": []}
    with gunicorn("routehandlers:create_app()", folder) as (ours, _), gunicorn("bare:app", folder) as (bare, _):
        for turn in range(12):
            for name, port in (("loopback", ours), ("bare loopback", bare)):
                seconds, size = _drain(port)
                assert size > 4_000 * (16 << 10)
                if turn:
                    times[name].append(seconds)
    return {name: statistics.median(measured) * 1e3 for name, measured in times.items()}


def _memory() -> float:
    """Mebibytes that a worker grows by while it streams a gibibyte."""
    with gunicorn("routehandlers:create_app()", _folder(1 << 20, 1_024)) as (port, worker):
        resident = Path(f"/proc/{worker}/statm")
        before = int(resident.read_text().split()[1])
        _drain(port)
        return (int(resident.read_text().split()[1]) - before) * 4096 / 2**20


def show(results: dict[str, float]) -> str:
    rows = {
        "one chunk, in process": [f"{results['chunk']:.2f} µs", f"{results['bare chunk']:.2f} µs"],
        "62 MiB over loopback": [f"{results['loopback']:.0f} ms", f"{results['bare loopback']:.0f} ms"],
        "growth while a GiB is streamed": [f"{results['memory']:.1f} MiB", ""],
    }
    return table("streaming", ["routehandlers", "bare generator"], rows)


def bounds(results: dict[str, float]) -> list[tuple[str, float, float]]:
    return [
        ("µs a chunk over a bare generator", results["chunk"] - results["bare chunk"], 1.0),
        ("loopback / bare", results["loopback"] / results["bare loopback"], 1.1),
        ("MiB of growth over a GiB", results["memory"], 16),
    ]
