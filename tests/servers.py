"""Real servers for tests: a subprocess on a free port of 127.0.0.1, and a client that sends bytes as they are."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

_START = 30.0
_STOP = 10.0


@dataclass
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def logs(self) -> str:
        """What the server has printed so far."""
        return self._log.read_text(errors="replace")

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def raw(self, message: bytes, timeout: float = 10) -> bytes:
        """Send bytes, and give all that comes until the server closes."""
        with self.connect(timeout) as connection:
            connection.sendall(message)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def request(
        self,
        method: str,
        target: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | str | None = None,
        timeout: float = 20,
    ) -> Answer:
        """One request whose target goes out as it stands."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            client.putrequest(method, "/", skip_accept_encoding=True)
            client._buffer[0] = f"{method} {target} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
            data = body.encode() if isinstance(body, str) else body
            fields = dict(headers or {})
            if data is not None:
                fields.setdefault("Content-Length", str(len(data)))
            for name, value in fields.items():
                client.putheader(name, value)
            client.endheaders(data)
            response = client.getresponse()
            return Answer(response.status, response.reason, response.getheaders(), response.read())
        finally:
            client.close()

    def worker_pids(self) -> list[int]:
        """The processes that the server started."""
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, check=False)
        return [int(pid) for pid in out.stdout.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run(
    command: list[str], port: int, *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """Start a command, wait until it accepts connections, and end it by its id."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            )
        server = Server(process, port, log)
        try:
            _wait(server)
            yield server
        finally:
            _end(process)


def _wait(server: Server) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError(f"The server ended with {server.process.returncode}:\n{server.logs()}")
        try:
            server.connect(1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server did not start:\n{server.logs()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server in its own way, and then whatever it left in the process group that was made for it."""
    try:
        process.terminate()
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_STOP)


def gunicorn_command(port: int, app: str, worker: str = "gthread", *options: str) -> list[str]:
    threads = ["--threads", "8"] if worker == "gthread" else []
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        worker,
        *threads,
        "--worker-tmp-dir",
        "/tmp",
        "--graceful-timeout",
        "2",
        *options,
        app,
    ]


@contextmanager
def serve(
    app: str,
    *,
    server: str = "gunicorn",
    worker: str = "gthread",
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[Server]:
    """Serve ``module:callable``, or ``routehandlers:create_app('…')``, with a real server.

    :param server: ``gunicorn``, ``waitress`` or ``werkzeug``.
    :param worker: gunicorn's worker class.
    """
    port = free_port()
    module, _, name = app.partition(":")
    expression = f"import {module} as m; app = m.{name}"
    commands = {
        "gunicorn": gunicorn_command(port, app, worker, *options),
        "waitress": [
            sys.executable,
            "-c",
            f"{expression}; import waitress; waitress.serve(app, host='127.0.0.1', port={port}, threads=8)",
        ],
        "werkzeug": [
            sys.executable,
            "-c",
            f"{expression}; from werkzeug.serving import run_simple; run_simple('127.0.0.1', {port}, app, threaded=True)",
        ],
    }
    with run(commands[server], port, cwd=cwd, env=env) as started:
        yield started


def write_app(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write an ``app`` folder from paths and sources, or bytes, and give it."""
    from textwrap import dedent

    app = folder / "app"
    app.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        file = app / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
    return app


def ask(app: Any, environ: dict[str, Any], **builder: Any) -> tuple[int, dict[str, str], bytes]:
    """Call a WSGI application with an environment that no client would make."""
    built = EnvironBuilder(**builder)
    try:
        body, status, headers = run_wsgi_app(app, {**built.get_environ(), **environ}, buffered=True)
    finally:
        built.close()
    return int(status[:3]), dict(headers), b"".join(body)


def open_files(folder: Path) -> list[str]:
    """Return what this process has open below a folder. Other files are opened and closed meanwhile."""
    found = []
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):
            found.append(str(descriptor.readlink()))
    return [file for file in found if file.startswith(str(folder))]
