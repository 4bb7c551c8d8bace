"""Purges that all processes of a family see, from a private folder below the temporary folder.

If no such folder can be used, purges reach this process alone.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Iterable, Sequence

from ...exceptions import StorageError
from ..local_purges import LocalPurges
from ..purges import Purges
from .board import At
from .family import Family
from .log import Log
from .place import Place, enter
from .private_folder import PASSING

logger = logging.getLogger("routehandlers")

# Seconds between checks whether the folder has been removed by hand, or can be used again.
_TRUST = 1.0

# Seconds between two messages in the log.
_REPORTED_EVERY = 60.0

_NOT_JOINED: Sequence[int] = (0,)
_NEVER = -1


class SharedPurges:
    """Purges of a family. The folder is created or joined at the first use.

    :param family: See ``family_of()``.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        # Whether a purge has not reached the other workers.
        self._is_owing = False
        self._reported_at = -_REPORTED_EVERY
        self.after_fork()

    def after_fork(self) -> None:
        self._guard = threading.Lock()
        self._leave()

    def _leave(self) -> None:
        # Every hit compares these. They differ, so that the next one joins.
        self._seen = _NEVER
        self._numbers = _NOT_JOINED
        self._trusted_until = 0.0
        self._purges = Purges()
        self._joined: tuple[Place, Log] | None = None
        self._local: LocalPurges | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other processes see these purges. False if no temporary folder can be used."""
        return self._local is None

    def read(self) -> Purges:
        # Every hit comes through here.
        if self._numbers[0] == self._seen and time.monotonic() < self._trusted_until:
            return self._purges
        with self._guard:
            return self._read_more()

    def append(self, tags: Iterable[str], until: float | None) -> int:
        with self._guard:
            self._read_more()  # a purge must not go to a folder that has been removed
            joined, local = self._joined, self._local
            self._is_owing = self._is_owing or (joined is None and local is None)
        if local is not None:
            return local.append(tags, until)
        if joined is None:
            self._report("A purge reaches the other workers later, because this one cannot open its files.")
            return 0
        place, log = joined
        try:
            return log.append(tags, until)
        except (OSError, StorageError) as error:
            self._report(f"A purge could not be written, so all workers drop all entries of the cache: {error}")
            place.board.start_epoch()
            return max(1, place.board.numbers[At.END])

    def start_epoch(self) -> None:
        with self._guard:
            self._read_more()
            if self._local is not None:
                self._local.start_epoch()
                self._seen = _NEVER
            elif self._joined is not None:
                self._joined[0].board.start_epoch()

    def _read_more(self) -> Purges:
        try:
            if self._joined is None or not self._joined[0].board.is_in_place():
                self._join()
            if self._joined is None:
                assert self._local is not None, "it has joined, or is alone"
                self._purges = self._local.read()
                self._seen = self._numbers[0]
            else:
                seen = self._numbers[At.VERSION]  # before the log: a purge that comes meanwhile is seen next time
                self._purges = self._joined[1].read()
                self._seen = seen
        except OSError as error:
            self._report(f"The purges of other workers cannot be read, so nothing is served from the cache: {error}")
            self._seen = _NEVER
            return Purges()
        self._trusted_until = time.monotonic() + _TRUST
        return self._purges

    def _join(self) -> None:
        local = self._local
        if self._joined is not None:
            # The folder was removed. Workers that still use it drop their entries, and join the new one at once.
            self._joined[0].board.start_epoch()
        self._leave()
        try:
            place = enter(self._family.name)
        except OSError as error:
            if error.errno in PASSING:  # until then, serve no entries: the other workers share purges
                raise
            _warn_once(
                "revalidate_path() and revalidate_tag() reach only the worker that calls them, because the workers"
                f" cannot share a folder: {error}"
            )
            self._local = local or LocalPurges()
            return
        self._joined = place, Log(place, self._family.application)
        self._numbers = place.board.numbers
        if self._is_owing:
            self._is_owing = False
            place.board.start_epoch()

    def _report(self, message: str) -> None:
        if time.monotonic() - self._reported_at >= _REPORTED_EVERY:
            self._reported_at = time.monotonic()
            logger.warning("%s", message)


@functools.lru_cache(maxsize=16)
def _warn_once(message: str) -> None:
    logger.warning("%s", message)
