"""The log of purges of ``file://``: cut, locked by a process that was stopped, and written by many at once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cache.test_storages import entry

from routehandlers._cache.store import Store
from routehandlers.cache_handlers._file import purge_log as module
from routehandlers.cache_handlers._file.lock import locked
from routehandlers.cache_handlers._file.purge_lines import CLOSED
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler
from routehandlers.exceptions import StorageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def judged(handler: FilesystemCacheHandler, old: object) -> str:
    return handler.purges().judge(old, time.time()).value  # type: ignore[arg-type]


# Cut -----------------------------------------------------------------------


@pytest.mark.parametrize("left", [0, 1, 10, -10, -2, -1], ids=lambda left: f"{left} bytes of the line")
def test_a_log_that_was_cut_in_its_last_line_makes_every_entry_a_miss(folder: Path, left: int) -> None:
    writer, running = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
    writer.expire_tags(["x"])
    old = entry(mark=writer.purges().mark, tags=("a",))
    before = (folder / "purges").stat().st_size
    writer.expire_tags(["a"])
    after = (folder / "purges").stat().st_size
    assert judged(running, old) == "gone"

    os.truncate(folder / "purges", before + left if left >= 0 else after + left)

    # A process that has read the log knows that its end is lost. Another one can only see an incomplete line.
    handlers = [running, FilesystemCacheHandler(folder)]
    assert [judged(handler, old) for handler in (handlers if left == 0 else reversed(handlers))] == ["gone", "gone"]
    new = entry(mark=handlers[1].purges().mark, tags=("a",))
    assert [judged(handler, new) for handler in handlers] == ["fresh", "fresh"]
    handlers[1].expire_tags(["a"])
    assert [judged(handler, new) for handler in handlers] == ["gone", "gone"]


def test_the_next_purge_after_a_cut_is_taken_and_begins_another_epoch(folder: Path) -> None:
    writer = FilesystemCacheHandler(folder)
    writer.expire_tags(["x"])
    old = entry(mark=writer.purges().mark, tags=("a",))
    with (folder / "purges").open("ab") as log:
        log.write(b'{"number": 9, "tags": ["a"], "un')

    number = FilesystemCacheHandler(folder).expire_tags(["b"])

    assert judged(writer, old) == "gone"
    assert writer.purges().number == number


def test_a_line_that_is_still_being_written_is_no_damage(folder: Path) -> None:
    writer, reader = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
    writer.expire_tags(["x"])
    one = entry(mark=writer.purges().mark, tags=("a",))
    line = b'{"number": %d, "tags": ["a"], "until": 0.0, "at": 0}\n' % (one.mark.number + 1)

    with locked(folder / "purges", 0) as descriptor:
        end = os.fstat(descriptor).st_size
        os.pwrite(descriptor, line[:20], end)
        assert judged(reader, one) == "fresh"  # the call that writes it has not returned
        os.pwrite(descriptor, line[20:], end + 20)

    assert judged(reader, one) == "gone"
    assert reader.purges().epoch == one.mark.epoch


# Locked --------------------------------------------------------------------


@contextmanager
def locked_elsewhere(folder: Path) -> Iterator[int]:
    """As by a process that was stopped while it held the lock."""
    with locked(folder / "purges", 0) as descriptor:
        yield descriptor


def test_a_purge_is_in_effect_when_it_returns_although_the_lock_is_held_elsewhere(folder: Path) -> None:
    writer, reader = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
    old = entry(mark=reader.purges().mark, tags=("a",))

    with locked_elsewhere(folder):
        begun = time.monotonic()
        number = writer.expire_tags(["a"])

        assert time.monotonic() - begun < 3.5
        assert judged(reader, old) == "gone"
        assert reader.purges().number == number
    assert writer.expire_tags(["b"]) > number
    assert reader.purges().epoch == old.mark.epoch


def test_a_purge_while_the_log_is_being_rewritten_elsewhere_is_reported_as_not_taken(folder: Path) -> None:
    writer, reader = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
    store = Store(FilesystemCacheHandler(folder), 2**20)
    old = entry(mark=reader.purges().mark, tags=("a",))

    with locked_elsewhere(folder) as descriptor:
        os.pwrite(descriptor, CLOSED, os.fstat(descriptor).st_size)
        begun = time.monotonic()
        with pytest.raises(StorageError, match="not taken"):
            writer.expire_tags(["a"])
        assert time.monotonic() - begun < 3.5
        assert not store.expire_tags(["a"])
    # The process that rewrote it was killed. The next purge completes its work.
    assert writer.expire_tags(["b"])
    writer.expire_tags(["a"])

    assert judged(reader, old) == "gone"
    assert reader.purges().epoch == old.mark.epoch
    assert CLOSED not in (folder / "purges").read_bytes()


def test_a_log_that_has_no_first_line_yet_takes_no_purge_without_the_lock(folder: Path) -> None:
    folder.mkdir()
    with locked_elsewhere(folder), pytest.raises(StorageError):
        FilesystemCacheHandler(folder).expire_tags(["a"])


@pytest.mark.parametrize("patience", [0.0, 0.4])
def test_no_purge_is_lost_when_many_write_with_and_without_the_lock_and_the_log_is_rewritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(module, "_LONGEST", 3_000)
    monkeypatch.setattr(module, "_LOCK_PATIENCE", patience)
    lost: list[str] = []
    taken: list[str] = []

    def purge(name: int) -> None:
        writer, reader = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
        for turn in range(60):
            tag = f"{name}-{turn}"
            old = entry(mark=reader.purges().mark, tags=(tag,))
            try:
                writer.expire_tags([tag])
            except StorageError:
                continue
            taken.append(tag)
            if judged(reader, old) != "gone" or judged(FilesystemCacheHandler(folder), old) != "gone":
                lost.append(tag)

    threads = [threading.Thread(target=purge, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert lost == []
    assert len(taken) > 100


def test_two_purges_with_the_same_number_are_two(folder: Path) -> None:
    reader = FilesystemCacheHandler(folder)
    epoch, number = reader.purges().mark
    number += 10
    with (folder / "purges").open("ab") as log:
        log.write(b'{"number": %d, "tags": ["a"], "until": 0, "at": 0}\n' % number)
    between = entry(mark=reader.purges().mark, tags=("b",))
    assert between.mark == (epoch, number)
    with (folder / "purges").open("ab") as log:
        log.write(b'{"number": %d, "tags": ["b"], "until": 0, "at": 0}\n' % number)

    assert judged(reader, between) == "gone"


def test_numbers_stay_when_a_log_is_rewritten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST", 1_500)
    writer, reader = FilesystemCacheHandler(folder), FilesystemCacheHandler(folder)
    reader.purges()
    with (folder / "purges").open("rb") as first_log:
        while os.path.samestat(os.fstat(first_log.fileno()), (folder / "purges").stat()):
            writer.expire_tags(["a", "b", "c"])
    one = entry(mark=writer.purges().mark, tags=("a", "b", "c"))

    assert judged(FilesystemCacheHandler(folder), one) == "fresh"
    assert judged(reader, one) == "fresh"


# Replaced by hand ------------------------------------------------------------


@pytest.mark.parametrize("how", ["removed", "moved", "link", "another log"])
def test_a_purge_after_the_log_was_replaced_reaches_a_process_that_has_the_old_one_open(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(module, "_TRUST", 3600.0)  # no process looks by itself
    writer, reader, other = (FilesystemCacheHandler(path) for path in (folder, folder, tmp_path / "other"))
    old = entry(mark=reader.purges().mark)
    writer.purges()
    other.expire_tags(["x"])
    log = folder / "purges"
    if how == "moved":
        log.rename(tmp_path / "moved")
    else:
        log.unlink()
    if how == "link":
        log.symlink_to(tmp_path / "target")
    if how == "another log":
        (tmp_path / "other" / "purges").rename(log)
    assert judged(reader, old) == "fresh"

    writer.expire_tags(["a"])
    writer.purges()

    assert judged(reader, old) == "gone"
