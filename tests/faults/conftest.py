"""Storages for the tests of faults of the cache."""

from __future__ import annotations

import pytest
from servers import Server


@pytest.fixture(params=["memory", "file", "redis"])
def storage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("store")
    if request.param == "redis":
        server: Server = request.getfixturevalue("redis_server")
        return f"redis://127.0.0.1:{server.port}?prefix={folder.name}&socket_timeout=10&strict=1"
    return "memory://" if request.param == "memory" else f"file://{folder}/cache"
