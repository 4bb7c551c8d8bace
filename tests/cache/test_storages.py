"""The promises of a storage, for each of them; and what is only one's own."""

from __future__ import annotations

import json
import os
import pickle
import random
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routehandlers._cache.freshness import Freshness
from routehandlers._cache.key import make_key
from routehandlers._cache.store import Store
from routehandlers.cache_handlers import CacheHandler, Entry, Mark, MemoryCacheHandler, clock, open_cache_handler
from routehandlers.cache_handlers._file import purge_log as purge_log_module
from routehandlers.cache_handlers.filesystem import FilesystemCacheHandler
from routehandlers.cache_handlers.frame import decode_frame, encode_frame
from routehandlers.exceptions import InvalidConfigError


@pytest.fixture
def handler(storage: str) -> CacheHandler:
    return open_cache_handler(storage, 50 * 2**20)


def entry(key: str = "k", body: bytes = b"body", mark: Mark | None = None, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "key": key, "status": 200, "headers": (("Content-Type", "text/plain"), ("X", "é")), "body": body,
        "created": time.time(), "revalidate": 60.0, "expire": 3600.0, "tags": ("a", "b"), "mark": mark or Mark("e", 1),
    }  # fmt: skip
    return Entry(**{**values, **more})


def test_what_is_set_is_got_and_what_is_deleted_is_not(handler: CacheHandler) -> None:
    one = entry(body=bytes(range(256)))

    handler.set(one)
    handler.set(replace(entry("other"), status=404, revalidate=None, fallback=True, retry_at=5.5))

    assert handler.get("k") == one
    assert handler.get("other") == replace(
        entry("other"), status=404, created=handler.get("other").created, revalidate=None, fallback=True, retry_at=5.5
    )  # type: ignore[union-attr]
    assert handler.get("nothing") is None
    assert {found.key for found in handler.entries()} == {"k", "other"}
    handler.delete("k")
    handler.delete("k")
    assert handler.get("k") is None


def test_an_entry_that_says_there_is_nothing_replaces_one_that_says_there_is(handler: CacheHandler) -> None:
    handler.set(entry())
    handler.set(entry(status=404, body=b"no"))

    assert handler.get("k").body == b"no"  # type: ignore[union-attr]
    assert len(list(handler.entries())) == 1
    handler.set(entry(body=b"yes"))
    assert handler.get("k").body == b"yes"  # type: ignore[union-attr]
    assert len(list(handler.entries())) == 1


def test_purges_are_numbered_in_their_order(handler: CacheHandler) -> None:
    first = handler.purges().mark

    numbers = [handler.expire_tags(["a"]), handler.expire_tags(["b", "c"]), handler.expire_tags([], None)]

    assert numbers == sorted(set(numbers))
    assert handler.purges().mark.epoch == first.epoch
    fresh, old = entry(mark=handler.purges().mark), entry(mark=first)
    assert handler.purges().judge(fresh, time.time()).value == "fresh"
    assert handler.purges().judge(old, time.time()).value == "gone"


def test_what_was_cleared_begins_another_count(handler: CacheHandler) -> None:
    handler.set(entry())
    before = handler.purges().mark

    handler.clear()

    assert list(handler.entries()) == []
    assert handler.purges().mark.epoch != before.epoch
    assert handler.purges().judge(entry(mark=before), time.time()).value == "gone"


def test_a_second_handler_of_a_shared_storage_sees_entries_and_purges(storage: str) -> None:
    if storage == "memory://":
        assert not open_cache_handler(storage, 1).is_shared
        return
    one, other = open_cache_handler(storage, 1), open_cache_handler(storage, 1)
    one.set(entry(mark=one.purges().mark))
    assert other.get("k") == one.get("k")

    for turn in range(50):
        writer, reader = (one, other) if turn % 2 else (other, one)
        mark = reader.purges().mark
        number = writer.expire_tags([f"t{turn}"], None if turn % 3 else 0.0)
        assert eventually(lambda: reader.purges().number == number)  # noqa: B023
        assert reader.purges().judge(entry(tags=(f"t{turn}",), mark=mark), 0).value == ("stale" if turn % 3 else "gone")


def eventually(condition: Any, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


def test_a_lock_is_one_s_at_a_time_and_ends_waiting(storage: str) -> None:
    if storage == "memory://":
        with open_cache_handler(storage, 1).lock("k", 0) as alone:
            assert alone.is_held
        return
    one, other = open_cache_handler(storage, 1), open_cache_handler(storage, 1)

    with one.lock("k", 1) as mine:
        begun = time.monotonic()
        with other.lock("k", 0.1) as theirs, other.lock("another", 0.1) as free:
            assert (mine.is_held, theirs.is_held, free.is_held) == (True, False, True)
        assert 0.05 < time.monotonic() - begun < 2
        mine.release()
        with other.lock("k", 1) as next_one:
            assert next_one.is_held
        mine.release()
    with one.lock("k", 0) as again:
        assert again.is_held


def test_the_counter_is_right_when_many_threads_purge_at_once(handler: CacheHandler) -> None:
    numbers: list[int] = []

    def purge() -> None:
        for turn in range(20):
            numbers.append(handler.expire_tags([f"t{turn}"]))

    threads = [threading.Thread(target=purge) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(numbers)) == 160
    assert handler.purges().number == max(numbers)


# Frames --------------------------------------------------------------------

TEXT = st.text(st.characters(blacklist_categories=("Cs",)))
HEADER = st.tuples(
    st.from_regex(r"X-[!#$%&'*+\-.^_`|~0-9A-Za-z]*", fullmatch=True),
    st.from_regex(r"[\t\x20-\x7e\x80-\xff]*", fullmatch=True),
)


@given(key=TEXT, body=st.binary(), headers=st.lists(HEADER), tags=st.lists(TEXT), number=st.integers(0))
def test_a_frame_gives_back_what_was_put_in(key: str, body: bytes, headers: Any, tags: Any, number: int) -> None:
    one = entry(key, body, Mark("e", number), headers=tuple(headers), tags=tuple(tags))

    assert decode_frame(encode_frame(one)) == one


@given(st.binary())
def test_whatever_is_no_frame_is_no_entry(data: bytes) -> None:
    assert decode_frame(data) is None
    assert decode_frame(b"RHC1" + data) is None


@given(st.data())
def test_a_frame_that_was_changed_or_cut_is_no_entry(data: st.DataObject) -> None:
    frame = bytearray(encode_frame(entry(created=1.5)))
    place = data.draw(st.integers(0, len(frame) - 1))
    cut = bytes(frame[:place])
    frame[place] ^= data.draw(st.integers(1, 255))

    assert decode_frame(bytes(frame)) is None
    assert decode_frame(cut) is None


def test_a_frame_of_another_version_or_of_pickle_is_no_entry() -> None:
    frame = encode_frame(entry())

    assert decode_frame(b"RHC2" + frame[4:]) is None
    assert decode_frame(pickle.dumps(entry())) is None


# Keys ----------------------------------------------------------------------

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def typed(value: Any) -> Any:
    """A value with its types, since 1 == True == 1.0 in Python, and with a sign for zero."""
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, tuple(typed(item) for item in value))
    if isinstance(value, dict):
        return ("dict", tuple((typed(key), typed(item)) for key, item in value.items()))
    return (type(value).__name__, repr(value))


@given(st.lists(VALUE, max_size=4), st.lists(VALUE, max_size=4))
def test_keys_are_equal_only_where_everything_is(one: list[Any], other: list[Any]) -> None:
    assert (make_key("x", *one) == make_key("x", *other)) == (typed(one) == typed(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["a,b"]), ([1], ["1"]), ([1], [True]), ([1], [1.0]), ([["a"], "b"], [["a", "b"]]), ([b"\xff"], [b"\xfe"]),
        ([b"a"], ["a"]), ([None], ["null"]), ([[]], [None]), ([{"a": 1}], [[["a", 1]]]), ([(1,)], [[1]]), (["\ud800"], ["\udfff"]),
    ],
)  # fmt: skip
def test_borders_types_and_bytes_are_part_of_a_key(one: list[Any], other: list[Any]) -> None:
    assert make_key("x", *one) != make_key("x", *other)


# Memory --------------------------------------------------------------------


def test_memory_keeps_within_its_bytes_whatever_happens() -> None:
    handler = MemoryCacheHandler(100_000)
    dice = random.Random(7)

    for turn in range(5_000):
        key = f"k{dice.randrange(300)}"
        if dice.random() < 0.2:
            handler.delete(key)
        else:
            status = 404 if dice.random() < 0.3 else 200
            handler.set(entry(key, b"x" * dice.randrange(8_000), status=status))
        assert handler.size <= 100_000
        if turn % 100 == 0:
            assert handler.size == sum(one.size for one in handler.entries())


def test_what_was_used_last_stays() -> None:
    handler = MemoryCacheHandler(100_000)
    handler.set(entry("keep", b"x" * 1000))

    for number in range(200):
        handler.set(entry(f"k{number}", b"x" * 1000))
        assert handler.get("keep") is not None

    assert handler.get("k0") is None


def test_what_is_not_there_never_pushes_out_what_is() -> None:
    handler = MemoryCacheHandler(200_000)
    handler.set(entry("good", b"x" * 1000))

    for number in range(1_000):
        handler.set(entry(f"missing{number}", b"", status=404))

    assert handler.get("good") is not None
    assert sum(one.status == 404 for one in handler.entries()) < 20


def test_the_bytes_that_are_counted_are_about_those_that_are_used() -> None:
    import tracemalloc

    handler = MemoryCacheHandler(2**30)
    tracemalloc.start()
    for number in range(2_000):
        key = make_key("route", "", "/items/[slug]", f"/items/{number}")
        tags = tuple(f"_N_T_/items/{number}/{part}" for part in range(4))
        headers = tuple((f"X-{part}", f"value {number}") for part in range(4))
        handler.set(entry(key, b"x" * 500 + str(number).encode(), tags=tags, headers=headers))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 0.5 < handler.size / used < 2


# Files ---------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> FilesystemCacheHandler:
    return FilesystemCacheHandler(tmp_path / "cache", max_size=200_000)


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "..%5c..%5c",
        "%2f",
        "C:\\x",
        "CON",
        "x" * 4_000,
        "a\0b",
        "‥／",
        "\ud800",
        "/",
        "",
        ".",
        "a/../b",
    ],
)
def test_sec_50_a_file_s_name_is_a_hash_and_lies_in_the_folder(files: FilesystemCacheHandler, key: str) -> None:
    files.set(entry(key))

    found = [file for file in files.directory.rglob("*") if file.suffix == ".entry"]
    assert len(found) == 1
    assert len(found[0].stem) == 64
    assert set(found[0].stem) <= set("0123456789abcdef")
    assert found[0].resolve().is_relative_to(files.directory.resolve())
    assert files.get(key).key == key  # type: ignore[union-attr]


def test_an_entry_under_another_s_name_is_no_entry(files: FilesystemCacheHandler) -> None:
    files.set(entry("one"))
    files.set(entry("other", b"secret"))
    one, other = (
        next(file for file in files.directory.glob("entries/*/*") if b'"key":"%s"' % key in file.read_bytes())
        for key in (b"one", b"other")
    )

    one.write_bytes(other.read_bytes())

    assert files.get("one") is None
    assert [found.key for found in files.entries()] == ["other"]


@pytest.mark.parametrize("damage", [b"", b"garbage", b"RHC1", b"RHC9" + b"x" * 100, None])
def test_sec_51_a_torn_or_foreign_file_is_a_miss(files: FilesystemCacheHandler, damage: bytes | None) -> None:
    files.set(entry())
    (file,) = files.directory.glob("entries/*/*")

    file.write_bytes(damage if damage is not None else file.read_bytes()[:-1])

    assert files.get("k") is None
    files.set(entry())
    assert files.get("k") is not None


def test_files_stay_within_their_bytes(files: FilesystemCacheHandler) -> None:
    dice = random.Random(7)

    for turn in range(600):
        status = 404 if dice.random() < 0.2 else 200
        files.set(entry(f"k{dice.randrange(150)}", os.urandom(dice.randrange(5_000)), status=status))
        if turn % 20 == 0:
            assert files.size <= 200_000
    assert files.size <= 200_000
    assert files.size > 100_000


def test_of_files_those_used_last_stay(files: FilesystemCacheHandler) -> None:
    files.set(entry("keep", b"x" * 1_000))
    for number in range(300):
        files.set(entry(f"k{number}", b"x" * 1_000))
        if number % 20 == 0:
            os.utime(
                files._file("entries", __import__("hashlib").sha256(b"keep").hexdigest()),
                (time.time() + number, time.time() + number),
            )

    assert files.get("keep") is not None
    assert files.get("k0") is None


def test_an_entry_over_the_bound_is_not_kept_and_takes_its_predecessor_with_it(files: FilesystemCacheHandler) -> None:
    files.set(entry())
    files.set(entry(body=b"x" * 300_000))

    assert files.get("k") is None
    assert files.size == 0


def test_a_wrong_count_of_bytes_mends_itself(files: FilesystemCacheHandler) -> None:
    files.set(entry())
    (files.directory / "size").write_bytes(b"garbage")
    for number in range(300):
        files.set(entry(f"k{number}", b"x" * 1_000))

    assert files.size <= 220_000
    for number in range(300):
        files.set(entry(f"j{number}", b"x" * 1_000))
    assert files.size <= 200_000


@pytest.mark.parametrize("damage", ["remove", "empty", "garbage", "torn", "folder"])
def test_a_log_of_purges_that_was_damaged_makes_nothing_old_fresh(files: FilesystemCacheHandler, damage: str) -> None:
    files.expire_tags(["x"])
    old = entry(mark=files.purges().mark)
    log = files.directory / "purges"

    if damage == "remove":
        log.unlink()
    elif damage == "empty":
        os.truncate(log, 0)
    elif damage == "folder":
        __import__("shutil").rmtree(files.directory)
    else:
        with log.open("ab") as file:
            file.write(b"garbage\n" if damage == "garbage" else b'{"tags": ["a"], "un')
    time.sleep(1.1 if damage in {"remove", "folder"} else 0)
    if damage == "torn":
        files.expire_tags(["other"])

    assert files.purges().judge(old, time.time()).value == "gone"
    new = entry(mark=files.purges().mark)
    assert files.purges().judge(new, time.time()).value == "fresh"
    files.expire_tags(["a"])
    assert files.purges().judge(new, time.time()).value == "gone"


def test_a_long_log_is_written_anew_and_readers_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_log_module, "_LONGEST", 4_000)
    writer, reader = (FilesystemCacheHandler(tmp_path / "cache") for _ in range(2))
    old = entry(tags=("first",), mark=reader.purges().mark)

    for number in range(300):
        mark = reader.purges().mark
        writer.expire_tags([f"t{number}"])
        assert reader.purges().judge(entry(tags=(f"t{number}",), mark=mark), 0).value == "gone"
        assert reader.purges().epoch == mark.epoch

    assert (tmp_path / "cache" / "purges").stat().st_size < 8_000
    assert reader.purges().judge(old, 0).value == "gone"  # older than what is remembered one by one


def test_a_purge_that_cannot_be_written_forgets_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    store.save(entry(mark=store.mark()))
    assert store.find("k") is not None
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if b"tags" in data:
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    store.expire_tags(["a"])
    assert store.find("k") is None
    monkeypatch.setattr(os, "write", write)
    time.sleep(1.1)

    assert store.find("k") is None
    store.save(entry(mark=store.mark()))
    found = store.find("k")
    assert found is not None
    assert found[1] is Freshness.FRESH


def test_a_folder_that_cannot_be_written_fails_no_request(tmp_path: Path, make_app: Any) -> None:
    (tmp_path / "file").write_text("not a folder")
    app = make_app({"x/route.py": "revalidate = 60\ndef GET(): return 'x'"}, cache=f"file://{tmp_path}/file/cache")

    answers = [app.test_client().get("/x") for _ in range(3)]

    assert [answer.text for answer in answers] == ["x"] * 3


def test_machines_whose_clocks_differ_agree_on_ages(tmp_path: Path) -> None:
    from freezegun import freeze_time

    handler = FilesystemCacheHandler(tmp_path / "cache")
    with freeze_time("2026-01-01 01:00") as ahead:
        theirs = Store(handler, 2**20)
        theirs.save(entry(mark=theirs.mark(), created=time.time()))
        ahead.tick(1)
    clock._skews.clear()  # as another machine, whose clock is an hour behind
    with freeze_time("2026-01-01 00:00") as here:
        ours = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
        found = ours.find("k")
        assert found is not None
        assert found[1] is Freshness.FRESH
        here.tick(61)
        found = ours.find("k")
        assert found is not None
        assert found[1] is Freshness.STALE


def test_an_entry_of_the_future_is_served_and_made_anew(tmp_path: Path) -> None:
    store = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    store.save(entry(mark=store.mark(), created=time.time() + 10_000))

    found = store.find("k")

    assert found is not None
    assert found[1] is Freshness.STALE


def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)
    writer.save(entry(mark=writer.mark()))
    clock._skews.clear()

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    reader = Store(FilesystemCacheHandler(tmp_path / "cache"), 2**20)

    assert [reader.find("k")[1] for _ in range(3)] == [Freshness.FRESH] * 3  # type: ignore[index]


# URLs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "memory:/x",
        "file://relative/x",
        "file:///",
        "file:///x?size=1",
        "file:///x?max_size=big",
        "ftp://x",
        "nothing",
        "memory://x",
    ],
)
def test_a_url_that_names_no_storage_is_refused_at_start(make_app: Any, url: str) -> None:
    with pytest.raises(InvalidConfigError, match="cache"):
        make_app({"route.py": "def GET(): return 'x'"}, cache=url)


def test_a_storage_of_one_s_own_is_taken(make_app: Any) -> None:
    class Mine:
        """All the methods of a memory, and none of its class."""

        is_shared = True

        def __init__(self) -> None:
            self.memory = MemoryCacheHandler()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.memory, name)

    mine = Mine()
    names = iter(["one", "two"])
    apps = [
        make_app({"x/route.py": "revalidate = 60\nNAMES = []\ndef GET(): return next(NAMES[0])"}, cache=mine)
        for _ in range(2)
    ]
    for app in apps:
        app.load("/x").NAMES.append(names)
    answers = [app.test_client().get("/x").text for app in apps]
    apps[0].cache.revalidate_path("/x")
    answers += [app.test_client().get("/x").text for app in apps]

    assert answers == ["one", "one", "two", "two"]
    assert [json.loads(one.key)[2] for one in mine.entries()] == ["/x"]
    with pytest.raises(InvalidConfigError, match="methods of a CacheHandler"):
        make_app({"x/route.py": "def GET(): return 'x'"}, cache=object())
