"""Many workers, many machines: real servers, and what befalls them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from optional_servers import run_redis
from servers import Answer, Server, free_port, serve, write_app

pytestmark = pytest.mark.once

# Who answers, how often a handler was called by anyone, and what a purge is.
FILES = {
    "_calls.py": """
        import os
        from pathlib import Path
        LOG = Path(os.environ["CALLS"])
        def called(name):
            with LOG.open("a") as log: log.write(f"{name} {os.getpid()}\\n")
            return f"{name} {len(LOG.read_text().splitlines())}"
    """,
    "items/[slug]/route.py": """
        import time
        from routehandlers.cache import cache_tag
        from ..._calls import called
        revalidate = 3600
        def GET(request, context):
            cache_tag("items")
            time.sleep(0.2)
            return called(context.params["slug"])
    """,
    "short/route.py": "from .._calls import called\nrevalidate = 1\ndef GET(): return called('short')\n",
    "slow/route.py": """
        import time
        from .._calls import called
        revalidate = 3600
        def GET():
            text = called("slow")
            time.sleep(30 if text == "slow 2" else 0)
            return text
    """,
    "big/[n]/route.py": "import os\nrevalidate = 3600\ndef GET(request, context): return os.urandom(20_000)\n",
    "purge/route.py": """
        import os
        from routehandlers.cache import revalidate_tag
        def POST(request):
            revalidate_tag("items")
            return str(os.getpid())
    """,
    "pid/route.py": "import os\ndef GET(): return str(os.getpid())\n",
    "threads/route.py": "import threading\ndef GET(): return [thread.name for thread in threading.enumerate()]\n",
}


class Site:
    """An application, served by as many processes as one likes."""

    def __init__(self, folder: Path, storage: str, stack: ExitStack) -> None:
        self.folder = folder
        self.storage = storage
        self._stack = stack
        write_app(folder, FILES)
        (folder / "calls").write_text("")
        (folder / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = '{storage}'\n")

    def start(self, *options: str, worker: str = "gthread") -> Server:
        env = {"CALLS": str(self.folder / "calls")}
        server = serve("routehandlers:create_app()", cwd=self.folder, env=env, options=options, worker=worker)
        return self._stack.enter_context(server)

    @property
    def calls(self) -> list[str]:
        return [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def site(tmp_path: Path, storage: str) -> Iterator[Site]:
    if storage == "memory://":
        storage = f"file://{tmp_path}/elsewhere"
    with ExitStack() as stack:
        yield Site(tmp_path, storage, stack)


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> Iterator[None]:
    """Only storages that processes share."""
    if "memory" in request.node.callspec.id:
        pytest.skip("memory:// has no other processes")
    yield


shared_only = pytest.mark.parametrize("storage", ["file", "redis"], indirect=True)


def together(number: int, function: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(function())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def status(answer: Answer) -> str:
    return (answer.header("Cache-Status") or "").split("; ttl")[0]


def eventually(condition: Callable[[], Any], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def processes(server: Server, number: int) -> None:
    """Wait until all workers answer."""
    seen: set[bytes] = set()
    assert eventually(lambda: seen.update([server.request("GET", "/pid").body]) or len(seen) >= number, 30)


@shared_only
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["", "preload"])
def test_four_workers_render_a_key_once_and_see_each_other_s_purges(site: Site, options: tuple[str, ...]) -> None:
    server = site.start("--workers", "4", *options)
    processes(server, 3)

    answers = together(40, lambda: server.request("GET", "/items/a").body)
    assert set(answers) == {b"a 1"}
    assert site.calls == ["a"]

    for turn in range(2, 8):
        server.request("POST", "/purge", body="")
        assert set(together(12, lambda: server.request("GET", "/items/a").body)) == {f"a {turn}".encode()}
    assert site.calls == ["a"] * 7


@shared_only
def test_two_servers_that_share_nothing_else_do_the_same(site: Site) -> None:
    one, other = site.start("--workers", "2"), site.start("--workers", "2")

    answers = together(20, lambda: (one.request("GET", "/items/a").body, other.request("GET", "/items/a").body))
    assert {body for pair in answers for body in pair} == {b"a 1"}

    for turn in range(2, 10):
        (one if turn % 2 else other).request("POST", "/purge", body="")
        if site.storage.startswith("redis"):
            time.sleep(0.02)  # Redis's message is on its way; who cannot wait for it asks with strict=1
        assert (other if turn % 2 else one).request("GET", "/items/a").body == f"a {turn}".encode()
    assert site.calls == ["a"] * 9


@pytest.mark.parametrize("storage", ["redis"], indirect=True)
def test_with_strict_no_message_is_waited_for(site: Site) -> None:
    (site.folder / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = '{site.storage}&strict=1'\n")
    one, other = site.start("--workers", "1"), site.start("--workers", "1")

    for turn in range(1, 20):
        assert other.request("GET", "/items/a").body == f"a {turn}".encode()
        one.request("POST", "/purge", body="")


@shared_only
def test_a_stale_answer_is_refreshed_by_one_of_all_workers(site: Site) -> None:
    server = site.start("--workers", "4")
    processes(server, 3)
    server.request("GET", "/short")
    time.sleep(1.2)

    stale = together(20, lambda: server.request("GET", "/short"))

    assert b"short 1" in {answer.body for answer in stale}
    assert eventually(lambda: len(site.calls) == 2)
    time.sleep(0.3)
    assert len(site.calls) == 2
    assert server.request("GET", "/short").body == b"short 2"


@shared_only
def test_killing_the_worker_that_renders_frees_the_lock_and_loses_nothing(site: Site) -> None:
    server = site.start("--workers", "2")
    processes(server, 2)
    server.request("GET", "/items/kept")
    waiting = threading.Thread(target=lambda: _ignore(lambda: server.request("GET", "/slow", timeout=40)))
    waiting.start()
    assert eventually(lambda: "slow" in site.calls)
    pid = next(line.split()[1] for line in (site.folder / "calls").read_text().splitlines() if line.startswith("slow"))

    os.kill(int(pid), signal.SIGKILL)
    begun = time.monotonic()
    answer = server.request("GET", "/slow", timeout=40)

    assert answer.body == b"slow 3"
    assert time.monotonic() - begun < 10
    assert server.request("GET", "/items/kept").body == b"kept 1"
    waiting.join()


def _ignore(function: Callable[[], Any]) -> None:
    with suppress(Exception):
        function()


def test_four_workers_that_write_stay_within_the_bytes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        site = Site(tmp_path, f"file://{tmp_path}/cache?max_size=1000000", stack)
        server = site.start("--workers", "4")
        numbers = iter(range(10_000))
        lock = threading.Lock()
        sizes: list[int] = []

        def write() -> None:
            for _ in range(25):
                with lock:
                    number = next(numbers)
                server.request("GET", f"/big/{number}")
                sizes.append(_bytes_in(tmp_path / "cache"))

        together(8, write)

    assert max(sizes) <= 1_000_000
    assert max(sizes) > 700_000


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in [*folder.glob("entries/*/*"), *folder.glob("missing/*/*")]:
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue
    return total


def test_clocks_an_hour_apart_change_nothing(tmp_path: Path) -> None:
    # Each process in a time of its own; purges and renders keep their order.
    write_app(tmp_path, FILES)
    (tmp_path / "calls").write_text("")
    (tmp_path / "wsgi.py").write_text(
        "import os, time\n"
        "real = time.time\n"
        "time.time = lambda: real() + float(os.environ['AHEAD'])\n"
        "from routehandlers import RouteHandlers\n"
        f"app = RouteHandlers('app', cache='file://{tmp_path}/cache')\n"
    )
    with ExitStack() as stack:
        env = {"CALLS": str(tmp_path / "calls")}
        slow, fast = (
            stack.enter_context(serve("wsgi:app", cwd=tmp_path, env={**env, "AHEAD": ahead})) for ahead in ("0", "3600")
        )
        for turn in range(1, 9):
            first, second, purger = (slow, fast, slow) if turn % 2 else (fast, slow, fast)
            assert first.request("GET", "/items/a").body == f"a {turn}".encode()
            assert second.request("GET", "/items/a").body == f"a {turn}".encode()
            (second if turn % 4 < 2 else purger).request("POST", "/purge", body="")


def test_a_gevent_worker_caches_and_refreshes(tmp_path: Path, storage: str) -> None:
    with ExitStack() as stack:
        site = Site(tmp_path, storage, stack)
        server = site.start("--workers", "1", worker="gevent")

        assert set(together(20, lambda: server.request("GET", "/items/a").body)) == {b"a 1"}
        server.request("GET", "/short")
        time.sleep(1.2)
        server.request("GET", "/short")
        assert eventually(lambda: server.request("GET", "/short").body == b"short 3")
        server.request("POST", "/purge", body="")
        assert eventually(lambda: server.request("GET", "/items/a").body == b"a 4")


def test_many_refreshes_at_once_stop_no_gevent_worker_that_was_forked_with_the_application(
    tmp_path: Path, storage: str
) -> None:
    # gevent replaces the locks after the fork. A lock from before would stop all greenlets of the worker.
    brief = "import time\nrevalidate = 1\ndef GET(request, context):\n    time.sleep(0.02)\n    return 'x'\n"
    write_app(tmp_path, {"brief/[n]/route.py": brief})
    with ExitStack() as stack:
        server = Site(tmp_path, storage, stack).start("--workers", "1", "--preload", worker="gevent")

        def answer(first: int) -> set[bytes]:
            return {server.request("GET", f"/brief/{n}", timeout=20).body for n in range(first, 100, 20)}

        for _ in range(3):
            with ThreadPoolExecutor(20) as pool:
                assert list(pool.map(answer, range(20))) == [{b"x"}] * 20
            time.sleep(1.1)  # all of them are stale


def test_threads_are_made_when_there_is_work_and_not_before_a_fork(tmp_path: Path) -> None:
    with ExitStack() as stack:
        site = Site(tmp_path, f"file://{tmp_path}/cache", stack)
        server = site.start("--workers", "1", "--preload")

        before = server.request("GET", "/threads").body
        server.request("GET", "/short")
        time.sleep(1.2)
        server.request("GET", "/short")

        assert b"routehandlers" not in before
        assert eventually(lambda: b"routehandlers-refresh" in server.request("GET", "/threads").body)


def test_a_fork_in_mid_render_leaves_no_lock_behind(tmp_path: Path, make_app: Any) -> None:
    source = """
    import os, time
    revalidate = 60
    def GET():
        child = os.fork()
        if child == 0:
            time.sleep(14)  # a child with the lock would hold it for so long
            os._exit(0)
        CHILDREN.append(child)
        return str(len(CHILDREN))
    CHILDREN = []
    """
    app = make_app({"x/route.py": source}, cache=f"file://{tmp_path}/cache")
    begun = time.monotonic()

    first = app.test_client().get("/x").text
    app.cache.revalidate_path("/x")
    second = app.test_client().get("/x").text

    assert (first, second) == ("1", "2")
    assert time.monotonic() - begun < 10
    for child in app.load("/x").CHILDREN:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# Redis in trouble ----------------------------------------------------------


@contextmanager
def troubled(tmp_path: Path, *options: str) -> Iterator[tuple[Site, Server, Server, int]]:
    """A site with a Redis of its own."""
    port = free_port()
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis(port, *options))
        site = Site(tmp_path, f"redis://127.0.0.1:{port}", stack)
        server = site.start("--workers", "2")
        assert status(server.request("GET", "/items/a")).startswith("routehandlers")
        yield site, server, redis, port


def timed(server: Server, path: str = "/items/a") -> tuple[Answer, float]:
    begun = time.monotonic()
    answer = server.request("GET", path)
    return answer, time.monotonic() - begun


def resumes(server: Server) -> bool:
    """Whether answers come from the cache again, from all workers."""
    return eventually(
        lambda: all(status(server.request("GET", "/items/back")) == "routehandlers; hit" for _ in range(10))
    )


def answers_all(server: Server, seconds: float = 3) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer, took = timed(server)
        assert answer.status == 200
        assert took < 2.5


def test_redis_stopped_and_started_again_empty(tmp_path: Path) -> None:
    with troubled(tmp_path) as (_, server, redis, port):
        redis.process.terminate()
        redis.process.wait()
        answers_all(server)
        server.request("POST", "/purge", body="")

        with run_redis(port):
            assert resumes(server)
            assert server.request("GET", "/items/a").status == 200
        assert (
            len(re.findall("storage fails", server.logs())) <= 4
        )  # told once by each worker, and not at every request


def test_redis_hung(tmp_path: Path) -> None:
    with troubled(tmp_path) as (site, server, redis, _):
        os.kill(redis.process.pid, signal.SIGSTOP)
        try:
            answers_all(server)
            purge = time.monotonic()
            server.request("POST", "/purge", body="")
            assert time.monotonic() - purge < 2.5
            answers_all(server, 1)
            calls = len(site.calls)
            assert calls > 1
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)
        # What was purged meanwhile is not served from what Redis still has.
        assert resumes(server)
        number = int(server.request("GET", "/items/a").body.split()[1])
        assert number > 1


def test_threads_do_not_wait_one_after_another_for_a_redis_that_hangs(tmp_path: Path, make_app: Any) -> None:
    port = free_port()
    with run_redis(port) as redis:
        app = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=f"redis://127.0.0.1:{port}")
        app.test_client().get("/x")
        os.kill(redis.process.pid, signal.SIGSTOP)
        try:
            time.sleep(2.5)  # until the messages are missed
            begun = time.monotonic()
            assert together(32, lambda: app.test_client().get("/x").text) == ["x"] * 32
            assert time.monotonic() - begun < 4
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)


def test_redis_emptied_begins_another_count(tmp_path: Path) -> None:
    with troubled(tmp_path) as (_, server, _redis, port):
        subprocess.run(["redis-cli", "-p", str(port), "flushall"], check=True, capture_output=True)
        assert eventually(lambda: server.request("GET", "/items/a").body != b"a 1")
        assert resumes(server)


def test_redis_full(tmp_path: Path) -> None:
    with troubled(tmp_path, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction") as (_site, server, _, port):
        for number in range(300):
            assert server.request("GET", f"/big/{number}").status == 200
        before = server.request("GET", "/items/a").body
        server.request("POST", "/purge", body="")
        # The other worker hears of it by a message, which may come a moment after the answer to the purge.
        assert eventually(lambda: server.request("GET", "/items/a").body != before, 1)
        assert all(server.request("GET", "/items/a").body != before for _ in range(10))
        answers_all(server, 1)

        subprocess.run(
            ["redis-cli", "-p", str(port), "config", "set", "maxmemory", "100mb"], check=True, capture_output=True
        )
        assert resumes(server)


@pytest.mark.parametrize(
    "command",
    [
        ["set", "{routehandlers}:purges", "garbage"],
        ["zadd", "{routehandlers}:purges", "99", "garbage"],
        ["del", "{routehandlers}:purges"],
        ["client", "kill", "type", "pubsub"],
        ["client", "kill", "type", "normal"],
    ],
    ids=" ".join,
)
def test_redis_with_garbage_or_without_connections(tmp_path: Path, command: list[str]) -> None:
    with troubled(tmp_path) as (_site, server, _, port):
        subprocess.run(["redis-cli", "-p", str(port), *command], check=True, capture_output=True)
        answers_all(server, 1)
        assert resumes(server)
        before = server.request("GET", "/items/back").body
        server.request("POST", "/purge", body="")
        assert eventually(lambda: server.request("GET", "/items/back").body != before, 3)


def test_entries_of_garbage_in_redis_are_misses(tmp_path: Path) -> None:
    with troubled(tmp_path) as (site, _server, _, port):
        import redis as client

        with client.Redis(port=port) as redis:
            for key in redis.scan_iter("{routehandlers}:entry:*"):
                redis.set(key, b"RHC1 garbage")
        other = site.start("--workers", "1")
        assert other.request("GET", "/items/a").body == b"a 2"


def test_a_server_that_speaks_no_redis(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        port = listener.getsockname()[1]

        def babble() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\0\xff" * 10)

        threading.Thread(target=babble, daemon=True).start()
        site = Site(tmp_path, f"redis://127.0.0.1:{port}", stack)
        server = site.start("--workers", "1")

        answers_all(server, 2)


def test_a_cluster_and_a_prefix(tmp_path: Path, make_app: Any) -> None:
    import redis

    from routehandlers.cache_handlers.redis import RedisCacheHandler

    # A node of a cluster also listens 10,000 ports further on.
    port = next(port for port in iter(free_port, None) if port < 55_000)
    folder = tmp_path / "redis"
    folder.mkdir()
    with run_redis(port, "--cluster-enabled", "yes", "--dir", str(folder)):
        subprocess.run(
            ["redis-cli", "-p", str(port), "cluster", "addslotsrange", "0", "16383"], check=True, capture_output=True
        )
        assert eventually(
            lambda: (
                b"cluster_state:ok"
                in subprocess.run(
                    ["redis-cli", "-p", str(port), "cluster", "info"], check=True, capture_output=True
                ).stdout
            )
        )
        with redis.RedisCluster(host="127.0.0.1", port=port) as cluster:
            source = "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))"
            app = make_app({"x/route.py": source}, cache=RedisCacheHandler(cluster, prefix="shop", strict=True))
            client = app.test_client()
            answers = [client.get("/x").text for _ in range(2)]
            app.cache.revalidate_path("/x")
            assert [*answers, client.get("/x").text, client.get("/x").text] == ["1", "1", "2", "2"]
            assert all(key.startswith(b"{shop}:") for key in cluster.scan_iter("*"))
