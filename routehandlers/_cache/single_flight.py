"""Let concurrent callers of one key share one computation."""

from __future__ import annotations

import threading
import time
from typing import Generic, TypeVar

Landed = TypeVar("Landed")


class Flight(Generic[Landed]):
    """One computation that is running, with a result for all who wait.

    :param purged: Number of purges that this process had made before it started.
    :ivar is_replacement: Whether it replaces a flight that was stuck.
    """

    def __init__(self, purged: int) -> None:
        self.purged = purged
        self.landed: Landed | None = None
        self.is_replacement = False
        self._successor: Flight[Landed] | None = None
        self._is_over = threading.Event()
        self._began_at: float | None = None

    def begin(self) -> None:
        """Record that the computation begins. Before, its caller has waited for other processes."""
        self._began_at = time.monotonic()

    def wait(self, deadline: float, until: float) -> bool:
        """Wait for the result, ``landed``. If it is ``None``, each caller must compute its own.

        :param deadline: Seconds after its begin at which the computation counts as stuck.
        :param until: Time, by the monotonic clock, at which the caller stops waiting.
        :return: Whether it is over.
        """
        while not self._is_over.is_set():
            now = time.monotonic()
            # Look again after a deadline even if it has not begun: it may begin meanwhile.
            end = min(until, now + deadline if self._began_at is None else self._began_at + deadline)
            if end <= now:
                return False
            self._is_over.wait(end - now)
        return True

    @property
    def is_overtaken(self) -> bool:
        """Whether a flight that replaced this one has a result already."""
        following = self._successor
        return following is not None and (following.landed is not None or following.is_overtaken)

    def replacement(self, purged: int) -> Flight[Landed]:
        """Return a flight that replaces this one. If this one lands after all, so does the other."""
        flight = self._successor = Flight(purged)
        flight.is_replacement = True
        return flight

    def land(self, landed: Landed | None, *, with_successors: bool = False) -> None:
        """Set the result for all waiting callers. With ``None``, they compute their own. Later calls do nothing.

        :param with_successors: Also for those who wait for the flights that have replaced this one.
        """
        if with_successors and self._successor is not None:
            self._successor.purged = min(self._successor.purged, self.purged)
            self._successor.land(landed, with_successors=True)
        if not self._is_over.is_set():
            self.landed = landed
            self._is_over.set()


class SingleFlight(Generic[Landed]):
    """Running computations of this process, by key."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight[Landed]] = {}
        self._guard = threading.Lock()

    def join(self, key: str, purged: int) -> tuple[Flight[Landed], bool]:
        """Return the flight of a key, and whether the caller must compute its result.

        :param purged: Number of purges that this process has made.
        """
        with self._guard:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight(purged)
            return flight, True

    def replace(self, key: str, stuck: Flight[Landed], purged: int) -> tuple[Flight[Landed], bool]:
        """Replace a flight that is stuck, unless another caller has done it. Return what ``join()`` returns."""
        with self._guard:
            flight = self._flights.get(key)
            if flight is not None and flight is not stuck:
                return flight, False
            flight = self._flights[key] = stuck.replacement(purged)
            return flight, True

    def leave(self, key: str, flight: Flight[Landed]) -> None:
        """Remove a flight: the next caller starts another."""
        with self._guard:
            if self._flights.get(key) is flight:
                del self._flights[key]
