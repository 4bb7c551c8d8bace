"""Keep failures of the storage away from requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger("routehandlers")

T = TypeVar("T")

# Seconds between two messages in the log.
_LOGGED_EVERY = 60.0

# Seconds for which a failed storage is not used. After them, one call tries it again.
PAUSE = 1.0


class FailureLog:
    """Log of failures of a storage: at most one message a minute."""

    def __init__(self) -> None:
        self._logged_at = -_LOGGED_EVERY

    def report(self, error: Exception) -> None:
        """Log a failure, unless one was logged within the last minute."""
        if time.monotonic() - self._logged_at >= _LOGGED_EVERY:
            self._logged_at = time.monotonic()
            logger.error("Cache storage failed; continuing without it: %s", error, exc_info=error)


class Breaker:
    """Circuit breaker: after a failure, calls return a default for a second.

    :param log: Log of failures.
    :ivar has_failed: Whether the last call failed.
    """

    def __init__(self, log: FailureLog) -> None:
        self.has_failed = False
        self._log = log
        self._next_try_at = 0.0

    def call(self, function: Callable[[], T], otherwise: T) -> T:
        """Call a function of the storage. Return ``otherwise`` if it fails, or if a call failed a moment ago."""
        if self.has_failed:
            if time.monotonic() < self._next_try_at:
                return otherwise
            self._next_try_at = time.monotonic() + PAUSE  # one thread tries, the others continue without
        try:
            result = function()
        except Exception as error:
            self.fail(error)
            return otherwise
        if self.has_failed:
            self.has_failed = False
            logger.info("Cache storage works again.")
        return result

    def fail(self, error: Exception) -> None:
        """Record a failure: do not use the storage for a second."""
        self.has_failed = True
        self._next_try_at = time.monotonic() + PAUSE
        self._log.report(error)
