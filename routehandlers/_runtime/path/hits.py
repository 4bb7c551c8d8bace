"""Hits that are answered before there is a request: from the path, straight to ready bytes.

It holds no entries, only which key a path led to. Whatever is unusual about a
request goes the long way, which gives the same answer or a better one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..._cache.policy import age_headers
from ..._cache.store import Store
from ..._http.request.path import target_of
from ..._http.response.draft import COOKIE
from ..._http.response.response import STATUS_LINES
from ...cache_handlers.memory import Held

if TYPE_CHECKING:
    from ...typing import Params, WSGIEnvironment
    from ..scope.scope import Scope

# Paths of which is known where they lead. They are found again in no time.
_MOST_PATHS = 100_000

# What is left for those around the application: the pattern, and the params as
# https://wsgi.readthedocs.io/en/latest/specifications/routing_args.html has them.
ROUTE, ROUTING_ARGS = "routehandlers.route", "wsgiorg.routing_args"

Ready = tuple[str, list[tuple[str, str]], Iterable[bytes]]


class Hits:
    """The paths of one application whose answers are in memory.

    :param store: Where the entries are.
    :ivar good_hosts: Values of ``Host`` that were found good.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: dict[str, tuple[str, str, tuple[tuple[()], Params]]] = {}
        self.good_hosts: set[str | None] = set()

    def remember(self, scope: Scope, held: Held) -> None:
        """A path was answered with an entry that is fresh."""
        environ = scope.environ
        target = target_of(environ)
        if environ.get("SCRIPT_NAME") or held.entry.fallback or (target is not None and "%" in target):
            return
        if len(self._places) >= _MOST_PATHS:
            self._places.clear()
        self._places[environ["PATH_INFO"]] = held.entry.key, scope.route.pattern, ((), scope.params)

    def find(self, environ: WSGIEnvironment) -> Ready | None:
        """The answer to a plain ``GET`` of something fresh in memory, if this is that."""
        get = environ.get
        place = self._places.get(get("PATH_INFO", ""))
        if (
            place is None
            or get("REQUEST_METHOD") != "GET"
            or get("HTTP_HOST") not in self.good_hosts
            or "HTTP_AUTHORIZATION" in environ
            or "HTTP_IF_NONE_MATCH" in environ
            or "HTTP_IF_MODIFIED_SINCE" in environ
            or "HTTP_IF_MATCH" in environ
            or "HTTP_IF_UNMODIFIED_SINCE" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
            or "HTTP_UPGRADE" in environ
            or get("CONTENT_LENGTH")
            or get("SCRIPT_NAME")
            or COOKIE in get("HTTP_COOKIE", "")
            or "%" in (get("RAW_URI") or get("REQUEST_URI") or "")
        ):
            return None
        held = self._store.memory.held(place[0])
        if held is None:
            return None
        purges = self._store.purges()
        if purges is None or held.checked != purges.version:
            return None
        now = time.time()
        if now >= held.until:
            return None
        if int(now) != held.second:
            held.headers = [*held.entry.headers, *age_headers(held.entry, now)]
            held.second = int(now)
        environ[ROUTE] = place[1]
        environ[ROUTING_ARGS] = place[2]
        return STATUS_LINES[held.entry.status], list(held.headers), held.body
