"""Owed purges on the disk: they outlive the process that owes them."""

from __future__ import annotations

import errno
import fcntl
import http.client
import json
import os
import signal
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cache.test_storages import entry, eventually
from relay import relay_to
from servers import Server, open_files, serve, write_app

from routehandlers import RouteHandlers
from routehandlers._cache import owed as owed_module
from routehandlers._cache import spool as spool_module
from routehandlers._cache.spool import Purge, Spool
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import open_cache_handler
from routehandlers.cache_handlers._workers.private_folder import private_root
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler


class Down(FilesystemCacheHandler):
    """A storage that accepts no purges."""

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        raise OSError("no answer")


def files() -> list[Path]:
    return sorted(private_root().glob("owed-*/*"))


def in_another_process(function: Any) -> None:
    """Call a function in a process that is killed when it has returned."""
    child = os.fork()
    if child == 0:
        try:
            function()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def owe(folder: Path, *tags: str, until: float | None = 0.0) -> None:
    """Owe a purge in a process that is killed."""

    def purge() -> None:
        store = Store(Down(folder), 2**20, owner="app")
        for tag in tags:
            store.expire_tags([tag], until)

    in_another_process(purge)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a storage with one entry, whose tags are "a" and "b"."""
    writer = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    writer.save(entry(mark=writer.mark()))
    return tmp_path / "cache"


def test_the_next_process_sends_an_owed_purge_before_it_serves_anything(folder: Path) -> None:
    owe(folder, "a")
    assert len(files()) == 1

    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")

    assert store.find("k") is None
    assert Store(FilesystemCacheHandler(folder), 2**20).find("k") is None  # all processes see it
    assert files() == []
    assert list(private_root().iterdir()) == []


def test_a_soft_purge_stays_soft(folder: Path) -> None:
    owe(folder, "a", until=None)

    found = Store(FilesystemCacheHandler(folder), 2**20, owner="app").find("k")

    assert found is not None
    assert found[1].value == "stale"


def test_other_entries_stay(folder: Path) -> None:
    owe(folder, "other")

    assert Store(FilesystemCacheHandler(folder), 2**20, owner="app").find("k") is not None


def test_the_spool_of_another_application_or_storage_is_left_alone(folder: Path) -> None:
    owe(folder, "a")

    assert Store(FilesystemCacheHandler(folder), 2**20, owner="another app").find("k") is not None
    assert len(files()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data + b"garbage\n",
        lambda data: data + b"\n",
        lambda data: data + b'{"tags": "a", "until": 0.0}\n',
        lambda data: data + b'{"tags": ["x"], "until": NaN}\n',
        lambda data: data + b'{"tags": [1], "until": 0.0}\n',
        lambda data: data + b"\xff\xfe\n",
        lambda data: data * 40_000,
    ],
)
def test_a_damaged_spool_purges_everything(folder: Path, damage: Any) -> None:
    owe(folder, "other")
    (file,) = files()
    file.write_bytes(damage(file.read_bytes()))

    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")

    assert store.find("k") is None
    assert eventually(lambda: store.purges() is not None)
    assert store.find("k") is None
    assert files() == []


def test_a_full_spool_purges_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "_LONGEST", 1_000)
    owe(folder, *(f"other {number}" for number in range(100)))
    assert sum(file.stat().st_size for file in files()) <= 1_000

    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")

    assert store.find("k") is None
    assert eventually(lambda: store.purges() is not None)
    assert store.find("k") is None


def test_on_a_full_disk_everything_is_purged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def fill(descriptor: int, data: bytes) -> int:
        if b"tags" in data:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", fill)
    owe(folder, "other")

    assert [file.stat().st_size for file in files()] == [0]
    assert Store(FilesystemCacheHandler(folder), 2**20, owner="app").find("k") is None


def test_without_a_private_folder_the_log_says_so_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 60.0)
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    store = Store(Down(folder), 2**20, owner="app")

    assert [store.expire_tags(["a"]) for _ in range(3)] == [False] * 3

    told = [record.getMessage() for record in caplog.records if "lost at a restart" in record.getMessage()]
    assert len(told) == 1
    assert store.purges() is None


def test_a_process_that_owes_removes_its_file_when_the_storage_has_accepted(folder: Path) -> None:
    class Flaky(Down):
        is_down = True

        def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
            if self.is_down:
                raise OSError("no answer")
            return FilesystemCacheHandler.expire_tags(self, tags, until)

    handler = Flaky(folder)
    store = Store(handler, 2**20, owner="app")
    store.expire_tags(["a"])
    (file,) = files()
    assert file.stat().st_mode & 0o777 == 0o600
    assert b'"a"' in file.read_bytes()
    handler.is_down = False

    assert eventually(lambda: store.purges() is not None)
    assert files() == []
    assert store.find("k") is None


def test_the_file_of_a_running_process_is_read_and_left_to_it(folder: Path) -> None:
    owner = Spool("app")
    owner.write([Purge(("a",))])

    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")

    assert store.find("k") is None
    assert len(files()) == 1
    number = store.handler.purges().number
    store._owed.doubt()
    store.find("k")
    assert store.handler.purges().number == number  # it is not sent again and again
    owner.clear()
    assert files() == []


def test_after_the_storage_has_failed_a_process_looks_for_purges_of_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = FilesystemCacheHandler(folder)
    store = Store(handler, 2**20, owner="app")
    assert store.find("k") is not None
    purges = handler.purges

    def fail() -> Any:
        raise OSError("no answer")

    monkeypatch.setattr(handler, "purges", fail)
    assert store.find("k") is None
    owe(folder, "a")
    monkeypatch.setattr(handler, "purges", purges)

    assert eventually(lambda: store.purges() is not None)
    assert store.find("k") is None
    assert files() == []


def test_a_forked_child_leaves_the_file_to_its_parent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 60.0)
    store = Store(Down(folder), 2**20, owner="app")
    store.expire_tags(["a"])
    assert store.purges() is None

    in_another_process(lambda: None)

    other = Spool("app")
    assert [purge.tags for purge in other.read_others()] == [("a",)]
    other.clear()
    assert len(files()) == 1  # locked by the parent


def test_a_forked_child_serves_nothing_that_its_parent_has_purged(folder: Path, tmp_path: Path) -> None:
    store = Store(Down(folder), 2**20, owner="app")
    store.expire_tags(["a"])
    result = tmp_path / "result"

    in_another_process(lambda: result.write_text(repr(store.find("k"))))

    assert result.read_text() == "None"


def test_the_name_of_the_folder_tells_no_password(tmp_path: Path, make_app: Any) -> None:
    url = "redis://:correct-horse@127.0.0.1:1/0"
    app = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=url)

    assert app.cache.revalidate_tag("a") is False

    (file,) = files()
    assert "correct" not in str(file)
    assert b"correct" not in file.read_bytes()
    app.cache.store._owed._spool.clear()


# With real servers ----------------------------------------------------------

SITE = {
    "_calls.py": """
        import os
        from pathlib import Path
        LOG = Path(os.environ["CALLS"])
        def called():
            with LOG.open("a") as log: log.write("called\\n")
            return str(len(LOG.read_text().splitlines()))
    """,
    "x/route.py": """
        from routehandlers.cache import cache_tag
        from .._calls import called
        revalidate = 3600
        def GET():
            cache_tag("x")
            return called()
    """,
    "purge/route.py": """
        import os
        from routehandlers.cache import revalidate_tag
        def POST(): return {"is_accepted": revalidate_tag("x"), "pid": os.getpid()}
    """,
    "pid/route.py": "import os\ndef GET(): return str(os.getpid())\n",
}


@pytest.mark.once
@pytest.mark.parametrize("end", ["kill", "reload", "restart"])
@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["", "preload"])
def test_a_purge_that_redis_refused_is_made_though_the_workers_end(
    tmp_path: Path, redis_server: Server, end: str, options: tuple[str, ...]
) -> None:
    write_app(tmp_path, SITE)
    (tmp_path / "calls").write_text("")
    with ExitStack() as stack:
        relay = stack.enter_context(relay_to(redis_server.port))
        url = f"redis://127.0.0.1:{relay.port}?prefix=spool-{end}-{len(options)}"
        (tmp_path / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = '{url}'\n")

        def start() -> Server:
            env = {"CALLS": str(tmp_path / "calls")}
            context = serve("routehandlers:create_app()", cwd=tmp_path, env=env, options=("--workers", "2", *options))
            return stack.enter_context(context)

        server = start()
        assert server.request("GET", "/x").body == b"1"
        relay.refuse()

        answer = json.loads(server.request("POST", "/purge", body="").body)

        assert answer["is_accepted"] is False
        old = set(server.worker_pids())
        if end == "kill":
            for pid in old:
                os.kill(pid, signal.SIGKILL)
        elif end == "reload":
            os.kill(server.process.pid, signal.SIGHUP)
        else:
            os.killpg(server.process.pid, signal.SIGKILL)
            server = start()
        assert eventually(lambda: _are_new(server, old), 30)
        relay.accept()

        # The workers use Redis again after a moment. None of them serves the entry from before the purge.
        hits: set[bytes] = set()
        assert eventually(lambda: _hit(server, hits), 30)
        assert b"1" not in hits
        assert b"not accepted the purge of 'x'" in server.logs().encode() or end == "restart"


def _are_new(server: Server, old: set[int]) -> bool:
    """Return whether only new workers answer."""
    pids = {pid for pid in server.worker_pids() if pid not in old}
    try:
        return len(pids) >= 2 and not old & set(server.worker_pids()) and server.request("GET", "/pid").status == 200
    except (OSError, http.client.HTTPException):
        return False


def _hit(server: Server, hits: set[bytes]) -> bool:
    """Ask for the entry. Return whether it came from the cache twenty times."""
    for _ in range(20):
        answer = server.request("GET", "/x")
        hits.add(answer.body)
        if not (answer.header("Cache-Status") or "").startswith("routehandlers; hit"):
            return False
    return True


def test_the_next_release_of_an_application_sends_an_owed_purge(folder: Path, make_app: Any) -> None:
    in_another_process(
        lambda: make_app({"a/route.py": "def GET(): return 1"}, cache=Down(folder)).cache.revalidate_tag("a")
    )
    assert len(files()) == 1

    app = make_app(
        {"a/route.py": "def GET(): return 1"}, cache=f"file://{folder}"
    )  # in another folder, like releases/2

    assert app.cache.store.find("k") is None
    assert files() == []


def test_two_storages_of_one_class_do_not_get_the_purges_of_each_other(folder: Path, tmp_path: Path) -> None:
    write_app(tmp_path, {"a/route.py": "def GET(): return 'x'"})

    def app(handler: FilesystemCacheHandler) -> RouteHandlers:
        return RouteHandlers(tmp_path / "app", cache=handler)

    in_another_process(lambda: app(Down(folder)).cache.revalidate_tag("a"))

    app(FilesystemCacheHandler(tmp_path / "other")).cache.store.purges()
    assert len(files()) == 1

    assert app(FilesystemCacheHandler(folder)).cache.store.find("k") is None
    assert files() == []


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("redis://:first@h:6379/0", "redis://user:second@h/0"),
        ("redis://h/0", "redis://h"),
        ("unix:///run/redis", "unix://:word@/run/redis?socket_timeout=3"),
        ("file:///var/cache/a", "file:///var/cache/../cache/a?max_size=1000"),
    ],
)
def test_a_storage_is_the_same_with_another_password_or_spelling(url: str, other: str) -> None:
    one, two = (getattr(open_cache_handler(name, 1), "identity") for name in (url, other))  # noqa: B009

    assert one == two
    assert "first" not in one


def test_storages_with_other_addresses_or_prefixes_are_others() -> None:
    urls = ["redis://h", "redis://i", "redis://h:1", "redis://h/1", "redis://h?prefix=a", "file:///h"]

    assert len({getattr(open_cache_handler(url, 1), "identity") for url in urls}) == len(urls)  # noqa: B009


def test_where_the_temporary_folder_has_no_flock_purges_leave_nothing_and_requests_get_a_response(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    owe(folder, "a")
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 60.0)
    monkeypatch.setattr(fcntl, "flock", refuse)
    store = Store(Down(folder), 2**20, owner="app")
    before = open_files(Path(tempfile.gettempdir()))

    assert [store.expire_tags(["x"]) for _ in range(5)] == [False] * 5

    assert open_files(Path(tempfile.gettempdir())) == before
    assert len(files()) == 1
    assert store.purges() is None  # and it does not raise
    assert any(purge.tags == ("a",) for purge in store._owed._queue)  # read, though it could not be locked


def test_while_it_is_unknown_what_others_owe_nothing_is_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(folder, "other")
    owe(folder, "a")
    monkeypatch.setattr(owed_module, "_FIRST_PAUSE", 0.0)
    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")
    open_file, opened = spool_module.open_private_file, iter(range(100))

    def fail(path: Path, flags: int) -> int:
        if next(opened) in range(1, 4):  # from the second file on
            raise OSError(errno.EMFILE, "Too many open files")
        return open_file(path, flags)

    monkeypatch.setattr(spool_module, "open_private_file", fail)

    assert store.find("k") is None
    assert eventually(lambda: store.purges() is not None)
    assert store.find("k") is None
    assert Store(FilesystemCacheHandler(folder), 2**20).handler.purges().number > 0
    assert files() == []


def test_a_file_that_cannot_be_read_purges_everything_once(folder: Path) -> None:
    owe(folder, "other")
    (file,) = files()
    file.chmod(0o644)  # other users could have written to it

    store = Store(FilesystemCacheHandler(folder), 2**20, owner="app")

    assert store.find("k") is None
    assert eventually(lambda: store.purges() is not None)
    store.save(entry(mark=store.mark()))
    store._owed.doubt()
    assert eventually(lambda: store.find("k") is not None)


def test_a_process_that_only_purges_sends_what_another_process_owes(folder: Path) -> None:
    owe(folder, "a")

    assert Store(FilesystemCacheHandler(folder), 2**20, owner="app").expire_tags(["other"]) is True

    assert Store(FilesystemCacheHandler(folder), 2**20).find("k") is None
    assert files() == []


def test_the_first_request_of_a_process_sends_what_another_process_owes(folder: Path, make_app: Any) -> None:
    in_another_process(
        lambda: make_app({"a/route.py": "def GET(): return 1"}, cache=Down(folder)).cache.revalidate_tag("a")
    )

    app = make_app({"a/route.py": "def GET(): return 'not cached'"}, cache=f"file://{folder}")
    assert app.test_client().get("/a").status_code == 200

    assert Store(FilesystemCacheHandler(folder), 2**20).find("k") is None
    assert files() == []


def test_a_purge_before_the_spool_could_be_created_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def purge() -> None:
        store = Store(Down(folder), 2**20, owner="app")
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "_create", fail)
            store.expire_tags(["a"])
        store.expire_tags(["other"])

    def fail(spool: Spool) -> None:
        raise OSError(errno.EMFILE, "Too many open files", spool)

    in_another_process(purge)

    assert Store(FilesystemCacheHandler(folder), 2**20, owner="app").find("k") is None
