"""Purges of a unit of work, to repeat when its resources have ended.

A purge takes effect when it is called. If a transaction commits later, a request
in between may have stored what the commit changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .._http.values.current import SCOPE
from .store import Store


class PurgesOfUnit:
    """The purges that were made in one unit of work."""

    def __init__(self) -> None:
        # An ordered set.
        self._noted: dict[tuple[Store, frozenset[str], float | None], None] = {}

    def note(self, store: Store, tags: Iterable[str], until: float | None) -> None:
        """Note a purge, to repeat it."""
        self._noted[store, frozenset(tags), until] = None

    def repeat(self, *, is_last: bool = True) -> bool:
        """Make the noted purges again, with new numbers. Return whether the storage has accepted all of them.

        :param is_last: Whether to forget them. Otherwise they will be repeated once more.
        """
        noted = self._noted
        if is_last:
            self._noted = {}
        accepted = [store.expire_tags(tags, until) for store, tags, until in noted]
        return all(accepted)


_current: ContextVar[PurgesOfUnit | None] = ContextVar("routehandlers_purges_of_unit", default=None)


@contextmanager
def noted_purges() -> Iterator[PurgesOfUnit]:
    """Note the purges that are made in this context. The caller repeats them, also in another thread."""
    noted = PurgesOfUnit()
    token = _current.set(noted)
    try:
        yield noted
    finally:
        _current.reset(token)


def purge(store: Store, tags: Iterable[str], until: float | None = 0.0) -> bool:
    """Purge tags, and note it for the end of the unit of work. Return whether the storage has accepted the purge."""
    tags = tuple(tags)
    noted = _current.get()
    if noted is not None:
        noted.note(store, tags, until)
    scope = SCOPE.get(None)
    if scope is not None:  # a request, whose resources may be opened later
        scope.purges.note(store, tags, until)
    return store.expire_tags(tags, until)
