"""Each test of the cache that asks for a ``storage`` runs with all three."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from servers import Server

_prefixes = itertools.count()


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the private files of the cache apart from those of other tests, and out of the machine's folder."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    monkeypatch.setattr(tempfile, "tempdir", folder)
    monkeypatch.setenv("TMPDIR", folder)


@pytest.fixture(params=["memory", "file", "redis"])
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an empty storage."""
    if request.param == "memory":
        return "memory://"
    if request.param == "file":
        return f"file://{tmp_path_factory.mktemp('store')}/cache"
    server: Server = request.getfixturevalue("redis_server")
    # A machine with more processes than processors may keep Redis from answering within the half second of the default.
    return f"redis://127.0.0.1:{server.port}?prefix=test{next(_prefixes)}&socket_timeout=10"


@pytest.fixture
def folder_storage(tmp_path: Path) -> str:
    return f"file://{tmp_path}/cache"
