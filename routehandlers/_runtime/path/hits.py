"""Cache hits that are answered without a request object: from the plan of a path to the stored bytes.

A plan holds only the key of an entry. Unusual requests pass all stages, which give
the same response or a better one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..._cache.policy import headers_of_hit
from ..._cache.shared_caches import made_private
from ..._cache.store import Store
from ..._http.response.additions import Pairs, addition_of
from ..._http.response.draft import COOKIE
from ..._http.response.response import STATUS_LINES
from ...cache_handlers.memory import Held
from .plans import Plan

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment
    from ..scope.scope import Scope

# Keys of the environ that tell WSGI middleware the pattern and the params, as in
# https://wsgi.readthedocs.io/en/latest/specifications/routing_args.html
ROUTE, ROUTING_ARGS = "routehandlers.route", "wsgiorg.routing_args"

# Bounds of the queries of each route that are remembered: their number, and the characters of a query and its key.
MOST_READY = 1_000
_LONGEST_READY = 1_000

Answer = tuple[str, Pairs, Iterable[bytes]]


class Ready:
    """The stored response of a path.

    :param key: Key of its entry.
    :param config_headers: Headers that the configuration adds.
    """

    __slots__ = ("addition", "key", "pattern")

    def __init__(self, key: str, pattern: str, config_headers: tuple[tuple[str, str], ...]) -> None:
        self.key = key
        self.pattern = pattern
        self.addition = addition_of(config_headers) if config_headers else None


class ReadyQueries:
    """The stored responses of the queries of one route that has a query model.

    Each key is the plan of a path with the query as it was sent, so another spelling is another key.
    """

    def __init__(self) -> None:
        self._ready: dict[tuple[Plan, str], Ready] = {}
        self.get = self._ready.get

    def put(self, plan: Plan, query: str, ready: Ready) -> None:
        """Remember a response. The oldest is dropped for a new one."""
        if len(query) + len(ready.key) > _LONGEST_READY:
            return
        while len(self._ready) >= MOST_READY:
            with suppress(RuntimeError, StopIteration):  # another thread may change it at the same time
                self._ready.pop(next(iter(self._ready)), None)
        self._ready[plan, query] = ready


class Hits:
    """Responses of one application that are ready in memory.

    :param store: The store of the entries.
    :param good_hosts: Values of ``Host`` that are known to be valid.
    """

    def __init__(self, store: Store, good_hosts: dict[str | None, None]) -> None:
        self._store = store
        self._good_hosts = good_hosts
        self.is_on = True

    def remember(self, scope: Scope, held: Held, queries: ReadyQueries | None = None) -> None:
        """Note on the plan of a request that a fresh entry answered it.

        :param queries: The queries of the route, if it has a query model.
        """
        plan = scope.plan
        if plan is None or not self.is_on or held.entry.fallback or scope.is_rewritten or not plan.is_unconditional:
            return
        # A middleware that this request met must run for the next one, and one whose conditions did not hold for this
        # client (reading them is noted) may be met by another.
        if scope.met or scope.client_read:
            return
        if plan.found is None or plan.found[0].info.pattern != scope.route.pattern:
            return
        if queries is not None:
            if not plan.size:  # a plan for one request, as in Flask, which no other request would find
                return
            plan.queries = queries
            ready = Ready(held.entry.key, scope.route.pattern, plan.config_headers or ())
            queries.put(plan, scope.environ.get("QUERY_STRING") or "", ready)
        elif plan.ready is None:
            plan.ready = Ready(held.entry.key, scope.route.pattern, plan.config_headers or ())

    def answer(self, plan: Plan, environ: WSGIEnvironment) -> Answer | None:
        """Return the response if the request is a plain ``GET`` and its entry is fresh in memory."""
        get = environ.get
        ready = plan.ready
        if ready is None and plan.queries is not None:
            ready = plan.queries.get((plan, get("QUERY_STRING") or ""))
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
        now = time.time()
        held = self.fresh(ready.key, now)
        if held is None:
            return None
        environ[ROUTE] = ready.pattern
        assert plan.found is not None, "a response is ready for a route alone"
        environ[ROUTING_ARGS] = ((), plan.params() if plan.has_lists else dict(plan.found[1]))
        headers = headers_of_hit(held, now)
        if ready.addition is None:
            return STATUS_LINES[held.entry.status], [*headers], held.body
        headers = ready.addition.to(headers)
        if ready.addition.sets_cookie:
            headers = made_private(headers)
        return STATUS_LINES[held.entry.status], headers, held.body

    def fresh(self, key: str, now: float) -> Held | None:
        """Return the entry of a key if it is in memory and was fresh at the current version of the purges."""
        held = self._store.memory.held(key)
        if held is None:
            return None
        purges = self._store.purges()
        return held if purges is not None and held.checked == purges.version and now < held.until else None
