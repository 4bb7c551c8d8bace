"""Folders below the temporary folder, where other users may have put something first."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import open_files

from routehandlers.cache_handlers._workers.private_folder import open_private_file, private_folder, private_root


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = os.umask(0)  # the mode must not depend on it
    yield folder
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_sec_54_a_private_folder_is_for_this_user_alone_and_is_used_again(temporary: Path) -> None:
    folder = private_folder("one")

    assert folder == temporary / f"routehandlers-{os.geteuid()}" / "one"
    assert (mode_of(folder), mode_of(folder.parent)) == (0o700, 0o700)
    assert private_folder("one") == folder


@pytest.mark.parametrize("level", ["root", "folder"])
def test_sec_54_a_link_in_place_of_a_folder_is_refused(temporary: Path, level: str) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    root = temporary / f"routehandlers-{os.geteuid()}"
    if level == "root":
        root.symlink_to(elsewhere)
    else:
        (private_root() / "one").symlink_to(elsewhere)

    with pytest.raises(OSError, match="is not a folder"):
        private_folder("one")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_sec_54_a_folder_that_other_users_may_use_is_refused(temporary: Path, mode: int) -> None:
    private_folder("one").chmod(mode)

    with pytest.raises(OSError, match=f"its mode is {mode:04o}"):
        private_folder("one")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_sec_54_a_folder_of_another_user_is_refused(temporary: Path) -> None:
    os.chown(private_folder("one"), 12345, -1)

    with pytest.raises(OSError, match="belongs to the user 12345"):
        private_folder("one")


def test_sec_54_a_temporary_folder_without_the_sticky_bit_is_refused(temporary: Path) -> None:
    temporary.chmod(0o777)

    with pytest.raises(OSError, match="sticky"):
        private_folder("one")


def test_sec_54_a_private_file_is_for_this_user_alone(temporary: Path) -> None:
    file = private_folder("one") / "file"

    descriptor = open_private_file(file)
    os.write(descriptor, b"text")
    os.close(descriptor)

    assert (mode_of(file), file.read_bytes()) == (0o600, b"text")
    with pytest.raises(FileNotFoundError):
        open_private_file(file.with_name("other"), os.O_RDONLY)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "of others"])
def test_sec_54_something_else_in_place_of_a_file_is_refused(temporary: Path, kind: str) -> None:
    file = private_folder("one") / "file"
    if kind == "link":
        (temporary / "target").touch(0o600)
        file.symlink_to(temporary / "target")
    elif kind == "pipe":
        os.mkfifo(file, 0o600)
    elif kind == "folder":
        file.mkdir(mode=0o700)
    else:
        file.touch(0o644)

    with pytest.raises(OSError, match="file"):
        open_private_file(file)
    assert open_files(temporary) == []
