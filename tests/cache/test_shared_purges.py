"""Purges that the workers of one machine share with ``memory://``: several members of a family, in this process."""

from __future__ import annotations

import errno
import fcntl
import gc
import logging
import os
import random
import resource
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from servers import open_files, write_app

from routehandlers import RouteHandlers
from routehandlers._cache.freshness import Freshness
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import Entry, MemoryCacheHandler
from routehandlers.cache_handlers._workers import log as log_module
from routehandlers.cache_handlers._workers import membership, place, shared_purges
from routehandlers.cache_handlers._workers.family import Family, family_of

FAMILY = Family("workers-test", "shop")
Join = Callable[[], MemoryCacheHandler]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The private folder of the family."""
    temporary = tmp_path / "tmp"
    temporary.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(place, "_places", weakref.WeakValueDictionary())
    shared_purges._warn_once.cache_clear()
    yield temporary / f"routehandlers-{os.geteuid()}" / FAMILY.name


@pytest.fixture
def join(folder: Path) -> Iterator[Join]:
    """Make members of the family, which stay until the end of the test."""
    members: list[MemoryCacheHandler] = []

    def make() -> MemoryCacheHandler:
        members.append(MemoryCacheHandler())
        members[-1].share_purges(FAMILY)
        place._places.clear()  # as in a process of its own
        members[-1].purges()
        return members[-1]

    yield make
    members.clear()


def render(handler: MemoryCacheHandler, *tags: str) -> Entry:
    return Entry("k", 200, (), b"", time.time(), None, 1e9, tags, handler.purges().mark)


def fresh(handler: MemoryCacheHandler, entry: Entry) -> Freshness:
    return handler.purges().judge(entry, time.time())


@contextmanager
def limited(kind: int, most: int) -> Iterator[None]:
    """Lower a limit of this process meanwhile."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def test_a_purge_of_one_member_is_in_effect_for_all(join: Join) -> None:
    one, other = join(), join()
    ours, theirs, unrelated = render(one, "a"), render(other, "a"), render(other, "b")

    number = one.expire_tags(["a"])

    assert number > 0
    assert (fresh(one, ours), fresh(other, theirs)) == (Freshness.GONE, Freshness.GONE)
    assert fresh(other, unrelated) is Freshness.FRESH
    assert fresh(other, render(other, "a")) is Freshness.FRESH
    assert one.purges().number == other.purges().number == number


def test_a_soft_purge_of_one_member_makes_entries_of_the_others_stale(join: Join) -> None:
    one, other = join(), join()
    entry = render(other, "a")

    one.expire_tags(["a"], time.time() + 60)

    assert fresh(other, entry) is Freshness.STALE
    assert other.purges().judge(entry, time.time() + 61) is Freshness.GONE


@pytest.mark.parametrize("family", [Family("workers-other", "shop"), Family("workers-test", "blog")])
def test_other_families_and_applications_see_nothing_of_it(join: Join, family: Family) -> None:
    one, stranger = join(), MemoryCacheHandler()
    stranger.share_purges(family)
    entry = render(stranger, "a")

    one.expire_tags(["a"])

    assert fresh(stranger, entry) is Freshness.FRESH


@pytest.mark.parametrize("longest", [100, 1_000, 2**20])
def test_no_member_serves_what_was_purged_however_far_behind_it_is(
    join: Join, folder: Path, monkeypatch: pytest.MonkeyPatch, longest: int
) -> None:
    monkeypatch.setattr(log_module, "_LONGEST", longest)
    chance = random.Random(longest)
    members = [join() for _ in range(4)]
    purged_at: dict[str, int] = {}
    entries: list[tuple[MemoryCacheHandler, Entry, int]] = []

    kept = 0
    for turn in range(1, 1_500):
        member, tag = chance.choice(members), f"tag {chance.randrange(20)}"
        if chance.random() < 0.3:
            purged_at[tag] = turn
            member.expire_tags([tag])
        elif chance.random() < 0.3:
            entries.append((member, render(member, tag), turn))
        elif entries:
            owner, entry, at = chance.choice(entries)
            if purged_at.get(entry.tags[0], 0) > at:
                assert fresh(owner, entry) is Freshness.GONE
            else:
                kept += fresh(owner, entry) is Freshness.FRESH

    assert kept > (50 if longest > 100 else 0)
    assert (
        sum(file.stat().st_size for file in folder.glob("purges-*")) < 2 * longest + 1_000 if longest < 2**20 else True
    )


def test_the_folder_is_made_at_the_first_use_and_removed_by_the_last_member(folder: Path) -> None:
    members = [MemoryCacheHandler() for _ in range(3)]
    for member in members:
        member.share_purges(FAMILY)
    assert not folder.exists()

    members[0].purges()
    place._places.clear()  # the others are another process
    members[1].expire_tags(["a"])
    members[2].expire_tags(["a"])
    assert {file.name for file in folder.iterdir()} == {"board", "purges-0"}
    del member
    for left in (True, True, False):
        del members[0]
        gc.collect()
        assert folder.exists() is left


def test_applications_that_are_dropped_leave_nothing(folder: Path, tmp_path: Path) -> None:
    source = {"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}
    apps = [RouteHandlers(write_app(tmp_path / str(number), source)) for number in range(20)]
    assert not folder.parent.exists()
    for app in apps:
        app.test_client().get("/x")
    assert len(list(folder.parent.iterdir())) == 1
    assert len(open_files(folder.parent)) == 2

    del app, apps
    gc.collect()

    assert list(folder.parent.iterdir()) == []
    assert open_files(folder.parent) == []


def test_the_first_use_removes_folders_without_members_only(
    join: Join, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = MemoryCacheHandler()
    used.share_purges(Family("workers-used", "shop"))
    used.expire_tags(["a"])
    for name in ("workers-left", "other-left"):
        (folder.parent / name).mkdir(mode=0o700)
        (folder.parent / name / "board").touch(0o600)
    monkeypatch.setattr(membership, "_swept_by", 0)

    join().purges()

    assert {file.name for file in folder.parent.iterdir()} == {FAMILY.name, "workers-used", "other-left"}


@contextmanager
def a_locked_board(folder: Path) -> Iterator[None]:
    """As if another process had been stopped in the midst of a purge."""
    with (folder / "board").open("rb+") as board:
        fcntl.flock(board, fcntl.LOCK_EX)
        yield


@contextmanager
def a_full_disk(folder: Path) -> Iterator[None]:
    """Writes fail, as on a full disk."""
    with limited(resource.RLIMIT_FSIZE, (folder / "purges-0").stat().st_size + 5):
        yield


@pytest.mark.parametrize("trouble", [a_locked_board, a_full_disk], ids=lambda function: function.__name__)
def test_a_purge_that_cannot_be_written_is_in_effect_for_all(
    join: Join, folder: Path, caplog: pytest.LogCaptureFixture, trouble: Callable[[Path], AbstractContextManager[None]]
) -> None:
    one, other = join(), join()
    one.expire_tags(["x"])
    ours, theirs = render(one, "a"), render(other, "b")
    with trouble(folder), caplog.at_level(logging.WARNING, "routehandlers"):
        number = one.expire_tags(["a"])

    assert number > 0
    assert (fresh(one, ours), fresh(other, theirs)) == (Freshness.GONE, Freshness.GONE)
    assert "all workers drop all entries" in caplog.text
    entry = render(other, "a")
    assert fresh(other, entry) is Freshness.FRESH
    one.expire_tags(["a"])
    assert fresh(other, entry) is Freshness.GONE


@pytest.mark.parametrize("damage", ["half a line", "a line of garbage", "emptied", "removed", "made a folder"])
def test_a_damaged_log_never_hides_a_purge(join: Join, folder: Path, damage: str) -> None:
    one, other, idle = join(), join(), join()
    one.expire_tags(["x"])
    entries = [(member, render(member, "a")) for member in (one, other, idle)]
    one.expire_tags(["y"])
    assert fresh(*entries[1]) is Freshness.FRESH
    log = folder / "purges-0"
    if damage in {"half a line", "a line of garbage"}:
        with log.open("ab") as file:
            file.write(b'{"tags": ["a' + (b"" if damage == "half a line" else b"\xff\n"))
    elif damage == "emptied":
        log.write_bytes(b"")
    else:
        log.unlink()
        if damage == "made a folder":
            log.mkdir()

    other.expire_tags(["a"])

    assert {fresh(*entry) for entry in entries} == {Freshness.GONE}
    later = [(member, render(member, "a")) for member in (one, other, idle)]
    assert {fresh(*entry) for entry in later} == {Freshness.FRESH}
    one.expire_tags(["a"])
    assert {fresh(*entry) for entry in later} == {Freshness.GONE}


@pytest.mark.parametrize("removed", ["the folder", "the board"])
def test_members_meet_again_when_their_folder_was_removed(
    join: Join, folder: Path, monkeypatch: pytest.MonkeyPatch, removed: str
) -> None:
    monkeypatch.setattr(shared_purges, "_TRUST", 0.0)
    one, other = join(), join()
    entry = render(other, "a")
    if removed == "the folder":
        shutil.rmtree(folder)
    else:
        (folder / "board").unlink()

    one.expire_tags(["a"])

    assert fresh(other, entry) is Freshness.GONE
    again = render(other, "a")
    assert fresh(other, again) is Freshness.FRESH
    one.expire_tags(["a"])
    assert fresh(other, again) is Freshness.GONE


def test_without_free_descriptors_nothing_old_is_served_and_purges_are_sent_later(join: Join, folder: Path) -> None:
    one, other = join(), join()
    one.after_fork()  # as if it had just started
    place._places.clear()
    entry = render(other, "a")
    with limited(resource.RLIMIT_NOFILE, 0):
        number = one.expire_tags(["a"])
        alone = render(one, "b")
        assert fresh(one, alone) is Freshness.GONE
        assert fresh(other, entry) is Freshness.FRESH  # it needs no descriptor

    one.purges()

    assert number == 0  # reported: the purge is not in effect yet
    assert fresh(other, entry) is Freshness.GONE
    assert fresh(one, replace(alone, mark=one.purges().mark)) is Freshness.FRESH


def test_a_process_that_cannot_read_the_log_serves_nothing(join: Join, folder: Path) -> None:
    one, other = join(), join()
    entry = render(other, "a")
    one.expire_tags(["b"])
    with limited(resource.RLIMIT_NOFILE, 0):
        assert fresh(other, entry) is Freshness.GONE

    assert fresh(other, entry) is Freshness.FRESH


def test_where_no_folder_can_be_used_purges_reach_this_process_and_it_is_logged_once(
    join: Join, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_purges, "_TRUST", 0.0)
    elsewhere = folder.parent.with_name("elsewhere")
    elsewhere.mkdir()
    folder.parent.symlink_to(elsewhere)
    one, other = join(), join()

    with caplog.at_level(logging.WARNING, "routehandlers"):
        ours, theirs = render(one, "a"), render(other, "a")
        one.expire_tags(["a"])

    assert (fresh(one, ours), fresh(other, theirs)) == (Freshness.GONE, Freshness.FRESH)
    assert [one.shares_purges, other.shares_purges] == [False, False]
    assert len(caplog.messages) == 1
    assert "is not a folder" in caplog.text
    assert list(elsewhere.iterdir()) == []

    folder.parent.unlink()
    assert fresh(one, render(one, "a")) is Freshness.FRESH
    assert (one.shares_purges, fresh(one, ours)) == (True, Freshness.GONE)


def test_a_new_epoch_of_one_member_is_one_for_all(join: Join) -> None:
    one, other = join(), join()
    entry = render(other, "a")

    one.clear()

    assert fresh(other, entry) is Freshness.GONE
    assert fresh(other, render(other, "a")) is Freshness.FRESH


def test_a_forked_child_and_its_parent_share_purges(folder: Path, tmp_path: Path) -> None:
    source = "import itertools\nrevalidate = 60\ncalls = itertools.count(1)\ndef GET(): return str(next(calls))"
    app = RouteHandlers(write_app(tmp_path, {"x/route.py": source}))
    client = app.test_client()
    assert [client.get("/x").text for _ in range(2)] == ["1", "1"]

    child = os.fork()
    if child == 0:
        app.cache.revalidate_path("/x")
        os._exit(0)
    os.waitpid(child, 0)

    assert client.get("/x").text == "2"
    assert len(list(folder.parent.iterdir())) == 1


def test_a_family_is_the_folder_and_the_parent_process(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    names = [family_of(tmp_path), family_of(link), family_of(tmp_path / "other")]
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writing, family_of(tmp_path).name.encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert names[0] == names[1] == (names[2].name, names[0].application)
    assert names[0].application != names[2].application
    assert os.read(reading, 100).decode() not in ("", names[0].name)
    os.close(reading)
    os.close(writing)


def test_a_purge_after_the_folder_was_removed_reaches_a_worker_that_has_not_noticed(
    join: Join, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_purges, "_TRUST", 3600.0)  # no worker looks by itself
    reader, writer = join(), join()
    old = Entry("k", 200, (), b"", time.time(), None, 1e9, ("x",), reader.purges().mark)
    writer.sequence._trusted_until = 0.0  # type: ignore[attr-defined]
    shutil.rmtree(folder.parent)

    assert writer.expire_tags(["x"]) > 0

    assert reader.purges().judge(old, time.time()) is Freshness.GONE


def test_a_purge_that_cannot_reach_the_other_workers_yet_is_not_reported_as_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> place.Place:
        raise OSError(errno.EMFILE, "Too many open files", name)

    handler = MemoryCacheHandler()
    handler.share_purges(FAMILY)
    store = Store(handler, 0)
    with monkeypatch.context() as patch:
        patch.setattr(shared_purges, "enter", fail)
        assert store.expire_tags(["x"]) is False
        assert not folder.exists()

    assert store.expire_tags(["x"]) is True
