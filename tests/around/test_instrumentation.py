"""``instrumentation.py``, and what is left for those around the application."""

from __future__ import annotations

import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ClientFor, MakeApp
from freezegun import freeze_time
from servers import serve, write_app
from werkzeug.test import EnvironBuilder

FILE = """
CALLS = []
def register(): CALLS.append("register")
def on_request_error(error, request, context):
    CALLS.append((repr(error), request.method, request.path, request.headers.get("X-A"), context.route_path, context.route_type, context.revalidate_reason))
"""


def calls_of(app: Any) -> list[Any]:
    package = app.load(app.routes[0].pattern).__name__.partition(".")[0]
    calls: list[Any] = sys.modules[f"{package}.instrumentation"].CALLS
    return calls


def test_register_is_called_once_before_the_first_request(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"instrumentation.py": FILE, "route.py": "def GET(): return 'x'"})

    assert calls_of(app) == []
    for _ in range(3):
        client_for(app).get("/")
    assert calls_of(app) == ["register"]


def test_simultaneous_first_requests_wait_for_it(make_app: MakeApp) -> None:
    app = make_app(
        {
            "instrumentation.py": "import time\nCALLS = []\ndef register():\n    time.sleep(0.05)\n    CALLS.append('register')\n",
            "route.py": "from .instrumentation import CALLS\ndef GET(): return list(CALLS)",
        }
    )
    seen: list[Any] = []
    threads = [threading.Thread(target=lambda: seen.append(app.test_client().get("/").json)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [["register"]] * 8


def test_while_it_fails_requests_fail_and_then_they_do_not(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        {
            "instrumentation.py": "CALLS = []\ndef register():\n    CALLS.append(1)\n    if len(CALLS) < 2: raise RuntimeError('not yet')\n",
            "route.py": "def GET(): return 'x'",
        }
    )
    client = client_for(app)

    assert [client.get("/").status_code for _ in range(3)] == [500, 200, 200]
    assert "register() of instrumentation.py" in caplog.text


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"items/[slug]/route.py": "def GET(): raise KeyError('k')"}, ("/items/[slug]", "route")),
        ({"items/[slug]/route.py": "def GET(): return None"}, ("/items/[slug]", "route")),
        ({"items/[slug]/route.py": "revalidate = 60\ndef GET(): 1 / 0"}, ("/items/[slug]", "route")),
        (
            {"items/[slug]/route.py": "def GET(): return 'x'", "items/middleware.py": "def middleware(): 1 / 0"},
            ("/items/[slug]", "middleware"),
        ),
        (
            {"items/[slug]/route.py": "def GET(): return 'x'", "middleware.py": "def middleware(): 1 / 0"},
            ("", "middleware"),
        ),
    ],
)
def test_on_request_error_hears_of_what_nobody_planned(
    make_app: MakeApp, client_for: ClientFor, files: dict[str, str], told: tuple[str, str]
) -> None:
    app = make_app({"instrumentation.py": FILE, **files})

    client_for(app).get("/items/a?b=1", headers={"X-A": "1"})

    _, (error, method, path, header, route_path, route_type, reason) = calls_of(app)
    assert error.startswith(("KeyError", "InvalidReturnError", "ZeroDivisionError"))
    assert (method, path, header) == ("GET", "/items/a", "1")
    assert (route_path, route_type, reason) == (*told, None)


def test_it_hears_of_a_refresh_that_fails(make_app: MakeApp, client_for: ClientFor) -> None:
    handler = "CALLS.append(1)\n    if len(CALLS) > 1: raise KeyError('k')\n    return 'x'"
    app = make_app(
        {
            "instrumentation.py": FILE,
            "items/[id]/route.py": f"revalidate = 1\nCALLS = []\ndef GET():\n    {handler}\n",
        }
    )
    client = client_for(app)

    with freeze_time("2026-01-01") as clock:
        client.get("/items/7")
        clock.tick(2)
        assert client.get("/items/7").text == "x"
        for _ in range(1_000):  # time stands still here
            if len(calls_of(app)) == 2:
                break
            threading.Event().wait(0.01)

    assert calls_of(app)[1] == ("KeyError('k')", "GET", "/items/7", None, "/items/[id]", "route", "stale")


def test_it_hears_of_a_stream_that_breaks(make_app: MakeApp, client_for: ClientFor) -> None:
    app = make_app({"instrumentation.py": FILE, "route.py": "def GET():\n    yield 'x'\n    1 / 0\n"})

    with pytest.raises(ZeroDivisionError):
        client_for(app).get("/")

    assert calls_of(app)[1][0] == "ZeroDivisionError('division by zero')"


@pytest.mark.parametrize(
    "handler", ["not_found()", "redirect('/x')", "abort(409)", "return 'x', 500", "after(lambda: 1 / 0); return 'x'"]
)
def test_it_hears_of_nothing_that_was_meant(make_app: MakeApp, client_for: ClientFor, handler: str) -> None:
    app = make_app(
        {
            "instrumentation.py": FILE,
            "route.py": "from routehandlers.navigation import *\nfrom routehandlers.server import after\n"
            f"from werkzeug.exceptions import abort\ndef GET():\n    {handler}\n",
        }
    )

    client_for(app).get("/")

    assert calls_of(app) == ["register"]


def test_its_own_failure_changes_no_answer(
    make_app: MakeApp, client_for: ClientFor, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(
        {"instrumentation.py": "def on_request_error(): raise LookupError('itself')", "route.py": "def GET(): 1 / 0"}
    )

    assert client_for(app).get("/").status_code == 500
    assert "on_request_error() of instrumentation.py failed" in caplog.text


@pytest.mark.parametrize(
    "files", [{}, {"middleware.py": "def middleware(): pass"}, {"items/middleware.py": "def middleware(): pass"}]
)
@pytest.mark.parametrize("constant", ["", "revalidate = 60\n"])
def test_the_pattern_is_left_in_the_environment(make_app: MakeApp, files: dict[str, str], constant: str) -> None:
    app = make_app({**files, "items/[id=int]/route.py": f"{constant}def GET(): return 'x'"})

    for _ in range(3):  # a miss, a hit, and a hit that is ready
        seen: dict[str, Any] = {}
        _environ_of(app, "/items/7", seen)
        assert seen["routehandlers.route"] == "/items/[id=int]"
        assert seen["wsgiorg.routing_args"] == ((), {"id": 7})
    _environ_of(app, "/nothing", seen := {})
    assert "routehandlers.route" not in seen


def _environ_of(app: Any, path: str, seen: dict[str, Any]) -> None:
    environ = EnvironBuilder(path).get_environ()
    b"".join(app(environ, lambda *_: lambda _: None))
    seen.update(environ)


@pytest.mark.once
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["each worker loads it", "preload"])
def test_it_is_called_once_in_each_worker(tmp_path: Path, options: tuple[str, ...]) -> None:
    write_app(
        tmp_path,
        {
            "instrumentation.py": "import os, sys\ndef register(): print('registered', os.getpid(), file=sys.stderr, flush=True)",
            "route.py": "import os\ndef GET(): return str(os.getpid())",
        },
    )
    with serve("routehandlers:create_app()", cwd=tmp_path, options=("--workers", "2", *options)) as server:
        workers: set[str] = set()
        deadline = time.monotonic() + 30
        while len(workers) < 2 and time.monotonic() < deadline:
            workers.add(server.request("GET", "/").body.decode())
        registered = re.findall(r"registered (\d+)", server.logs())

    assert len(workers) == 2
    assert sorted(registered) == sorted(workers)


def test_a_lock_from_before_gevent_replaced_the_locks_is_made_again(make_app: MakeApp) -> None:
    app = make_app(
        {"instrumentation.py": "calls = []\ndef register(): calls.append(1)", "x/route.py": "def GET(): return 'x'"}
    )

    class Replaced:
        def __enter__(self) -> None:
            raise AssertionError("a native lock stops all greenlets")

        def __exit__(self, *error: object) -> None: ...

    instrumentation: Any = app._pipeline._instrumentation
    instrumentation._lock = Replaced()

    assert app.test_client().get("/x").text == "x"
    assert isinstance(instrumentation._lock, type(threading.Lock()))
