"""gunicorn on a free port, for as long as a block runs, and what its worker used."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def gunicorn(app: str, folder: Path, workers: int = 1) -> Iterator[Worker]:
    """Serve an application with four threads in each worker.

    :param folder: Where it lies. This package can be imported from there too.
    :param workers: How many. The figures are those of the first one.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "4"]
    command += ["--workers", str(workers)]
    process = subprocess.Popen(
        [*command, "--log-level", "error", app],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))},
    )
    try:
        yield Worker(port, _worker_of(process, port))
    finally:
        process.terminate()
        process.wait(20)


def _worker_of(process: subprocess.Popen[bytes], port: int) -> int:
    """The id of the worker, once connections are taken."""
    for _ in range(200):
        if process.poll() is not None:
            break
        time.sleep(0.05)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
        )
        if children.stdout.strip() and _listens(port):
            return int(children.stdout.split()[0])
    raise RuntimeError(f"gunicorn did not answer on port {port}.")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
