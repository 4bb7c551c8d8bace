"""The requests of a run. As a script it makes them; ``Load`` starts such scripts and collects their records."""

from __future__ import annotations

import json
import queue
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = 8
PROCESSES = 2
THREADS = 4

# One operation in so many is a purge, and of these one in so many purges the whole route.
_PURGES = 14
_WIDE = 12

# Reads of the same datum at once after a purge.
_READS_AFTERWARDS = 2

_TIMEOUT = 40.0


def operations(seed: str, number: int) -> Iterator[tuple[str, str]]:
    """Give the method and path of each operation of one thread."""
    chance = random.Random(seed)
    while number > 0:
        datum = chance.randrange(DATA)
        if chance.randrange(_PURGES):
            yield "GET", f"/{'values' if chance.randrange(5) == 0 else 'items'}/{datum}"
            number -= 1
            continue
        way = chance.choice(["tag", "path"] if chance.randrange(_WIDE) else ["pattern", "layout"])
        yield "POST", f"/purge/{way}/{datum}"
        for _ in range(min(_READS_AFTERWARDS, number - 1)):
            yield "GET", f"/items/{datum}"
        number -= 1 + _READS_AFTERWARDS


def ask(port: int, method: str, path: str) -> dict[str, Any]:
    """Make one request, on a connection of its own so that any worker may answer."""
    try:
        with socket.create_connection(("127.0.0.1", port), _TIMEOUT) as connection:
            length = "Content-Length: 0\r\n" if method == "POST" else ""
            connection.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}Connection: close\r\n\r\n".encode()
            )
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        if status.split(" ")[1:2] != ["200"]:
            return {"failure": f"{method} {path}: {status or 'no response'}"}
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return {"method": method, "path": path, **json.loads(body), **_of(headers)}
    except (OSError, ValueError) as error:
        return {"failure": f"{method} {path}: {error!r}"}


def _of(headers: dict[str, str]) -> dict[str, Any]:
    cache = headers.get("cache-status", "")
    return {"began": int(headers["x-began"]), "worker": int(headers["x-worker"]), "cache": cache}


def main(port: int, seed: str, number: int) -> None:
    def work(thread: int) -> None:
        for method, path in operations(f"{seed}-{thread}", number // THREADS):
            line = json.dumps({**ask(port, method, path), "padding": ""}) + "\n"
            sys.stdout.write(line)
            sys.stdout.flush()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Load:
    """Processes that make requests."""

    def __init__(self, port: int, seed: int, number: int) -> None:
        self._records: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._processes = [
            subprocess.Popen(
                [sys.executable, str(Path(__file__)), str(port), f"{seed}-{process}", str(number // PROCESSES)],
                stdout=subprocess.PIPE,
            )
            for process in range(PROCESSES)
        ]
        self._readers = [threading.Thread(target=self._collect, args=(each,)) for each in self._processes]
        for reader in self._readers:
            reader.start()
        self._running = PROCESSES

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._records.put(json.loads(line))
        self._records.put(None)

    def records(self, number: float, seconds: float) -> Iterator[dict[str, Any]]:
        """Give so many records, or those until a time is over or the last request has been made."""
        end = time.monotonic() + seconds
        while number > 0 and self._running:
            try:
                record = self._records.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return
            if record is None:
                self._running -= 1
            else:
                number -= 1
                yield record

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join()
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
