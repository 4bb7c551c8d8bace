"""What keeps the failures of a storage away from requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger("routehandlers")

T = TypeVar("T")

# Seconds between two words about it in the log.
_LOGGED_EVERY = 60.0

# Seconds for which a storage that failed is left alone: one request in so many pays for trying.
PAUSE = 1.0


class FailureLog:
    """Logs the failures of a storage, once a minute."""

    def __init__(self) -> None:
        self._logged_at = -_LOGGED_EVERY

    def report(self, error: Exception) -> None:
        if time.monotonic() - self._logged_at >= _LOGGED_EVERY:
            self._logged_at = time.monotonic()
            logger.error("The cache's storage fails, and is done without: %s", error, exc_info=error)


class Breaker:
    """Keeps the failures of a storage away from requests.

    :param log: Reports each failure.
    :ivar has_failed: Whether the last call did.
    """

    def __init__(self, log: FailureLog) -> None:
        self.has_failed = False
        self._log = log
        self._tried_again_at = 0.0

    def call(self, function: Callable[[], T], otherwise: T) -> T:
        """What a function of the storage gives, or ``otherwise`` if it fails or has just failed."""
        if self.has_failed:
            if time.monotonic() < self._tried_again_at:
                return otherwise
            self._tried_again_at = time.monotonic() + PAUSE  # one tries, and the others go on without
        try:
            result = function()
        except Exception as error:
            self.fail(error)
            return otherwise
        if self.has_failed:
            self.has_failed = False
            logger.info("The cache's storage works again.")
        return result

    def fail(self, error: Exception) -> None:
        """A call failed: leave the storage alone for a while."""
        self.has_failed = True
        self._tried_again_at = time.monotonic() + PAUSE
        self._log.report(error)
