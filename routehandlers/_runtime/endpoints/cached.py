"""Cached endpoints: return a stored response, or render one and store it.

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

from werkzeug.exceptions import HTTPException

from ..._cache.cache import Cache, Make, Outcome
from ..._cache.freshness import Freshness
from ..._cache.key import LONGEST_KEY, make_key
from ..._cache.policy import PRIVATE, age_headers, etag_of, headers_of_hit
from ..._cache.render import Reading, Render, TurnedDynamicError
from ..._cache.shared_caches import made_private, private_headers_of_hit, unstored, with_cache_control
from ..._http.request.vary import NO_VARY, Vary
from ..._http.request.watched import environ_without_client, pathname_of
from ..._http.response.changes import headers_of, own_copy, pairs_of
from ..._http.response.interrupts import Interrupt
from ..._http.response.response import Response, made_response
from ..._inputs.key import KeyedInputs
from ..._inputs.prepared import INPUTS
from ..._routing.spelling import from_matching
from ...cache_handlers.base import Entry
from ...cache_handlers.memory import Held
from ...cache_handlers.variants import group_of_route
from ...exceptions import ValidationError
from ..answer.bodies import Stream, end
from ..answer.failures import excepted, fallback, interrupted
from ..answer.reporting import report
from ..path.hits import Hits, ReadyQueries
from ..scope.implicit_tags import tags_of_path, tags_of_route
from ..scope.render_scope import RenderScope
from ..scope.scope import RouteInfo, Scope
from .own_errors import own_error
from .plain import Endpoint
from .render import render

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._inputs.inputs import Values
    from ..._start.loader import RouteModule
    from ...config import Config
    from ...typing import Params, WSGIEnvironment
    from ..scope.framework import MakeRenderContext

logger = logging.getLogger("routehandlers")


@dataclass(frozen=True)
class CachePolicy:
    """The cache settings of a route, from its constants.

    :param period: Seconds until its responses are stale; ``None`` for as long as possible.
    :param reading: Effect of reading something of the client in the handler.
    :param vary: Parts of the request that the key covers besides the path.
    :param is_public: Whether shared caches may store responses that depended on the client.
    :param has_head: Whether the module defines HEAD.
    """

    period: float | None
    reading: Reading
    vary: Vary
    is_public: bool
    has_head: bool


_READINGS = {"auto": Reading.DYNAMIC, "error": Reading.ERROR, "force-static": Reading.EMPTY}


def policy_of(route: RouteModule) -> CachePolicy:
    """Return the policy that the constants of a module define."""
    config = route.config
    return CachePolicy(
        period=config.revalidate or None,
        reading=_READINGS[config.dynamic],
        vary=Vary.of(config.vary) if config.vary else NO_VARY,
        is_public=config.public,
        has_head="HEAD" in route.handlers,
    )


class CachedEndpoint:
    """A route whose ``GET`` is cached.

    :param endpoint: The same route without a cache.
    :param inputs: The checked inputs of ``GET``, if it has any.
    """

    def __init__(
        self, endpoint: Endpoint, policy: CachePolicy, info: RouteInfo, hits: Hits, config: Config,
        inputs: KeyedInputs | None = None,
    ) -> None:  # fmt: skip
        self.info = info
        self.methods: tuple[str, ...] = endpoint.methods
        self.policy = policy
        self._endpoint = endpoint
        self._cache: Cache = info.cache
        self._hits = hits
        self._config = config
        self._route_tags = tags_of_route(info.pattern, info.folders)
        self._covered = frozenset((*policy.vary.headers, *(("cookie",) if policy.vary.cookies else ())))
        self._has_vary = policy.vary != NO_VARY
        self._vary_header = policy.vary.header
        self._inputs = inputs
        self._has_query = inputs is not None and inputs.has_query
        self._default_part = inputs.default_part if inputs is not None else ""
        self._group = group_of_route(info.pattern)
        self._queries = ReadyQueries() if self._has_query else None

    def failed(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        """Return the response to an unexpected exception."""
        return self._tell(self._endpoint.failed(scope, error), None)

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Return the response to a request, from the cache if possible.

        :raise Exception: Any unexpected exception of the handler.
        """
        method = scope.environ["REQUEST_METHOD"]
        if method != "GET" and (method != "HEAD" or self.policy.has_head):
            return self._endpoint.respond(scope)
        if scope.is_draft:
            return self._bypass(scope, "draft mode")
        if self._inputs is not None:
            return self._respond_checked(scope, self._inputs)
        plan = scope.plan
        known = plan.key if plan is not None and plan.found is not None and plan.found[0] is self else None
        if known is None or scope.is_rewritten:
            key = self._key(scope, "")
        else:
            key, now = known, time.time()
            fresh = self._hits.fresh(key, now)
            if fresh is not None:
                return self._send_fresh(scope, fresh, now)
        if len(key) > LONGEST_KEY:
            return self._bypass(scope, "the length of the path")
        also = scope.purged_by
        found = self._cache.find(key, also)
        if found is not None:
            held, freshness = found
            if freshness is Freshness.FRESH:
                return self._send_fresh(scope, held, time.time())
            if self._cache.refresh(held.entry, self._refresher(scope, key), also):
                return self._send(scope, held.entry, is_stale=True)
        return self._answer_anew(scope, key)

    def _respond_checked(self, scope: Scope, inputs: KeyedInputs) -> WerkzeugResponse:
        """Return the response to a request whose inputs are checked. For invalid ones the storage is not asked."""
        also, has_path = scope.purged_by, scope.matched
        try:
            key = self._key(scope, inputs.part_of(scope.environ, has_path))
            if len(key) > LONGEST_KEY:
                return self._bypass(scope, "the length of the query")
            found = self._cache.find(key, also)
            if found is not None and found[1] is Freshness.FRESH:
                return self._send_fresh(scope, found[0], time.time())
            values, part = inputs.read(scope.environ, has_path)
        except HTTPException as error:
            return self._tell(excepted(scope, error), None, "invalid inputs")
        except Interrupt as interrupt:
            return self._tell(interrupted(scope, interrupt), None, "invalid inputs")
        anew = self._key(scope, part)
        # A default may differ from call to call. The values that the handler gets must be those of the key.
        if (
            anew == key
            and found is not None
            and self._cache.refresh(found[0].entry, self._refresher(scope, key, values), also)
        ):
            return self._send(scope, found[0].entry, is_stale=True)
        return self._answer_anew(scope, anew, values)

    def key_of(self, scope: Scope) -> str:
        """Return the cache key of a request.

        :raise ValidationError: If an input is invalid.
        """
        part = self._inputs.part_of(scope.environ, scope.matched) if self._inputs is not None else ""
        return self._key(scope, part)

    def _key(self, scope: Scope, part: str) -> str:
        """Return the cache key of a request.

        :param part: The part of the query model.
        """
        environ = scope.environ
        # After a rewrite, the handler sees the path that the client sent, which differs between sources.
        kind = "rewritten" if scope.is_rewritten else "route"
        values = self.policy.vary.values(environ) if self._has_vary else ()
        parts: tuple[Any, ...] = (environ.get("SCRIPT_NAME") or "", self.info.pattern, scope.path, *values)
        if self._has_query and part != self._default_part:
            # The entries of all other queries of a route have a share of their own.
            key = make_key("variant", self._group, kind, *parts, part)
        else:
            key = make_key(kind, *parts)
        plan = scope.plan
        is_lasting = not (self._has_vary or self._has_query or scope.is_rewritten)
        if is_lasting and plan is not None and plan.found is not None and plan.found[0] is self:
            plan.key = key
        return key

    def tags_of(self, path: str) -> tuple[str, ...]:
        """Return the tags that an entry gets from its path."""
        return tags_of_path(path, self._route_tags)

    # Renders ----------------------------------------------------------------

    def _answer_anew(self, scope: Scope, key: str, inputs: Values | None = None) -> WerkzeugResponse:
        own_scopes: list[RenderScope] = []
        made = self._cache.once(
            key, lambda release: self._make(scope, key, release, own_scopes, inputs), scope.purged_by
        )
        if own_scopes and (own_scopes[0].has_leftovers or made.entry is None):
            # Functions passed to after() run, and uploads are closed, when this response has been sent.
            scope.call_after(partial(end, own_scopes[0]))
        ended: Any = made.answer or made.failure or made.entry
        if isinstance(ended, Exception):
            scope.is_reported = not own_scopes
            raise ended if own_scopes else own_error(ended)
        if isinstance(ended, Entry):
            return self._send(scope, ended, is_new=True, is_stored=made.is_stored)
        response: WerkzeugResponse = ended
        return response

    def _make(
        self, scope: Scope, key: str, release: Callable[[], None], own_scopes: list[RenderScope],
        inputs: Values | None,
    ) -> Outcome:  # fmt: skip
        make_context = self._context_maker(has_client=self.policy.reading is not Reading.EMPTY)
        scope.share_cookies()
        inner = self._enter(
            scope.environ, scope.path, scope.matched, self.policy.reading, release, make_context, inputs
        )
        inner.is_rewritten, inner.requested_path = scope.is_rewritten, scope.requested_path
        own_scopes.append(inner)
        try:
            made = self._render(inner, key, scope)
        except Exception as error:
            # A dynamic render may succeed for another client, so do not share the failure.
            return Outcome(answer=error) if inner.record.dynamic else Outcome(failure=error)
        if made.answer is not None:
            own_scopes.clear()  # the end of the body ends the render
            return Outcome(answer=self._tell(made.answer, inner.record))
        return made

    def _refresher(self, scope: Scope, key: str, inputs: Values | None = None) -> Make:
        """Return a function that renders in the background, without the data of the client that caused the refresh."""
        environ, path, params = self._covered_environ(scope.environ, scope.path), scope.path, scope.matched
        is_rewritten, requested_path, make_context = (
            scope.is_rewritten,
            scope.requested_path,
            self._context_maker(has_client=False),
        )

        def refresh(release: Callable[[], None]) -> Outcome:
            inner = self._enter(environ, path, params, self._reading_in_refresh, release, make_context, inputs)
            inner.is_rewritten, inner.requested_path = is_rewritten, requested_path
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

    def prerender(self, path: str, params: Params, query: str = "") -> tuple[Outcome | None, Render]:
        """Render without a client and without storing. Return ``None`` for the outcome if the render needs a client.

        :param query: The query for a route that checks it. By default it gets the defaults of its model.
        :raise Exception: If the handler raises it.
        """
        make_context = self._context_maker(has_client=False)
        environ = environ_without_client("", "/")
        values, part = self._prerendered_inputs({**environ, "QUERY_STRING": query}, params)
        inner = self._enter(environ, path, params, self._reading_in_refresh, lambda: None, make_context, values)
        try:
            if part is None:
                inner.record.dynamic = "inputs without defaults"
                return None, inner.record
            return self._render(inner, self._key(inner, part), None), inner.record
        except TurnedDynamicError:
            return None, inner.record
        finally:
            end(inner)

    def _prerendered_inputs(self, environ: WSGIEnvironment, params: Params) -> tuple[Values | None, str | None]:
        """Return the inputs of a render without a client, and their part of the key: ``None`` for invalid ones."""
        if self._inputs is None:
            return None, ""
        try:
            return self._inputs.read(environ, params)
        except ValidationError:
            return None, None

    @property
    def _reading_in_refresh(self) -> Reading:
        return self.policy.reading if self.policy.reading is not Reading.DYNAMIC else Reading.STOP

    def _render(self, inner: RenderScope, key: str, client: Scope | None) -> Outcome:
        return render(self._endpoint, inner, key, self._covered, self._cache.store.max_entry_size, client)

    def _context_maker(self, *, has_client: bool) -> MakeRenderContext | None:
        return self.info.framework.render_context(has_client=has_client) if self.info.framework is not None else None

    def _enter(
        self, environ: WSGIEnvironment, path: str, params: Params, reading: Reading, release: Callable[[], None],
        make_context: MakeRenderContext | None, inputs: Values | None = None,
    ) -> RenderScope:  # fmt: skip
        """Return the scope of a new render, in an empty context."""
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
        covered = self._covered_environ(environ, path)
        readable = covered if reading is Reading.EMPTY else environ
        if readable["REQUEST_METHOD"] != "GET":  # a HEAD has the same render as the GET
            readable = {**readable, "REQUEST_METHOD": "GET"}
        if inputs is not None:
            covered[INPUTS] = inputs
        return RenderScope(
            covered, readable, self.info, params, path, Context(), render, self.policy.vary, make_context
        )

    def _covered_environ(self, environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
        """Return an environment with only those parts of a request that the key covers."""
        base, slash = self._config.base_path, self._config.trailing_slash
        pathname = pathname_of(from_matching(path), trailing_slash=slash)
        if base:
            pathname = base + ("" if pathname == "/" and not slash else pathname)
        empty = environ_without_client(environ.get("SCRIPT_NAME") or "", pathname, self._config.origin)
        return {**empty, **self.policy.vary.only(environ)}

    # Responses --------------------------------------------------------------

    def _send_fresh(self, scope: Scope, held: Held, now: float) -> WerkzeugResponse:
        """Return a fresh entry as a response, and make it ready for the next plain request for the path."""
        entry = held.entry
        if entry.fallback or self._has_vary or "HTTP_AUTHORIZATION" in scope.environ or entry.status >= 500:
            return self._send(scope, entry)
        scope.is_stored = True
        headers = headers_of_hit(held, now)
        if scope.client_read and not self.policy.is_public:
            scope.is_private = True
            headers = private_headers_of_hit(held)
        elif not scope.met:
            self._hits.remember(scope, held, self._queries)
        response: Response | None = held.response
        if response is None or pairs_of(response.headers) is not headers:
            # Requests of the same second get the same response, since each change is made to a copy.
            response = held.response = made_response(entry.body, entry.status, headers)
        scope.checked = response
        return response

    def _send(
        self, scope: Scope, entry: Entry, *, is_new: bool = False, is_stored: bool = True, is_stale: bool = False
    ) -> WerkzeugResponse:
        """Return an entry as the response to a request."""
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
            return _with_etag(fallback(scope, entry.status, entry.body.decode(), headers))
        response = Response(entry.body or None, entry.status)
        response.headers = headers_of(headers)
        return response

    def _bypass(self, scope: Scope, what: str) -> WerkzeugResponse:
        """Call the handler and return its response without storing it."""
        return self._tell(self._endpoint.respond(scope), None, what)

    def _tell(self, response: WerkzeugResponse, render: Render | None, what: str = "") -> WerkzeugResponse:
        """Add a ``Cache-Status`` that says that nothing is stored and, in ``debug``, why (RFC 9211)."""
        status = "routehandlers; fwd=bypass"
        if self.info.debug:
            what = what or (f"{render.dynamic} {render.line}".strip() if render is not None else "")
            detail = "".join(letter if letter.isprintable() and letter.isascii() else "?" for letter in what)
            detail = detail.replace("\\", "\\\\").replace('"', '\\"')
            status += f'; detail="{detail}"' if detail else ""
        changed = own_copy(response)
        changed.headers = headers_of([*unstored(list(response.headers)), ("Cache-Status", status)])
        return changed


def _with_etag(response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a default response to a stored failure with the ``ETag`` of its body, which depends on the client."""
    if isinstance(response.response, Stream) or "ETag" in response.headers:
        return response
    tagged = own_copy(response)
    tagged.headers["ETag"] = etag_of(b"".join(response.iter_encoded()))
    return tagged
