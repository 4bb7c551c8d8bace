"""Hits that are answered before there is a request: from the plan of a path, straight to ready bytes.

A plan holds no entry, only its key. Whatever is unusual about a request goes the
long way, which gives the same response or a better one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..._cache.policy import age_headers
from ..._cache.shared_caches import made_private
from ..._cache.store import Store
from ..._http.response.changes import Pairs
from ..._http.response.draft import COOKIE
from ..._http.response.response import STATUS_LINES
from ..._http.values.encoding import ACCUMULATED
from ...cache_handlers.memory import Held
from .plans import Plan

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment
    from ..scope.scope import Scope

# What is left for those around the application: the pattern, and the params as
# https://wsgi.readthedocs.io/en/latest/specifications/routing_args.html has them.
ROUTE, ROUTING_ARGS = "routehandlers.route", "wsgiorg.routing_args"

Answer = tuple[str, Pairs, Iterable[bytes]]


class Ready:
    """The stored response of a path.

    :param key: Of its entry.
    :param config_headers: What the configuration adds to it.
    """

    __slots__ = ("_made", "config_headers", "key", "pattern")

    def __init__(self, key: str, pattern: str, config_headers: tuple[tuple[str, str], ...]) -> None:
        self.key = key
        self.pattern = pattern
        self.config_headers = config_headers
        # The entry and the second of the clock for which the headers were made; one value, for the sake of threads.
        self._made: tuple[Held | None, int, Pairs] = None, -1, []

    def headers_at(self, held: Held, now: float) -> Pairs:
        """Return the headers of an entry at a time; they change once a second."""
        second = int(now)
        known, at, headers = self._made
        if held is not known or second != at:
            entry = held.entry
            headers = [*entry.headers, *age_headers(entry, now)]
            if entry.status not in {204, 304} and all(name != "Content-Length" for name, _ in headers):
                headers.append(("Content-Length", str(len(entry.body))))
            if self.config_headers:
                headers = _overlaid(headers, self.config_headers)
            self._made = held, second, headers
        return list(headers)


def _overlaid(headers: Pairs, over: tuple[tuple[str, str], ...]) -> Pairs:
    names = {name.lower() for name, _ in over} - ACCUMULATED
    headers = [*over, *(pair for pair in headers if pair[0].lower() not in names)]
    return made_private(headers) if any(name.lower() == "set-cookie" for name, _ in over) else headers


class Hits:
    """Answers of one application that are in memory.

    :param store: Where the entries are.
    :param good_hosts: Values of ``Host`` that were found good.
    """

    def __init__(self, store: Store, good_hosts: dict[str | None, None]) -> None:
        self._store = store
        self._good_hosts = good_hosts
        self.is_on = True

    def remember(self, scope: Scope, held: Held) -> None:
        """Note on the plan of a request that it was answered with an entry that is fresh."""
        plan = scope.plan
        if plan is None or not self.is_on or held.entry.fallback or scope.is_rewritten or not plan.is_unconditional:
            return
        if plan.found is None or plan.found[0].info.pattern != scope.route.pattern or scope.route.has_middleware:
            return
        if plan.ready is None:
            plan.ready = Ready(held.entry.key, scope.route.pattern, plan.config_headers or ())

    def answer(self, plan: Plan, environ: WSGIEnvironment) -> Answer | None:
        """Return the response to a plain ``GET`` of something fresh in memory, if this is that."""
        get = environ.get
        ready = plan.ready
        if (
            ready is None
            or get("REQUEST_METHOD") != "GET"
            or get("HTTP_HOST") not in self._good_hosts
            or "HTTP_AUTHORIZATION" in environ
            or "HTTP_IF_NONE_MATCH" in environ
            or "HTTP_IF_MODIFIED_SINCE" in environ
            or "HTTP_IF_MATCH" in environ
            or "HTTP_IF_UNMODIFIED_SINCE" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
            or "HTTP_UPGRADE" in environ
            or get("CONTENT_LENGTH")
            or COOKIE in get("HTTP_COOKIE", "")
        ):
            return None
        held = self._store.memory.held(ready.key)
        if held is None:
            return None
        purges = self._store.purges()
        if purges is None or held.checked != purges.version:
            return None
        now = time.time()
        if now >= held.until:
            return None
        environ[ROUTE] = ready.pattern
        environ[ROUTING_ARGS] = ((), plan.params())
        return STATUS_LINES[held.entry.status], ready.headers_at(held, now), held.body
