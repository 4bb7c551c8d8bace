"""The cache stage: a stored answer, or a render that becomes one.

https://nextjs.org/docs/app/guides/incremental-static-regeneration
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._cache.cache import Cache, Make, Outcome
from ..._cache.freshness import Freshness
from ..._cache.key import LONGEST_KEY, layout_tags, make_key, path_tag, route_tag
from ..._cache.policy import PRIVATE, age_headers, headers_of_hit
from ..._cache.render import Reading, Render, TurnedDynamicError
from ..._cache.shared_caches import made_private, unstored, with_cache_control
from ..._http.request.vary import NO_VARY, Vary
from ..._http.request.watched import environ_without_client, pathname_of
from ..._http.response.changes import headers_of, own_copy
from ..._http.response.response import Response, made_response
from ..._routing.spelling import from_matching
from ...cache_handlers.base import Entry
from ...cache_handlers.memory import Held
from ..answer.bodies import end
from ..answer.failures import fallback
from ..answer.reporting import report
from ..path.hits import Hits
from ..scope.render_scope import RenderScope
from ..scope.scope import RouteInfo, Scope
from .plain import Endpoint
from .render import render

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._start.loader import RouteModule
    from ...config import Config
    from ...typing import Params, WSGIEnvironment
    from ..scope.framework import MakeRenderContext

# A catch-all may match hundreds of segments; so many folders of a path can be purged with what is below them.
_DEEPEST = 16

logger = logging.getLogger("routehandlers")


@dataclass(frozen=True)
class CachePolicy:
    """What a route's constants say of its cache.

    :param period: Seconds until its answers are stale; ``None`` for as long as possible.
    :param reading: What happens when its handler reads something of a client.
    :param vary: What its key covers beside the path.
    :param is_public: Whether answers to known clients may be kept by others than us.
    :param has_head: Whether it has a HEAD of its own.
    """

    period: float | None
    reading: Reading
    vary: Vary
    is_public: bool
    has_head: bool


_READINGS = {"auto": Reading.DYNAMIC, "error": Reading.ERROR, "force-static": Reading.EMPTY}


def policy_of(route: RouteModule) -> CachePolicy:
    """The policy that a module's constants make."""
    config = route.config
    return CachePolicy(
        period=config.revalidate or None,
        reading=_READINGS[config.dynamic],
        vary=Vary.of(config.vary) if config.vary else NO_VARY,
        is_public=config.public,
        has_head="HEAD" in route.handlers,
    )


class CachedEndpoint:
    """A route whose ``GET`` is cached, ready to be called.

    :param endpoint: The route as if it were not.
    """

    def __init__(self, endpoint: Endpoint, policy: CachePolicy, info: RouteInfo, hits: Hits, config: Config) -> None:
        self.info = info
        self.methods: tuple[str, ...] = endpoint.methods
        self.policy = policy
        self._endpoint = endpoint
        self._cache: Cache = info.cache
        self._hits = hits
        self._config = config
        self._route_tags = (route_tag(info.pattern), *layout_tags([part for part in info.pattern.split("/") if part]))
        self._covered = frozenset((*policy.vary.headers, *(("cookie",) if policy.vary.cookies else ())))
        self._has_vary = policy.vary != NO_VARY
        self._vary_header = policy.vary.header

    def failed(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        """Return the response to an unexpected exception."""
        return self._tell(self._endpoint.failed(scope, error), None)

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Return the response to a request, from the cache where it may be.

        :raise Exception: Any unexpected exception of the handler.
        """
        method = scope.environ["REQUEST_METHOD"]
        if method != "GET" and (method != "HEAD" or self.policy.has_head):
            return self._endpoint.respond(scope)
        if scope.is_draft:
            return self._bypass(scope, "draft mode")
        plan = scope.plan
        known = plan.key if plan is not None and plan.found is not None and plan.found[0] is self else None
        if known is None or scope.is_rewritten:
            key = self.key_of(scope)
        else:
            key, now = known, time.time()
            fresh = self._hits.fresh(key, now)
            if fresh is not None:
                return self._send_fresh(scope, fresh, now)
        if len(key) > LONGEST_KEY:
            return self._bypass(scope, "the length of the path")
        found = self._cache.find(key)
        if found is not None:
            held, freshness = found
            if freshness is Freshness.FRESH:
                return self._send_fresh(scope, held, time.time())
            if self._cache.refresh(held.entry, self._refresher(scope, key)):
                return self._send(scope, held.entry, is_stale=True)
        return self._answer_anew(scope, key)

    def key_of(self, scope: Scope) -> str:
        """The key of a request's answer."""
        environ = scope.environ
        # A handler that was rewritten to sees the client's path, which is another for each source.
        kind = "rewritten" if scope.is_rewritten else "route"
        values = self.policy.vary.values(environ) if self._has_vary else ()
        key = make_key(kind, environ.get("SCRIPT_NAME") or "", self.info.pattern, scope.path, *values)
        plan = scope.plan
        is_lasting = not (self._has_vary or scope.is_rewritten)
        if is_lasting and plan is not None and plan.found is not None and plan.found[0] is self:
            plan.key = key
        return key

    def tags_of(self, path: str) -> tuple[str, ...]:
        """The tags that an entry has by its place."""
        segments = from_matching(path)
        return (path_tag(segments), *self._route_tags, *layout_tags(segments[:_DEEPEST]))

    # Renders ----------------------------------------------------------------

    def _answer_anew(self, scope: Scope, key: str) -> WerkzeugResponse:
        mine: list[RenderScope] = []
        made = self._cache.once(key, lambda release: self._make(scope, key, release, mine))
        if mine and (mine[0].has_leftovers or made.entry is None):
            # What its handler gave to after(), or took of uploads before it failed, waits until this response is sent.
            scope.call_after(partial(end, mine[0]))
        ended: Any = made.answer or made.failure or made.entry
        if isinstance(ended, Exception):
            scope.is_reported = not mine
            raise ended
        if isinstance(ended, Entry):
            return self._send(scope, ended, is_new=True, is_stored=made.is_stored)
        response: WerkzeugResponse = ended
        return response

    def _make(self, scope: Scope, key: str, release: Callable[[], None], mine: list[RenderScope]) -> Outcome:
        make_context = self._context_maker(has_client=self.policy.reading is not Reading.EMPTY)
        scope.share_cookies()
        inner = self._enter(scope.environ, scope.path, scope.matched, self.policy.reading, release, make_context)
        inner.is_rewritten = scope.is_rewritten
        mine.append(inner)
        try:
            made = self._render(inner, key, scope)
        except Exception as error:
            # With another client it may not fail.
            return Outcome(answer=error) if inner.record.dynamic else Outcome(failure=error)
        if made.answer is not None:
            mine.clear()  # its body ends it
            return Outcome(answer=self._tell(made.answer, inner.record))
        return made

    def _refresher(self, scope: Scope, key: str) -> Make:
        """A render for nobody, in the background. It holds nothing of the client that was the cause."""
        environ, path, params = self._nobodys(scope.environ, scope.path), scope.path, scope.matched
        is_rewritten, make_context = scope.is_rewritten, self._context_maker(has_client=False)

        def refresh(release: Callable[[], None]) -> Outcome:
            inner = self._enter(environ, path, params, self._reading_in_refresh, release, make_context)
            inner.is_rewritten = is_rewritten
            return self._refresh(inner, key)

        return refresh

    def _refresh(self, inner: RenderScope, key: str) -> Outcome:
        try:
            made = self._render(inner, key, None)
            if made.failure is not None:
                logger.error("The refresh of %s answered %d", self.info.pattern, made.failure.status)
            return Outcome(made.entry)
        except TurnedDynamicError as turned:
            logger.error("The refresh of %s failed: %s %s", self.info.pattern, turned, inner.record.line)
            return Outcome()
        except Exception as error:
            message = "The refresh of %s failed: %s"
            report(inner, error, message, self.info.pattern, error, revalidate_reason="stale")
            return Outcome()
        finally:
            end(inner)

    def prerender(self, path: str, params: Params) -> tuple[Outcome | None, Render]:
        """A render for nobody, that is not stored; nothing where it needs a client.

        :raise Exception: What the handler raised.
        """
        make_context = self._context_maker(has_client=False)
        inner = self._enter(
            environ_without_client("", "/"), path, params, self._reading_in_refresh, lambda: None, make_context
        )
        try:
            return self._render(inner, self.key_of(inner), None), inner.record
        except TurnedDynamicError:
            return None, inner.record
        finally:
            end(inner)

    @property
    def _reading_in_refresh(self) -> Reading:
        return self.policy.reading if self.policy.reading is not Reading.DYNAMIC else Reading.STOP

    def _render(self, inner: RenderScope, key: str, client: Scope | None) -> Outcome:
        return render(self._endpoint, inner, key, self._covered, self._cache.store.max_entry_size, client)

    def _context_maker(self, *, has_client: bool) -> MakeRenderContext | None:
        return self.info.framework.render_context(has_client=has_client) if self.info.framework is not None else None

    def _enter(
        self, environ: WSGIEnvironment, path: str, params: Params, reading: Reading, release: Callable[[], None],
        make_context: MakeRenderContext | None,
    ) -> RenderScope:  # fmt: skip
        """A scope of its own, in a context that holds nothing else."""
        render = Render(
            f"GET {self.info.pattern}",
            self._cache.mark(),
            reading,
            tags=self.tags_of(path),
            revalidate=self.policy.period,
            expire=self._cache.expire_time,
            debug=self.info.debug,
            when_dynamic=release,
        )
        nobodys = self._nobodys(environ, path)
        clients = nobodys if reading is Reading.EMPTY else environ
        if clients["REQUEST_METHOD"] != "GET":  # a HEAD, whose render is that of the GET
            clients = {**clients, "REQUEST_METHOD": "GET"}
        return RenderScope(nobodys, clients, self.info, params, path, Context(), render, self.policy.vary, make_context)

    def _nobodys(self, environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
        """The environment of what the key covers of a request, and nothing else."""
        base, slash = self._config.base_path, self._config.trailing_slash
        pathname = pathname_of(from_matching(path), trailing_slash=slash)
        if base:
            pathname = base + ("" if pathname == "/" and not slash else pathname)
        nobodys = environ_without_client(environ.get("SCRIPT_NAME") or "", pathname, self._config.origin)
        return {**nobodys, **self.policy.vary.only(environ)}

    # Responses --------------------------------------------------------------

    def _send_fresh(self, scope: Scope, held: Held, now: float) -> WerkzeugResponse:
        """Return a fresh entry as the response to one request; the next request for this path may be a ready hit."""
        entry = held.entry
        if entry.fallback or self._has_vary or "HTTP_AUTHORIZATION" in scope.environ or entry.status >= 500:
            return self._send(scope, entry)
        self._hits.remember(scope, held)
        scope.is_stored = True
        response = scope.checked = made_response(entry.body, entry.status, list(headers_of_hit(held, now)))
        return response

    def _send(
        self, scope: Scope, entry: Entry, *, is_new: bool = False, is_stored: bool = True, is_stale: bool = False
    ) -> WerkzeugResponse:
        """Return an entry as the response to one request."""
        headers = list(entry.headers)
        if entry.status >= 500:
            headers = unstored(headers)
        else:
            headers += age_headers(entry, time.time(), is_new=is_new, is_stored=is_stored, is_stale=is_stale)
            if self._vary_header:
                headers.append(("Vary", self._vary_header))
            scope.is_stored = True
            if "HTTP_AUTHORIZATION" in scope.environ and not self.policy.is_public:
                headers = with_cache_control(headers, PRIVATE)
        if entry.fallback:
            if entry.status in self.info.error_files.by_status and not self.policy.is_public:
                headers = made_private(headers)
            return fallback(scope, entry.status, entry.body.decode(), headers)
        response = Response(entry.body or None, entry.status)
        response.headers = headers_of(headers)
        return response

    def _bypass(self, scope: Scope, what: str) -> WerkzeugResponse:
        """Return the handler's own response, as if nothing were cached."""
        return self._tell(self._endpoint.respond(scope), None, what)

    def _tell(self, response: WerkzeugResponse, render: Render | None, what: str = "") -> WerkzeugResponse:
        """Say in ``Cache-Status`` that nothing is stored and, in ``debug``, why (RFC 9211)."""
        status = "routehandlers; fwd=bypass"
        if self.info.debug:
            what = what or (f"{render.dynamic} {render.line}".strip() if render is not None else "")
            detail = "".join(letter if letter.isprintable() and letter.isascii() else "?" for letter in what)
            detail = detail.replace("\\", "\\\\").replace('"', '\\"')
            status += f'; detail="{detail}"' if detail else ""
        told = own_copy(response)
        told.headers = headers_of([*unstored(list(response.headers)), ("Cache-Status", status)])
        return told
