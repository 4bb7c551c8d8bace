"""What other programs put into the folder of ``file://``: the cache opens its own regular files and follows no link."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cache.test_storages import entry

from routehandlers._cache.store import Store
from routehandlers.cache_handlers.entry import hash_key
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler

SECRET = b"not of the cache"


@pytest.fixture
def files(tmp_path: Path) -> FilesystemCacheHandler:
    return FilesystemCacheHandler(tmp_path / "cache", max_size=10_000_000)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that a link in the folder names."""
    file = tmp_path / "target"
    file.write_bytes(SECRET)
    return file


def in_time(function: Callable[[], object]) -> object:
    """The result of a call that must not hang."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(10)
    assert results, "the call hangs"
    return results[0]


def put_fifo(file: Path, _: Path) -> None:
    os.mkfifo(file)


def put_sparse(file: Path, _: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(3 * 2**30)


def put_link(file: Path, target: Path) -> None:
    file.symlink_to(target)


def put_folder(file: Path, _: Path) -> None:
    file.mkdir()
    (file / "inside").write_text("x")


ALL = pytest.mark.parametrize("put", [put_fifo, put_sparse, put_link, put_folder])


@ALL
def test_what_is_no_file_of_the_cache_is_a_miss_and_the_next_set_replaces_it(
    files: FilesystemCacheHandler, target: Path, put: Callable[[Path, Path], None]
) -> None:
    files.set(entry("other"))
    file = files._file("entries", hash_key("k"))
    file.parent.mkdir(parents=True, exist_ok=True)
    put(file, target)

    assert in_time(lambda: files.get("k") is None)
    assert in_time(lambda: [found.key for found in files.entries()]) == ["other"]
    in_time(lambda: files.set(entry("k")) is None)

    assert files.get("k") is not None
    assert target.read_bytes() == SECRET
    assert int((files.directory / "size").read_text().split()[0]) == files.size


@ALL
@pytest.mark.parametrize("status", [200, 404])
def test_an_entry_of_the_other_kind_or_a_delete_removes_what_is_no_file_of_the_cache(
    files: FilesystemCacheHandler, target: Path, put: Callable[[Path, Path], None], status: int
) -> None:
    file = files._file("missing" if status == 200 else "entries", hash_key("k"))
    file.parent.mkdir(parents=True)
    put(file, target)

    files.set(entry("k", status=status))

    assert files.get("k") is not None
    assert not os.path.lexists(file)
    put(file, target)
    files.delete("k")
    assert not os.path.lexists(file)
    assert target.read_bytes() == SECRET


def test_an_entry_that_a_link_leads_to_is_a_miss(files: FilesystemCacheHandler, tmp_path: Path) -> None:
    files.set(entry("k"))
    file = files._file("entries", hash_key("k"))
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    assert files.get("k") is None
    assert list(files.entries()) == []


@pytest.mark.parametrize("name", ["size", "purges", "purges.draft"])
def test_a_link_under_a_name_of_the_cache_is_removed_and_its_target_stays(
    files: FilesystemCacheHandler, target: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routehandlers.cache_handlers._file.purge_log._LONGEST", 1_000)
    files.directory.mkdir()
    (files.directory / name).symlink_to(target)

    files.set(entry("k", mark=files.purges().mark))
    for number in range(30):
        files.expire_tags([f"t{number}"])
    files.expire_tags(["a"])

    assert target.read_bytes() == SECRET
    assert files.purges().judge(entry("k", mark=files.purges().mark), 0).value == "fresh"
    assert not (files.directory / name).is_symlink()


@pytest.mark.parametrize("name", ["size", "purges"])
def test_a_fifo_under_a_name_of_the_cache_hangs_nothing(files: FilesystemCacheHandler, name: str) -> None:
    files.directory.mkdir()
    os.mkfifo(files.directory / name)

    in_time(lambda: files.set(entry("k", mark=files.purges().mark)) is None)

    assert files.get("k") is not None
    assert in_time(lambda: files.expire_tags(["a"]))


def test_a_link_under_the_name_of_a_lock_or_a_draft_is_not_followed(
    files: FilesystemCacheHandler, target: Path
) -> None:
    lock = files.directory / "locks" / f"{hash_key('k')}.lock"
    draft = files._file("entries", hash_key("k")).with_suffix(".draft")
    for link in (lock, draft):
        link.parent.mkdir(parents=True)
        link.symlink_to(target)

    with files.lock("k", 0) as held:
        assert held.is_held
    files.set(entry("k"))

    assert files.get("k") is not None
    assert target.read_bytes() == SECRET


@pytest.mark.parametrize("name", ["entries", "entries/ab", "locks"])
def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = tmp_path / "elsewhere"
    for number in range(3):
        (elsewhere / "ab").mkdir(parents=True, exist_ok=True)
        (elsewhere / "ab" / f"{number}.entry").write_bytes(SECRET)
        (elsewhere / f"{number}.entry").write_bytes(SECRET)
    files = FilesystemCacheHandler(tmp_path / "cache", max_size=16_000)
    store = Store(files, 2**20)
    link = files.directory / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))

    with store.lock("k", 0):
        for number in range(60):  # with evictions
            store.save(entry(f"k{number}", b"x" * 1_000, mark=store.mark()))

    assert files.size < 20_000
    assert list(files.entries()) == [] or name != "entries"
    assert sorted(elsewhere.rglob("*")) == before
    files.clear()
    assert sorted(elsewhere.rglob("*")) == before


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "disk")
    files = FilesystemCacheHandler(tmp_path / "cache")

    files.set(entry("k", mark=files.purges().mark))
    with files.lock("k", 0) as lock:
        assert lock.is_held

    assert files.get("k") is not None
    assert (tmp_path / "disk" / "purges").is_file()


def test_the_size_is_read_while_files_are_evicted(tmp_path: Path) -> None:
    files = FilesystemCacheHandler(tmp_path / "cache", max_size=200_000)
    failures: list[BaseException] = []
    sizes: list[int] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            try:
                sizes.append(files.size)
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(400):
        files.set(entry(f"k{number}", b"x" * 2_000))
        files.delete(f"k{number - 2}")
    is_over.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert max(sizes) > 0
