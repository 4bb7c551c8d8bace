"""The cache of one application: purges, renders that requests share, and refreshes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._hints import shorten
from ..cache_handlers.entry import Entry, Mark
from ..cache_handlers.memory import Held
from ..cache_handlers.purges import PATH_PREFIX
from ..exceptions import StorageError
from .freshness import Freshness, retry_after
from .key import LONGEST_TAG, layout_tag, path_tags, route_tag
from .life import PROFILES, Profiles, find_expire
from .refresh import LONGEST_REFRESH, Refresher
from .single_flight import Flight, SingleFlight
from .store import Store, is_same
from .targets import PurgeTargets, is_well_formed
from .turn import turn
from .unit import purge

logger = logging.getLogger("routehandlers")

# Seconds after which a render counts as stuck. Then one of the requests that wait for it renders in its place.
DEADLINE = 10.0

# Number of deadlines that a request waits in total. Then it renders itself: gunicorn kills a worker after 30 seconds.
_MOST_DEADLINES = 2

# Number of renders that a request waits for, if each is purged before it ends. Then the request renders itself.
_MOST_FLIGHTS = 2

# Maximum number of keys to remember whose last result could not be stored. Their requests do not wait for each other.
_MOST_UNSTORABLE = 10_000

# Maximum number of paths without an effect to warn of: clients may choose what a handler purges.
_MOST_WARNED = 1_000


@dataclass(frozen=True)
class Outcome:
    """Result of a render.

    :param entry: Entry to store, or an entry that is stored already.
    :param answer: Response or exception for the caller alone, if there is no entry.
    :param failure: Response or exception for all waiting callers. It is not stored.
    :param is_stored: Whether the storage accepted the entry.
    """

    entry: Entry | None = None
    answer: Any = None
    failure: Any = None
    is_stored: bool = False


# Renders. It calls its argument as soon as it knows that the result will not be stored: waiting callers then continue.
Make = Callable[[Callable[[], None]], Outcome]


class Cache:
    """Cache of an application, as ``app.cache``. Purge with it outside of requests, for example in scripts.

    :param targets: The paths that can be purged.
    :param expire_time: Seconds until a stored response is no longer served. Its own life can only be shorter.
    :param profiles: The cache lives that have a name.
    """

    def __init__(self, store: Store, targets: PurgeTargets, expire_time: float, profiles: Profiles = PROFILES) -> None:
        self.store = store
        self.expire_time = expire_time
        self.profiles = profiles
        self._targets = targets
        self._warned: set[int] = set()
        store.when_forked(self._reset)
        self._reset()

    def _reset(self) -> None:
        self._flights: SingleFlight[Outcome] = SingleFlight()
        self._refresher = Refresher()
        # By hashes: clients choose the paths in keys, and with them their length.
        self._unstorable: dict[int, None] = {}
        # Since when another process has been refreshing a key.
        self._refreshed_elsewhere: dict[int, float] = {}

    # Purges -----------------------------------------------------------------

    def revalidate_tag(self, tag: str, profile: str | Mapping[str, float] | None = None) -> bool:
        """Purge all entries with a tag. See ``routehandlers.cache.revalidate_tag``."""
        if not isinstance(tag, str):
            raise TypeError(f"A tag is a str, not {tag!r}. Call revalidate_tag() once for each tag.")
        if profile is None or (isinstance(profile, Mapping) and profile.get("expire") == 0):
            until: float | None = 0.0
        else:
            expire = find_expire(profile, self.profiles)
            # A year or more counts as without end.
            until = None if expire >= PROFILES["max"].expire else time.time() + expire
        if len(tag) > LONGEST_TAG and not tag.startswith(PATH_PREFIX):
            logger.warning(
                "revalidate_tag() has no effect: the tag has %d characters, %d are allowed.", len(tag), LONGEST_TAG
            )
            return False
        return purge(self.store, [tag], until)

    def revalidate_path(self, path: str, type: str | None = None) -> bool:
        """Purge the entries of a path. See ``routehandlers.cache.revalidate_path``."""
        if type not in {None, "page", "route", "layout"}:
            raise ValueError(f"type is {type!r}. Use 'page' or 'route' for one route, 'layout' for all routes below.")
        if not isinstance(path, str):
            raise TypeError(f"A path is a str, not {path!r}.")
        is_layout = type == "layout"
        self._warn_of_path(path, is_layout=is_layout)
        if not is_well_formed(path):
            return False
        # Purge also what has no effect here: another release of the application may have other routes.
        path = path.rstrip("/") or "/"
        if is_layout:
            return purge(self.store, [layout_tag(path)])
        is_route = path in self._targets.patterns
        return purge(self.store, {*path_tags(path), *([route_tag(path)] if is_route else [])})

    def _warn_of_path(self, path: str, *, is_layout: bool) -> None:
        """Log once if a path cannot be meant as it is written."""
        mark = hash((path, is_layout))
        if mark in self._warned or len(self._warned) >= _MOST_WARNED:
            return
        problem = self._targets.problem(path, is_layout=is_layout)
        if problem:
            self._warned.add(mark)
            logger.warning("revalidate_path(%s%s): %s", shorten(path), ', "layout"' if is_layout else "", problem)

    # Renders ----------------------------------------------------------------

    def mark(self) -> Mark:
        """Return the position in the sequence of purges. Take it before a render starts."""
        return self.store.mark()

    def find(self, key: str, also: Iterable[str] = ()) -> tuple[Held, Freshness] | None:
        """Return the entry of a key, and how fresh it is; ``None`` if there is none that may be served.

        :param also: Implicit tags of the reader: a purge of them counts as one of the entry's own tags.
        """
        return self.store.find(key, also)

    def once(self, key: str, make: Make, also: Iterable[str] = ()) -> Outcome:
        """Return the result for a key. If it is being rendered already, here or in another process, wait for it.

        :param also: Implicit tags of the reader, see ``find()``.
        """
        if hash(key) in self._unstorable:
            return self._save(key, make(lambda: None))
        until = time.monotonic() + _MOST_DEADLINES * DEADLINE
        purged, joined = self.store.purged, 1
        flight, is_mine = self._join(key, purged)
        while not is_mine:
            if not flight.wait(DEADLINE, until):
                if time.monotonic() >= until:
                    break
                flight, is_mine = self._flights.replace(key, flight, purged)
                continue
            made = flight.landed
            if made is None:
                break
            if self._may_share(made, flight, purged, also):
                return made
            # That render started before a purge which is older than this request.
            if joined == _MOST_FLIGHTS:
                break
            joined += 1
            self._flights.leave(key, flight)
            flight, is_mine = self._join(key, purged)
        if is_mine:
            return self._lead(key, make, flight, also)
        made = self._save(key, make(lambda: None))
        if made.entry is not None:  # those who still wait for a render that is stuck can have it
            flight.land(made, with_successors=True)
        return made

    def _join(self, key: str, purged: int) -> tuple[Flight[Outcome], bool]:
        flight, is_mine = self._flights.join(key, purged)
        if not is_mine and self.store.purges() is None:
            # Without the storage, the purges of other processes are unknown. That render may be older than one of them.
            self._flights.leave(key, flight)
            flight, is_mine = self._flights.join(key, purged)
        return flight, is_mine

    def _may_share(self, made: Outcome, flight: Flight[Outcome], purged: int, also: Iterable[str]) -> bool:
        if made.entry is not None:
            # Purges of other processes count, too. While the storage fails, they are unknown.
            return self.store.is_unpurged(made.entry, also)
        return flight.purged >= purged or self.store.purges() is not None

    def _lead(self, key: str, make: Make, flight: Flight[Outcome], also: Iterable[str]) -> Outcome:
        try:
            made = self._make_first(key, make, flight, also)
            if made.entry is not None or made.failure is not None:
                flight.land(made, with_successors=made.entry is not None)
            return made
        finally:
            flight.land(None)
            self._flights.leave(key, flight)

    def _make_first(self, key: str, make: Make, flight: Flight[Outcome], also: Iterable[str]) -> Outcome:
        # If the holder of the lock has rendered for too long, here or in another process, do not wait for it.
        is_stuck = flight.is_replacement or self._refresher.is_stuck(key) or self._is_stuck_elsewhere(key)
        patience = 0 if is_stuck else DEADLINE
        with turn(self.store, key, patience, DEADLINE, also) as (entry, end_turn):
            if entry is not None:  # another process has stored it in the meantime
                return Outcome(entry, is_stored=True)

            def release() -> None:
                flight.land(None)
                end_turn()

            flight.begin()
            made = make(release)
            # If it was stuck, another request has rendered in its place, later and so with newer data.
            return made if flight.is_overtaken else self._save(key, made)

    def _save(self, key: str, made: Outcome) -> Outcome:
        if made.entry is not None:
            self._unstorable.pop(hash(key), None)
            return replace(made, is_stored=self.store.save(made.entry))
        if made.failure is None:
            if len(self._unstorable) >= _MOST_UNSTORABLE:
                self._unstorable.clear()
            self._unstorable[hash(key)] = None
        return made

    def put(self, entry: Entry) -> bool:
        """Replace the entry of a key in all processes. Return false if its tags were purged meanwhile.

        A purge of the entry's first tag, which is unique to its URL, removes older entries from the memory of other
        processes. The entry counts as newer than that purge, unless its other tags were purged since its render
        started.
        """
        is_taken = self.store.expire_tags(entry.tags[:1])
        purges = self.store.purges()
        if purges is None or not is_taken:
            raise StorageError("The cache storage accepts no purges. The log says why.")
        if purges.judge(replace(entry, tags=entry.tags[1:]), time.time()) is not Freshness.FRESH:
            return False
        return self.store.save(replace(entry, mark=purges.mark))

    def refresh(self, entry: Entry, make: Make, also: Iterable[str] = ()) -> bool:
        """Refresh a stale entry in the background.

        :param also: Implicit tags of the reader, see ``find()``.
        :return: Whether the entry may be served meanwhile. Otherwise the caller must render.
        """
        now = time.time()
        if now < entry.retry_at:
            return True
        if self._is_stuck_elsewhere(entry.key):
            return False
        return self._refresher.submit(entry.key, lambda: self._refresh(entry.key, make, now, also))

    def _is_stuck_elsewhere(self, key: str) -> bool:
        since = self._refreshed_elsewhere.get(hash(key))
        return since is not None and time.monotonic() - since > LONGEST_REFRESH

    def _refresh(self, key: str, make: Make, asked_at: float, also: Iterable[str]) -> None:
        started_at = time.monotonic()
        with self.store.lock(key, 0) as lock:
            found = self.store.find(key, also)
            if found is None or found[1] is Freshness.FRESH:
                self._refreshed_elsewhere.pop(hash(key), None)
                return  # another process refreshed or purged it
            if self.store.is_shared and not lock.is_held:
                if len(self._refreshed_elsewhere) < _MOST_UNSTORABLE:
                    self._refreshed_elsewhere.setdefault(hash(key), started_at)
                return
            self._refreshed_elsewhere.pop(hash(key), None)
            made = make(lambda: None)
            now = self.store.find(key)
            is_same_entry = now is not None and is_same(now[0].entry, found[0].entry)
            if made.entry is not None:
                # If it was stuck, another request may have rendered in its place, later and so with newer data.
                if is_same_entry or time.monotonic() - started_at < LONGEST_REFRESH:
                    self.store.save(made.entry)
            elif is_same_entry:
                # The refresh failed. Keep the last good entry, and wait before the next try.
                entry = found[0].entry
                failed_at = asked_at + time.monotonic() - started_at
                self.store.save(replace(entry, retry_at=failed_at + retry_after(entry.revalidate)))
