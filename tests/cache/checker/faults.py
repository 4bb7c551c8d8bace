"""Faults: what happens to a server while it is asked. Each is a context that ends the fault."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from cache.checker.site import Site
from servers import Server

# Bytes of a file. The datum has room in them; a response and the log of purges have none.
_ROOM = 600


@contextmanager
def killed(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Kill a worker. Gunicorn starts another."""
    with suppress(ProcessLookupError):
        os.kill(chance.choice(server.worker_pids()), signal.SIGKILL)
    yield


@contextmanager
def stopped(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Stop a worker, as the freezer of a container does, and let it continue."""
    pid = chance.choice(server.worker_pids())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def cut(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Close all connections to Redis, those for commands and those for messages."""
    assert site.redis is not None
    for kind in chance.sample(["normal", "pubsub"], 2):
        subprocess.run(
            ["redis-cli", "-p", str(site.redis.port), "CLIENT", "KILL", "TYPE", kind], check=True, capture_output=True
        )
    yield


@contextmanager
def hung(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Let Redis accept connections and answer nothing."""
    assert site.redis is not None
    os.kill(site.redis.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.redis.process.pid, signal.SIGCONT)


@contextmanager
def full(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Fill the disk of the storage."""
    assert server.request("POST", "/disk", body="").status == 200
    yield
    assert server.request("DELETE", "/disk").status == 200


@contextmanager
def limited(site: Site, server: Server, chance: random.Random) -> Iterator[None]:
    """Let all writes beyond some bytes of a file fail. It needs no rights, unlike a disk that is full."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in server.worker_pids()}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_ROOM, hard))
    yield
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


Fault = Callable[[Site, Server, random.Random], AbstractContextManager[None]]
FAULTS: dict[str, Fault] = {
    "killed": killed,
    "stopped": stopped,
    "cut": cut,
    "hung": hung,
    "full": full,
    "limited": limited,
}
