"""Renders that hang: one request renders in their place, and the others go on waiting for a bounded time."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import eventually
from conftest import MakeApp
from servers import serve, write_app

from routehandlers import RouteHandlers
from routehandlers._cache import cache as cache_module

# Each call waits for its own event. The calls whose number is in STUCK wait, the others return at once.
SOURCE = """
import itertools, threading
revalidate = 3600
calls, STUCK = itertools.count(1), set()
stuck, go = threading.Semaphore(0), threading.Event()
second, land = threading.Event(), threading.Event()
def GET():
    number = next(calls)
    if number in STUCK:
        stuck.release()
        go.wait(60)
    if number == 2:
        second.set()
        land.wait(60)
    return str(number)
"""


def ask(app: RouteHandlers, pool: ThreadPoolExecutor, number: int) -> list[Future[str]]:
    return [pool.submit(lambda: app.test_client().get("/x").text) for _ in range(number)]


def number_of_calls(module: Any) -> int:
    return int(repr(module.calls)[len("count(") : -1]) - 1


def test_one_of_17_renders_at_the_deadline_and_the_others_wait_for_it(
    make_app: MakeApp, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "DEADLINE", 2.0)
    monkeypatch.setattr(cache_module, "_MOST_DEADLINES", 20)
    app = make_app({"x/route.py": SOURCE}, cache=storage)
    module = app.load("/x")
    module.STUCK.add(1)
    with ThreadPoolExecutor(18) as pool:
        (first,) = ask(app, pool, 1)
        assert module.stuck.acquire(timeout=10)
        waiting = ask(app, pool, 17)
        assert module.second.wait(10)
        module.land.set()

        assert {future.result(20) for future in waiting} == {"2"}
        assert number_of_calls(module) == 2
        module.go.set()
        assert first.result(20) == "1"
    assert app.test_client().get("/x").text == "2"  # the older render did not replace the newer one


def test_if_every_render_hangs_each_request_renders_itself_at_the_bound(
    make_app: MakeApp, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "DEADLINE", 0.5)
    app = make_app({"x/route.py": SOURCE}, cache=storage)
    module = app.load("/x")
    module.STUCK.update({1, 2, 3})
    with ThreadPoolExecutor(18) as pool:
        (first,) = ask(app, pool, 1)
        assert module.stuck.acquire(timeout=10)
        waiting = ask(app, pool, 17)

        # At most two of them render in the place of others, and hang. The others end.
        assert eventually(lambda: sum(future.done() for future in waiting) >= 15, 20)
        module.go.set()
        module.land.set()
        assert all(int(future.result(20)) >= 2 for future in waiting)
        assert first.result(20)


def test_a_render_that_ends_late_is_for_all_who_wait(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "DEADLINE", 0.5)
    monkeypatch.setattr(cache_module, "_MOST_DEADLINES", 60)
    app = make_app({"x/route.py": SOURCE})
    module = app.load("/x")
    module.STUCK.add(1)
    with ThreadPoolExecutor(8) as pool:
        (first,) = ask(app, pool, 1)
        assert module.stuck.acquire(timeout=10)
        waiting = ask(app, pool, 4)
        assert module.second.wait(10)

        module.go.set()  # the first render ends, while the second still runs
        assert first.result(20) == "1"
        assert eventually(lambda: sum(future.done() for future in waiting) == 3, 20)
        module.land.set()

        assert sorted(future.result(20) for future in waiting) == ["1", "1", "1", "2"]


@pytest.mark.once
def test_while_the_process_that_renders_is_stopped_one_of_all_others_renders(tmp_path: Path) -> None:
    source = """
    import os, time
    from pathlib import Path
    revalidate = 3600
    def GET():
        with Path(os.environ["CALLS"]).open("a") as log: log.write(f"{os.getpid()}\\n")
        time.sleep(float(os.environ["TAKES"]))
        return str(os.getpid())
    """
    write_app(tmp_path, {"x/route.py": source})
    (tmp_path / "wsgi.py").write_text(
        "from routehandlers import RouteHandlers\n"
        "from routehandlers._cache import cache\n"
        "cache.DEADLINE, cache._MOST_DEADLINES = 4.0, 10\n"
        f"app = RouteHandlers('app', cache='file://{tmp_path}/cache')\n"
    )
    calls = tmp_path / "calls"
    calls.write_text("")
    with ExitStack() as stack:
        options = ("--threads", "20")
        stopped, *others = (
            stack.enter_context(
                serve("wsgi:app", cwd=tmp_path, env={"CALLS": str(calls), "TAKES": takes}, options=options)
            )
            for takes in ("60", "1", "1")
        )
        pool = stack.enter_context(ThreadPoolExecutor(18))
        first = pool.submit(stopped.request, "GET", "/x", timeout=60)
        assert eventually(calls.read_text, 20)
        (pid,) = stopped.worker_pids()
        os.kill(pid, signal.SIGSTOP)
        waiting = [pool.submit(others[number % 2].request, "GET", "/x", timeout=60) for number in range(17)]

        bodies = {future.result(60).body for future in waiting}

        assert len(bodies) == 1
        assert len(calls.read_text().splitlines()) == 2
        os.kill(pid, signal.SIGKILL)
        assert first.exception(60) is not None
