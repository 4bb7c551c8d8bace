"""Let concurrent callers of one key share one computation."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Landed = TypeVar("Landed")


class Flight(Generic[Landed]):
    """One computation that is running, with a result for all who wait."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._landed: Landed | None = None

    def wait(self, timeout: float) -> Landed | None:
        """Return the result, or ``None`` if there is none to share: then each caller must compute its own."""
        self._is_over.wait(timeout)
        return self._landed

    def land(self, landed: Landed | None) -> None:
        """Set the result for all waiting callers. With ``None``, they compute their own. Later calls do nothing."""
        if not self._is_over.is_set():
            self._landed = landed
            self._is_over.set()


class SingleFlight(Generic[Landed]):
    """Running computations of this process, by key."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight[Landed]] = {}
        self._guard = threading.Lock()

    def join(self, key: str) -> tuple[Flight[Landed], bool]:
        """Return the flight of a key, and whether the caller must compute its result."""
        with self._guard:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight()
            return flight, True

    def leave(self, key: str, flight: Flight[Landed]) -> None:
        """Remove a flight: the next caller starts another."""
        with self._guard:
            if self._flights.get(key) is flight:
                del self._flights[key]
