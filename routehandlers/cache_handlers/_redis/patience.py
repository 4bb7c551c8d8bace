"""Bound the time that requests wait for Redis."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis

from ...exceptions import StorageError
from .deadline import deadline

logger = logging.getLogger("routehandlers")

# Seconds of a command that do not count: a request that waits for the render of another process asks many times.
_QUICK = 0.05

# Seconds between two looks whether Redis works again.
_PROBED_EVERY = 0.5

# Long enough that a server which sends a byte at a time does not pass for one that works.
_PROBE = b"x" * 1_000

# What redis-py raises if Redis has not answered.
UNANSWERED = (redis.ConnectionError, redis.TimeoutError)


class Patience:
    """Seconds that a request waits for Redis, and whether it waits at all.

    When Redis has not answered in time, requests do not wait for it until it answers a thread in the background.

    :param seconds: For all commands of one request.
    """

    def __init__(self, client: Any, seconds: float) -> None:
        self.seconds = seconds
        self._client = client
        self.after_fork()

    def after_fork(self) -> None:
        self.is_down = False
        self._recoveries = 0
        self._guard = threading.Lock()
        self._request = threading.local()

    def begin_request(self) -> bool:
        """Let the following commands of this thread share one deadline. Return false if they do already."""
        if getattr(self._request, "left", None) is not None:
            return False
        self._request.left, self._request.recoveries = self.seconds, self._recoveries
        return True

    def end_request(self) -> None:
        """Give each following command a deadline of its own, for example in a script."""
        self._request.left = None

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """Run commands of a request.

        :raise StorageError: At once, while Redis does not work, or if the request has no time left.
        """
        if self.is_down:
            raise StorageError("Redis has not answered in time. Requests do not wait for it until it works again.")
        left = self._time_left()
        if left <= 0:
            self.fail()
            raise StorageError(f"The answers of Redis took a request more than {self.seconds:g} seconds.")
        started_at = time.monotonic()
        try:
            with deadline(left):
                yield
        except UNANSWERED:
            self.fail()
            raise
        finally:
            took = time.monotonic() - started_at
            if took > _QUICK and getattr(self._request, "left", None) is not None:
                self._request.left = left - took

    def _time_left(self) -> float:
        left: float | None = getattr(self._request, "left", None)
        if left is None:
            return self.seconds
        if self._request.recoveries != self._recoveries:
            left, self._request.recoveries = self.seconds, self._recoveries
        return left

    def fail(self) -> None:
        """Do not let requests wait for Redis until it works again."""
        with self._guard:
            if self.is_down:
                return
            self.is_down = True
        try:  # without the guard: greenlets switch here
            threading.Thread(target=self._probe, name="routehandlers-probe", daemon=True).start()
        except RuntimeError:  # the interpreter is shutting down
            self.is_down = False

    def _probe(self) -> None:
        while not self._is_answered():
            time.sleep(_PROBED_EVERY)
        with self._guard:
            self.is_down = False
            self._recoveries += 1

    def _is_answered(self) -> bool:
        drop_idle_connections(self._client)
        try:
            with deadline(self.seconds):
                self._client.echo(_PROBE)
        except redis.ResponseError:  # ECHO is not allowed, but Redis has answered
            return True
        except Exception as error:
            logger.debug("Redis still does not answer: %r", error)
            return False
        return True


def drop_idle_connections(client: Any) -> None:
    """Close connections that no thread is using. If one of them is broken, the others probably are, too."""
    pool = getattr(client, "connection_pool", None)  # clients of a cluster have several
    if pool is not None:
        with suppress(Exception):
            pool.disconnect(inuse_connections=False)
