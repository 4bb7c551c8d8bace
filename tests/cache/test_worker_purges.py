"""The default storage under real servers: a purge in one worker is in effect in every other when it returns."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers import Server, free_port, run, serve, write_app

pytestmark = pytest.mark.once

WORKERS = 4

# The body is a render of the worker that answers, because entries are not shared.
FILES = {
    "value/route.py": """
        import os
        from pathlib import Path
        from routehandlers.cache import cache_tag
        revalidate = 3600
        def GET():
            cache_tag("value")
            return f"{Path('value').read_text()} {os.getpid()}"
    """,
    "purge/route.py": """
        import os
        from routehandlers.cache import revalidate_path, revalidate_tag
        def POST(request):
            revalidate_tag("value") if request.args["by"] == "tag" else revalidate_path("/value")
            return str(os.getpid())
    """,
    "pid/route.py": "import os\ndef GET(): return str(os.getpid())\n",
}


@contextmanager
def served(folder: Path, worker: str = "gthread", *options: str, command: str = "gunicorn") -> Iterator[Server]:
    if not (folder / "app").exists():
        write_app(folder, FILES)
        (folder / "value").write_text("0")
        (folder / "tmp").mkdir(mode=0o700)
    env = {"TMPDIR": str(folder / "tmp")}
    if command == "gunicorn":
        count = ("--workers", str(WORKERS), *options)
        with serve("routehandlers:create_app()", worker=worker, options=count, cwd=folder, env=env) as server:
            yield server
        return
    port = free_port()
    start = [sys.executable, "-m", "routehandlers._cli.main", "start", "app", "--bind", f"127.0.0.1:{port}"]
    with run([*start, "--workers", str(WORKERS)], port, cwd=folder, env=env) as server:
        yield server


def eventually(condition: Callable[[], Any], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def ask(server: Server, worker: int, workers: list[int], method: str, target: str) -> str:
    """Send a request to one worker: the others are stopped meanwhile, so that they accept no connection."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        body = server.request(method, target, body="" if method == "POST" else None).body.decode()
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)
    assert body.split()[-1] == str(worker)
    return body


def ready_workers(server: Server) -> list[int]:
    """Return the workers once all of them have loaded the application."""

    def answered() -> bool:
        pids.update([int(server.request("GET", "/pid").body)])
        return len(server.worker_pids()) == WORKERS and bool(pids)

    pids: set[int] = set()
    assert eventually(answered)
    workers = server.worker_pids()
    # A worker that is still loading is asked until it accepts.
    assert all(ask(server, pid, workers, "GET", "/pid") == str(pid) for pid in workers)
    return workers


def old_reads(folder: Path, server: Server, workers: list[int], turns: int = WORKERS) -> int:
    """Purge in one worker after the other, ask all workers each time, and count the reads of an older value."""
    old = 0
    for turn in range(turns):
        before = [ask(server, pid, workers, "GET", "/value") for pid in workers]
        assert [ask(server, pid, workers, "GET", "/value") for pid in workers] == before  # they are stored
        value = str(time.monotonic_ns())
        (folder / "value").write_text(value)
        by = "tag" if turn % 2 else "path"
        ask(server, workers[turn % len(workers)], workers, "POST", f"/purge?by={by}")
        old += sum(not ask(server, pid, workers, "GET", "/value").startswith(value) for pid in workers)
    return old


def folders(folder: Path) -> list[Path]:
    return list((folder / "tmp").glob("routehandlers-*/*"))


SERVERS = [(worker, options) for worker in ("sync", "gthread", "gevent") for options in ((), ("--preload",))]


@pytest.mark.parametrize(("worker", "options"), SERVERS, ids=lambda value: value if isinstance(value, str) else "".join(value) or "-")  # fmt: skip
def test_no_worker_serves_what_another_has_purged(tmp_path: Path, worker: str, options: tuple[str, ...]) -> None:
    with served(tmp_path, worker, *options) as server:
        workers = ready_workers(server)

        assert old_reads(tmp_path, server, workers) == 0
        assert len(folders(tmp_path)) == 1
        assert "this process only" not in server.logs()
    assert folders(tmp_path) == []


def test_the_command_start_does_the_same(tmp_path: Path) -> None:
    with served(tmp_path, command="start") as server:
        assert old_reads(tmp_path, server, ready_workers(server)) == 0
    assert folders(tmp_path) == []


def test_killed_and_reloaded_workers_change_nothing_and_the_next_server_cleans_up(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        workers = ready_workers(server)
        old_reads(tmp_path, server, workers, 1)
        os.kill(workers[0], signal.SIGKILL)
        assert eventually(lambda: workers[0] not in server.worker_pids())
        workers = ready_workers(server)
        assert old_reads(tmp_path, server, workers, 2) == 0

        server.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: not set(workers) & set(server.worker_pids()))
        assert old_reads(tmp_path, server, ready_workers(server), 2) == 0

        left = folders(tmp_path)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert folders(tmp_path) == left != []

    with served(tmp_path) as server:
        server.request("GET", "/value")
        assert len(folders(tmp_path)) == 1
        assert folders(tmp_path) != left
    assert folders(tmp_path) == []
