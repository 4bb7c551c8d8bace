"""Servers on a free port, for as long as a block runs, and what their worker used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Worker(NamedTuple):
    """The one worker of a server. Its figures are Linux's; elsewhere they are nothing."""

    port: int
    pid: int

    def processor_seconds(self) -> float:
        """What it has computed since it began, in steps of a tick (10 ms)."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self, line: str = "VmRSS") -> float:
        """Mebibytes in memory now, or with ``VmHWM`` the most that there ever were."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return float("nan")
        return int(status.partition(f"{line}:")[2].split()[0]) / 1024


def kinds() -> dict[str, list[str]]:
    """The servers that are installed, by the name of their row: each with one process.

    The command lacks its address and its application, which differ.
    """
    gunicorn = [sys.executable, "-m", "gunicorn", "--log-level", "error", "--workers", "1"]
    found = {
        "gunicorn sync": [*gunicorn, "-k", "sync"],
        "gunicorn gthread, 8 threads": [*gunicorn, "-k", "gthread", "--threads", "8"],
    }
    if find_spec("gevent"):
        found["gunicorn gevent"] = [*gunicorn, "-k", "gevent"]
    if find_spec("gunicorn_h1c"):  # the parser of gunicorn[fast], which gunicorn takes wherever it is installed
        fast = {f"{name}, gunicorn_h1c": [*words, "--http-parser", "fast"] for name, words in found.items()}
        found = {name: [*words, "--http-parser", "python"] for name, words in found.items()} | fast
    if find_spec("granian"):
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--log-level", "error"]
        found["Granian, 1 thread"] = [*granian, "--blocking-threads", "1"]
        found["Granian, 8 threads"] = [*granian, "--blocking-threads", "8"]
    if find_spec("waitress"):
        found["waitress, 8 threads"] = [sys.executable, "-m", "waitress", "--threads", "8"]
    return found


@contextmanager
def serve(kind: str, factory: str, folder: Path) -> Iterator[Worker]:
    """Serve an application with one of the servers.

    :param factory: ``module:function``, which makes the application.
    """
    port = _free_port()
    command = kinds()[kind]
    if "gunicorn" in command:
        command += ["--bind", f"127.0.0.1:{port}", f"{factory}()"]
    elif "granian" in command:
        command += ["--host", "127.0.0.1", "--port", str(port), "--factory", factory]
    else:
        command += ["--listen", f"127.0.0.1:{port}", "--call", factory]
    with _run(command, port, folder) as worker:
        yield worker


@contextmanager
def gunicorn(app: str, folder: Path, workers: int = 1) -> Iterator[Worker]:
    """Serve an application with four threads in each worker.

    :param folder: Where it lies. This package can be imported from there too.
    :param workers: How many. The figures are those of the first one.
    """
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "4"]
    with _run([*command, "--workers", str(workers), "--log-level", "error", app], port, folder) as worker:
        yield worker


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _run(command: list[str], port: int, folder: Path) -> Iterator[Worker]:
    root = str(Path(__file__).parents[1])
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))},
    )
    try:
        yield Worker(port, _worker_of(process, port, forks="waitress" not in command))
    finally:
        process.terminate()
        process.wait(20)


def _worker_of(process: subprocess.Popen[bytes], port: int, *, forks: bool = True) -> int:
    """The id of the worker, once connections are taken.

    :param forks: Whether the worker is a child of the process.
    """
    for _ in range(200):
        if process.poll() is not None:
            break
        time.sleep(0.05)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
        )
        if (children.stdout.strip() or not forks) and _listens(port):
            return int(children.stdout.split()[0]) if forks else process.pid
    raise RuntimeError(f"The server did not answer on port {port}.")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
