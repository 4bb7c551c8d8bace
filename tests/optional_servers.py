"""Servers that a developer may not have: Redis, and whoever asks for another by ``missing``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
from servers import Server, free_port, run


@contextmanager
def run_redis(port: int | None = None, *options: str) -> Iterator[Server]:
    """A Redis of one's own, which keeps nothing on the disk."""
    port = port or free_port()
    redis = shutil.which("redis-server")
    if redis is None:
        missing("redis-server", "apt-get install redis-server")
    command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *options]
    with run(command, port) as server:
        yield server


def missing(what: str, remedy: str) -> NoReturn:
    """A server is not installed: said by name on a developer's machine, a failure where everything is to be tested."""
    message = f"{what} is not installed. Get it with: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
