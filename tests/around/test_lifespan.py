"""``register()`` as a generator: the code after its ``yield`` runs when the process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from servers import serve, write_app

FILE = """
CALLS = []
def register():
    CALLS.append("begun")
    try:
        yield
        CALLS.append("ended")
    finally:
        CALLS.append("closed")
"""
ROUTE = "from .instrumentation import CALLS\ndef GET(): return list(CALLS)\n"
NOTED = {
    "instrumentation.py": """
import os
def note(what):
    with open(os.environ["NOTES"], "a") as file: file.write(f"{what} {os.getpid()}\\n")
def register():
    note("begun")
    yield
    note("ended")
""",
    "route.py": "import os, time\ndef GET(request):\n    if 'sleep' in request.args: time.sleep(60)\n    return str(os.getpid())\n",
}


def test_close_runs_the_code_after_the_yield_once(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"instrumentation.py": FILE, "route.py": ROUTE})

    with closing(app):
        assert client_for(app).get("/").json == ["begun"]
    app.close()

    assert app.load("/").CALLS == ["begun", "ended", "closed"]
    assert client_for(app).get("/").json == ["begun", "ended", "closed", "begun"]
    app.close()


def test_without_a_request_there_is_nothing_to_close(make_app: MakeApp) -> None:
    app = make_app({"instrumentation.py": FILE, "route.py": ROUTE})

    app.close()

    assert app.load("/").CALLS == []


@pytest.mark.parametrize("code", ["return", "if False: yield"])
def test_a_register_that_does_not_yield_has_nothing_to_end(make_app: MakeApp, client_for: ClientFor, code: str) -> None:
    app = make_app({"instrumentation.py": f"def register():\n    {code}\n", "route.py": "def GET(): return 'x'"})

    assert client_for(app).get("/").text == "x"
    app.close()


def test_close_raises_what_the_code_raises_and_a_second_yield_is_a_mistake(make_app: MakeApp) -> None:
    for code, kind in (("yield; 1 / 0", ZeroDivisionError), ("yield; yield", RuntimeError)):
        app = make_app({"instrumentation.py": f"def register():\n    {code}\n", "route.py": "def GET(): return 'x'"})
        app.test_client().get("/")
        with pytest.raises(kind):
            app.close()


def test_while_the_code_before_the_yield_fails_requests_fail(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app(
        {
            "instrumentation.py": "CALLS = []\ndef register():\n    CALLS.append(1)\n    if len(CALLS) < 2: raise OSError\n    yield\n",
            "route.py": ROUTE,
        }
    )

    assert [client_for(app).get("/").status_code for _ in range(2)] == [500, 200]
    app.close()


def test_in_flask_the_process_ends_it(tmp_path: Path) -> None:
    write_app(tmp_path, NOTED)
    program = f"import flask\nfrom routehandlers.flask import RouteHandlersBlueprint\napp = flask.Flask('x')\napp.register_blueprint(RouteHandlersBlueprint('r', {str(tmp_path / 'app')!r}))\nprint(app.test_client().get('/').text)\n"

    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "NOTES": str(tmp_path / "n")},
    )

    assert notes(tmp_path) == [f"begun {ran.stdout.strip()}", f"ended {ran.stdout.strip()}"], ran.stderr


def notes(folder: Path) -> list[str]:
    file = folder / "n"
    return file.read_text().split("\n")[:-1] if file.exists() else []


def wait_for(check: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 40
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.once
@pytest.mark.parametrize("worker", ["sync", "gthread"])
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["each worker loads it", "preload"])
def test_each_worker_of_gunicorn_ends_what_it_began(tmp_path: Path, worker: str, options: tuple[str, ...]) -> None:
    write_app(tmp_path, NOTED)
    with serve(
        "routehandlers:create_app()", cwd=tmp_path, worker=worker, options=("--workers", "2", *options),
        env={"NOTES": str(tmp_path / "n")},
    ) as server:  # fmt: skip
        wait_for(lambda: server.request("GET", "/") and len(notes(tmp_path)) == 2)
        assert [line.split()[0] for line in notes(tmp_path)] == ["begun"] * 2

    begun, ended = (
        {line.split()[1] for line in notes(tmp_path) if line.startswith(what)} for what in ("begun", "ended")
    )
    assert len(begun) == 2
    assert begun == ended
    assert len(notes(tmp_path)) == 4


@pytest.mark.once
def test_a_worker_that_gunicorn_stops_for_its_timeout_ends_it_if_there_is_time(tmp_path: Path) -> None:
    write_app(tmp_path, NOTED)
    with serve(
        "routehandlers:create_app()", cwd=tmp_path, worker="sync", options=("--timeout", "1"),
        env={"NOTES": str(tmp_path / "n")},
    ) as server:  # fmt: skip
        # gunicorn kills it a second later, so that a slow machine may need several tries.
        for _ in range(5):
            server.raw(b"GET /?sleep=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_for(lambda: server.request("GET", "/"))
            if any(line.startswith("ended") for line in notes(tmp_path)):
                return
    raise AssertionError("no worker has ended it")


@pytest.mark.once
@pytest.mark.parametrize("server_name", ["gunicorn", "waitress", "granian"])
def test_start_ends_it_on_sigterm(tmp_path: Path, server_name: str) -> None:
    if server_name != "gunicorn":
        pytest.importorskip(server_name)
    write_app(tmp_path, NOTED)
    with start(tmp_path, "start", "--server", server_name) as server:
        pid = server.request("GET", "/").body.decode()
        assert notes(tmp_path) == [f"begun {pid}"]
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(40)

    assert notes(tmp_path) == [f"begun {pid}", f"ended {pid}"]


@pytest.mark.once
def test_a_reload_of_dev_ends_it(tmp_path: Path) -> None:
    write_app(tmp_path, NOTED)
    with start(tmp_path, "dev") as server:
        pid = server.request("GET", "/").body.decode()
        (tmp_path / "app" / "route.py").write_text(NOTED["route.py"] + "\n# changed\n")
        assert wait_for(lambda: f"ended {pid}" in notes(tmp_path))


def start(folder: Path, *words: str) -> Any:
    from servers import free_port, run

    port = free_port()
    command = [sys.executable, "-m", "routehandlers", *words]
    command += ["--port", str(port)] if words[0] == "dev" else ["--bind", f"127.0.0.1:{port}"]
    return run(command, port, cwd=folder, env={"NOTES": str(folder / "n"), "WEB_CONCURRENCY": "1"})


@pytest.mark.once
def test_build_ends_it(tmp_path: Path) -> None:
    write_app(tmp_path, NOTED)

    subprocess.run(
        [sys.executable, "-m", "routehandlers", "build"], cwd=tmp_path, check=True, capture_output=True,
        env={**os.environ, "NOTES": str(tmp_path / "n")},
    )  # fmt: skip

    assert [line.split()[0] for line in notes(tmp_path)] == ["begun", "ended"]


def test_a_forked_process_leaves_what_its_parent_began(make_app: MakeApp) -> None:
    app = make_app({"instrumentation.py": FILE, "route.py": ROUTE})
    assert app.test_client().get("/").json == ["begun"]
    reader, writer = os.pipe()

    child = os.fork()
    if not child:  # pragma: no cover  # in the child
        import gc

        gc.collect()
        os.write(writer, repr(app.test_client().get("/").json).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reader, 1000).decode() == repr(["begun", "begun"])
    os.close(reader)
    os.close(writer)
    app.close()
