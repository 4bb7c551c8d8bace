"""``routehandlers dev``, started as a user starts it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from servers import Answer, Server, free_port, run

COMMAND = [sys.executable, "-m", "routehandlers._cli.main"]

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

# It tells processes apart.
START = "import time\nSTART = str(time.time_ns())\ndef GET(): return START\n"


@contextmanager
def dev(folder: Path, *words: str, **env: str) -> Iterator[Server]:
    port = free_port()
    with run([*COMMAND, "dev", "--port", str(port), *words], port, cwd=folder, env=env) as server:
        yield server


def until(server: Server, target: str, is_it: Callable[[int, str], bool], headers: dict[str, str] | None = None) -> str:
    deadline = time.monotonic() + 30
    seen = ""
    while time.monotonic() < deadline:
        try:
            answer = server.request("GET", target, headers=headers)
            seen = answer.body.decode(errors="replace")
            if is_it(answer.status, seen):
                return seen
        except (OSError, HTTPException):
            pass  # a process that ends breaks off what it cannot answer
        time.sleep(0.1)
    raise AssertionError(f"{target} never answered so; last: {seen}\n{server.logs()}")


def until_logged(server: Server, text: str) -> None:
    deadline = time.monotonic() + 30
    while text not in server.logs():
        assert time.monotonic() < deadline, server.logs()
        time.sleep(0.05)


def is_body(text: str) -> Callable[[int, str], bool]:
    return lambda _status, body: body == text


def reloads(server: Server) -> list[str]:
    return [line for line in server.logs().splitlines() if line.endswith("changed, reloading")]


def files_in(trace: str) -> list[str]:
    return [line.split('"')[1] for line in trace.splitlines() if line.strip().startswith("File ")]


def ask(server: Server, host: str | None, target: str = "/a", accept: str = "application/json") -> Answer:
    lines = [f"GET {target} HTTP/1.0", *([f"Host: {host}"] if host is not None else []), f"Accept: {accept}"]
    head, _, body = server.raw(("\r\n".join(lines) + "\r\n\r\n").encode()).partition(b"\r\n\r\n")
    return Answer(int(head.split()[1]), "", [], body)
