"""The shop of the guide to deployment, served: as on a laptop, by the commands of its unit, and under load."""

from __future__ import annotations

import configparser
import http.client
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers import Server, free_port, run

from docs.deployment import FILES

UNIT, ENVIRONMENT = "/etc/systemd/system/shop.service", "/etc/shop.env"


@dataclass
class Site:
    """The project, and what its Dockerfile has built from it."""

    project: Path
    image: Path
    places: dict[str, str]

    @property
    def path(self) -> str:
        return f"{self.image}/venv/bin{os.pathsep}{os.environ['PATH']}"

    def here(self, text: str) -> str:
        """Replace the places on a server by places of the test."""
        for place, own in self.places.items():
            text = text.replace(place, own)
        return text

    def environment(self) -> dict[str, str]:
        """The variables of the environment file, as systemd and Docker read them."""
        lines = (line.partition("=") for line in self.here(FILES[ENVIRONMENT]).splitlines())
        return {name: value for name, _, value in lines}

    @contextmanager
    def serve(self, command: str, *, cwd: Path | None = None, **env: str) -> Iterator[Server]:
        """Run a command of the page, with another port."""
        port = free_port()
        words = shlex.split(self.here(command).replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
        words += ["--port", str(port)] if words[1] == "dev" else []
        words[0] = shutil.which(words[0], path=self.path) or words[0]
        environ = {"PATH": self.path, "PORT": str(port), **env}
        with run(words, port, cwd=cwd or self.image, env=environ) as server:
            yield server


def wait_for(server: Server, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + 40
    while server.logs().count(text) < times:
        assert time.monotonic() < deadline, server.logs()
        time.sleep(0.05)


def wait_for_body(server: Server, path: str, body: bytes) -> None:
    deadline = time.monotonic() + 40
    while server.request("GET", path).body != body:
        assert time.monotonic() < deadline, server.logs()
        time.sleep(0.05)


class Unit(configparser.ConfigParser):
    def __init__(self, text: str) -> None:
        super().__init__(interpolation=None)
        self.read_string(text)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@contextmanager
def service(site: Site) -> Iterator[Server]:
    """Start the service as systemd does, and wait for its notification."""
    unit = Unit(FILES[UNIT])["Service"]
    assert unit["Type"] == "notify"
    name, _, value = site.here(unit["Environment"]).partition("=")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(f"\0shop-{os.getpid()}-{time.monotonic_ns()}")
        notified.settimeout(30)
        address = "@" + notified.getsockname()[1:].decode()
        environ = {**site.environment(), name: value, "NOTIFY_SOCKET": address, "WEB_CONCURRENCY": "2"}
        with site.serve(unit["ExecStart"], **environ) as server:
            assert notified.recv(1_000).startswith(b"READY=1")
            yield server


def get(server: Server, path: str) -> bytes:
    return server.request("GET", path).body


def reload(server: Server) -> None:
    """Run ``ExecReload`` of the unit."""
    command = Unit(FILES[UNIT])["Service"]["ExecReload"].replace("$MAINPID", str(server.process.pid))
    subprocess.run(command.split(), check=True)


@contextmanager
def load(server: Server, answers: Counter[str], clients: int = 4) -> Iterator[None]:
    """Keep requests in flight: each client sends its next one when it has read an answer, on a connection of its own."""
    ends = threading.Event()

    def client() -> None:
        while not ends.is_set():
            try:
                answer = server.request("GET", "/slow")
                answers[f"{answer.status} {answer.body.decode()}"] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[repr(error)] += 1

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends.set()
        for thread in threads:
            thread.join()
