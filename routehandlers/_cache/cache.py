"""The cache of one application: what is stored, who makes it, and what forgets it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..cache_handlers.entry import Entry, Mark
from ..cache_handlers.memory import Held
from ..exceptions import StorageError
from .freshness import Freshness, retry_after
from .key import LONGEST_TAG, layout_tag, path_tags, route_tag
from .life import find_life
from .refresh import LONGEST_REFRESH, Refresher
from .single_flight import Flight, SingleFlight
from .store import Store, is_same

logger = logging.getLogger("routehandlers")

# Seconds that one waits for another's render before making one's own.
DEADLINE = 15.0

# Renders that one waits for, where each is purged before it is done; then one makes one's own.
_MOST_FLIGHTS = 2

# Keys that could not be stored last time: nobody waits for them.
_MOST_UNSTORABLE = 10_000

_LONGEST_PATH = 1_024  # Next's


@dataclass(frozen=True)
class Made:
    """What came of a render.

    :param entry: To be stored, or stored already.
    :param answer: The maker's own, where nothing is stored; an exception may be one.
    :param failure: What is for all who waited, though it is not stored: an answer or an exception.
    :param is_stored: Whether the storage took the entry.
    """

    entry: Entry | None = None
    answer: Any = None
    failure: Any = None
    is_stored: bool = False


# Makes something. What it is given is called as soon as it will not be stored, so that nobody waits longer.
Make = Callable[[Callable[[], None]], Made]


class Cache:
    """``app.cache``: forgets stored answers, also outside of requests.

    :param patterns: Of the application's routes, for messages.
    :param expire_time: Seconds after which nothing is served any more.
    """

    def __init__(self, store: Store, patterns: Collection[str], expire_time: float) -> None:
        self.store = store
        self.expire_time = expire_time
        self._patterns = patterns
        store.when_forked(self._reset)
        self._reset()

    def _reset(self) -> None:
        self._flights: SingleFlight[Made] = SingleFlight()
        self._refresher = Refresher()
        self._unstorable: dict[str, None] = {}
        # Since when a key is another process's to refresh.
        self._elsewhere: dict[str, float] = {}

    # Purges -----------------------------------------------------------------

    def revalidate_tag(self, tag: str, profile: str | Mapping[str, float] | None = None) -> None:
        """Forget every stored answer that carries a tag. See ``routehandlers.cache.revalidate_tag``."""
        if not isinstance(tag, str):
            raise TypeError(f"A tag is a text, not {tag!r}. Call it once for each.")
        if profile is None or (isinstance(profile, Mapping) and profile.get("expire") == 0):
            until: float | None = 0.0
        else:
            expire = find_life(profile).expire
            # A year is for good, as far as a purge goes.
            until = None if expire >= find_life("max").expire else time.time() + expire
        if len(tag) > LONGEST_TAG and not tag.startswith("_N_T_"):
            logger.warning("revalidate_tag() was given %d characters; nothing has so long a tag.", len(tag))
            return
        self.store.expire_tags([tag], until)

    def revalidate_path(self, path: str, type: str | None = None) -> None:
        """Forget the stored answers of a path. See ``routehandlers.cache.revalidate_path``."""
        if type not in {None, "page", "route", "layout"}:
            raise ValueError(f"type is {type!r}. It can be 'page' or 'route' for one route, or 'layout' for all below.")
        if not isinstance(path, str):
            raise TypeError(f"A path is a text, not {path!r}.")
        if not path.startswith("/") or len(path) > _LONGEST_PATH or "?" in path:
            logger.warning(
                "revalidate_path(%r) has no effect: it takes a slash, no query, and %d characters at most.",
                path[:80],
                _LONGEST_PATH,
            )
            return
        path = path.rstrip("/") or "/"
        if type == "layout":
            self.store.expire_tags([layout_tag(path)])
            return
        is_route = path in self._patterns
        if not is_route and "[" in path:
            logger.warning("revalidate_path(%r): there is no such route, and it is taken literally.", path)
        self.store.expire_tags({*path_tags(path), *([route_tag(path)] if is_route else [])})

    # Renders ----------------------------------------------------------------

    def mark(self) -> Mark:
        return self.store.mark()

    def find(self, key: str) -> tuple[Held, Freshness] | None:
        """What is stored under a key and may be served."""
        return self.store.find(key)

    def once(self, key: str, make: Make) -> Made:
        """What is made under a key: by the caller, or by whoever is at it already, in this process or another."""
        if key in self._unstorable:
            return self._keep(key, make(lambda: None))
        for _ in range(_MOST_FLIGHTS):
            flight, is_mine = self._flights.join(key)
            if is_mine:
                return self._lead(key, make, flight)
            made = flight.wait(DEADLINE)
            if made is None:
                break
            if made.entry is None or self.store.is_unpurged(made.entry):
                return made
            # It began before a purge that is older than this request.
            self._flights.leave(key, flight)
        return self._keep(key, make(lambda: None))

    def _lead(self, key: str, make: Make, flight: Flight[Made]) -> Made:
        try:
            made = self._make_first(key, make, flight)
            if made.entry is not None or made.failure is not None:
                flight.land(made)
            return made
        finally:
            flight.land(None)
            self._flights.leave(key, flight)

    def _make_first(self, key: str, make: Make, flight: Flight[Made]) -> Made:
        # Who is refreshing it elsewhere has been at it for too long to be waited for.
        patience = 0 if self._is_late_elsewhere(key) else DEADLINE
        with self.store.lock(key, patience) as lock:

            def release() -> None:
                flight.land(None)
                lock.release()

            # Somebody may have made it since it was looked for.
            found = self.store.find(key)
            if found is not None and found[1] is Freshness.FRESH:
                return Made(found[0].entry, is_stored=True)
            return self._keep(key, make(release))

    def _keep(self, key: str, made: Made) -> Made:
        if made.entry is not None:
            self._unstorable.pop(key, None)
            return replace(made, is_stored=self.store.save(made.entry))
        if made.failure is None:
            if len(self._unstorable) >= _MOST_UNSTORABLE:
                self._unstorable.clear()
            self._unstorable[key] = None
        return made

    def put(self, entry: Entry) -> bool:
        """Keep an entry in place of whatever is there, in all processes; false if its tags were purged meanwhile.

        What others hold in memory is purged by the entry's first tag, that of its place. The entry counts as newer
        than that purge, unless there was another one after it had begun.
        """
        is_taken = self.store.expire_tags(entry.tags[:1])
        purges = self.store.purges()
        if purges is None or not is_taken:
            raise StorageError("The cache's storage takes nothing; the log says why.")
        if purges.judge(replace(entry, tags=entry.tags[1:]), time.time()) is not Freshness.FRESH:
            return False
        return self.store.save(replace(entry, mark=purges.mark))

    def refresh(self, entry: Entry, make: Make) -> bool:
        """See to it that a stale entry is made anew in the background.

        :return: Whether it may be served meanwhile. Otherwise it is the caller's to make.
        """
        now = time.time()
        if now < entry.retry_at:
            return True
        if self._is_late_elsewhere(entry.key):
            return False
        return self._refresher.submit(entry.key, lambda: self._refresh(entry.key, make, now))

    def _is_late_elsewhere(self, key: str) -> bool:
        since = self._elsewhere.get(key)
        return since is not None and time.monotonic() - since > LONGEST_REFRESH

    def _refresh(self, key: str, make: Make, asked_at: float) -> None:
        begun = time.monotonic()
        with self.store.lock(key, 0) as lock:
            found = self.store.find(key)
            if found is None or found[1] is Freshness.FRESH:
                self._elsewhere.pop(key, None)
                return  # another process was at it
            if self.store.is_shared and not lock.is_held:
                if len(self._elsewhere) < _MOST_UNSTORABLE:
                    self._elsewhere.setdefault(key, begun)
                return
            self._elsewhere.pop(key, None)
            made = make(lambda: None)
            if made.entry is not None:
                self.store.save(made.entry)
                return
            # It failed. The last good answer stays, and the next try waits.
            now = self.store.find(key)
            if now is not None and is_same(now[0].entry, found[0].entry):
                entry = found[0].entry
                failed_at = asked_at + time.monotonic() - begun
                self.store.save(replace(entry, retry_at=failed_at + retry_after(entry.revalidate)))
