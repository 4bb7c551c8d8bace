"""What keeps the failures of a storage away from requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger("routehandlers")

T = TypeVar("T")

# Seconds for which a storage that failed is left alone: one request in so many pays for trying.
PAUSE = 1.0


class Breaker:
    """Keeps the failures of a storage away from requests.

    :param tell: Called with each failure.
    :ivar has_failed: Whether the last call did.
    """

    def __init__(self, tell: Callable[[Exception], None]) -> None:
        self.has_failed = False
        self._tell = tell
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
        self._tell(error)
