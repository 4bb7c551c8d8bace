"""Of those who want the same at the same time, one makes it, and the others wait for it."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Landed = TypeVar("Landed")


class Flight(Generic[Landed]):
    """Something that is being made, once."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._landed: Landed | None = None

    def wait(self, timeout: float) -> Landed | None:
        """What was made, or ``None`` where everyone has to make their own."""
        self._is_over.wait(timeout)
        return self._landed

    def land(self, landed: Landed | None) -> None:
        """Give it to all who wait, or send them off with ``None``. Only the first time counts."""
        if not self._is_over.is_set():
            self._landed = landed
            self._is_over.set()


class SingleFlight(Generic[Landed]):
    """What is being made in this process."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight[Landed]] = {}
        self._guard = threading.Lock()

    def join(self, key: str) -> tuple[Flight[Landed], bool]:
        """The flight of a key, and whether it is the caller's to make."""
        with self._guard:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight()
            return flight, True

    def leave(self, key: str, flight: Flight[Landed]) -> None:
        """Whoever comes now begins another."""
        with self._guard:
            if self._flights.get(key) is flight:
                del self._flights[key]
