"""The order in which a request meets things, stated once.

1. path: undo the base path; the redirects of slashes and backslashes; 400 for
   what cannot be decoded
2. ``headers`` transforms
3. ``redirects``
4. the root's middleware, for every request
5. ``rewrites`` before files
6. static and metadata routes
7. ``rewrites`` after files
8. dynamic routes
9. ``rewrites`` fallback
10. not found

and for the route that matched: middleware of its folders, outermost first,
method, cache, handler, return value, response, pending cookies and headers,
WSGI. A rewrite by middleware goes on at 6.

An application without transforms and without middleware at its root goes from
1 to 6, and a request of which an answer is ready meets none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.request.path import target_of
from .._http.response.draft import COOKIE
from .._http.response.interrupts import Interrupt
from .._http.response.response import Response
from .._routing.urlmap import UrlMap
from .answer.concluding import attempt, conclude, conclude_failed, transformed, without_forged_draft
from .answer.failures import as_exception, excepted, failed
from .answer.raising import RAISES, raising
from .answer.sending import Answer, prepare, reopen
from .around.middleware import GoOn, Middleware, through
from .around.rewriting import read_destination
from .endpoints.fallback import FallThrough, OtherApplication
from .path.entrance import Entrance, SentPath, check_length, is_websocket
from .path.hits import ROUTE, ROUTING_ARGS, Hits
from .path.lookup import Admits, Found, Matching, UnknownPathError
from .scope.scope import RunsIn, Scope, enter_scope
from .scope.wrapped import WrappedScope

if TYPE_CHECKING:
    from ..config import Config
    from ..typing import StartResponse, WSGIEnvironment
    from .around.surroundings import Surroundings
    from .endpoints.cached import CachedEndpoint
    from .endpoints.plain import Endpoint
    from .endpoints.public import FindPublic
    from .scope.scope import RouteInfo


class Pipeline:
    """Answers requests with the routes of one application.

    :param endpoints: By their place in the map.
    :param admissions: Those of which ``dynamic_params = False`` admits only some params, by their place.
    :param no_route: For requests that no route answers.
    :param hits: What is answered at once; ``None`` where nothing is cached, or something stands before all routes.
    :param public: The files that lie before the routes, if there are any.
    """

    def __init__(
        self, url_map: UrlMap, endpoints: Sequence[Endpoint | CachedEndpoint], admissions: Mapping[int, Admits],
        config: Config, surroundings: Surroundings, no_route: RouteInfo, hits: Hits | None,
        public: FindPublic | None = None,
    ) -> None:  # fmt: skip
        self.no_route = no_route
        self._hits = hits
        self._good_hosts: set[str | None] = hits.good_hosts if hits is not None else set()
        self.entrance = Entrance(config, no_route.request_class, self._good_hosts)
        self._matching = Matching(url_map, endpoints, admissions, config, self.entrance, public)
        self._other = OtherApplication(config.fallback) if config.fallback is not None else None
        if self._other is not None:
            self.entrance.knows = self._matching.knows
        self.surroundings = surroundings
        self.transforms = surroundings.transforms
        self._instrumentation = surroundings.instrumentation
        self._is_open = not surroundings.stand_before_all
        self.guards: dict[Any, tuple[Middleware, ...]] = {
            endpoint: guards for endpoint in endpoints if (guards := surroundings.middleware_of(endpoint.info.folders))
        }
        self._has_cached = any(endpoint.info.is_cached for endpoint in endpoints)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._hits is not None:
            ready = self._hits.find(environ)
            if ready is not None:
                start_response(ready[0], ready[1])
                return ready[2]
        context = copy_context()
        return context.run(self._answer, environ, start_response, context)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse, context: Context) -> Iterable[bytes]:
        try:
            scope, (status, headers, body) = self.answer(environ, context)
        except FallThrough:
            assert self._other is not None
            return self._other.application(environ, start_response)
        start_response(status, headers)
        if scope.unanswered is not None and RAISES in environ:
            return raising(scope.unanswered, body)
        return body

    def answer(self, environ: WSGIEnvironment, context: RunsIn) -> tuple[Scope, Answer]:
        """The answer to a request, and the scope that it was made in.

        :param context: Where everything of the request runs; the caller is in it.
        """
        scope, answer = self._answer_in(context, environ)
        if self.no_route.draft_key is not None and COOKIE in environ.get("HTTP_COOKIE", ""):
            answer = answer._replace(headers=without_forged_draft(scope, answer.headers))
        return scope, answer

    def _answer_in(self, context: RunsIn, environ: WSGIEnvironment) -> tuple[Scope, Answer]:
        if not self._instrumentation.is_ready:
            try:
                self._instrumentation.begin()
            except Exception as error:
                scope = self._unanswered(environ, context)
                return scope, failed(scope, error, "register() of instrumentation.py")
            if self._instrumentation.name_span is not None:
                self._hits = None  # each span is to get its name
        if self._is_open:
            return self._answer_openly(environ, context)
        wrapped = self._wrap(environ, context)
        return wrapped, self._answer_behind(wrapped, lambda: self._pass(wrapped))

    # Without anything around the routes ------------------------------------

    def _answer_openly(self, environ: WSGIEnvironment, context: RunsIn) -> tuple[Scope, Answer]:
        try:
            if environ.get("HTTP_HOST") not in self._good_hosts or "HTTP_UPGRADE" in environ:
                self.entrance.check_host(environ)
            if self._other is not None and is_websocket(environ):
                raise FallThrough
            found = self.find(environ)
        except HTTPException as error:
            if self._other is not None and isinstance(error, UnknownPathError):
                raise FallThrough from None
            scope = self._unanswered(environ, context)
            return scope, excepted(scope, error)
        except (Exception, Interrupt) as error:  # a converter of the user's
            scope = self._unanswered(environ, context)
            return scope, failed(scope, as_exception(error), "The matching of a path")
        if isinstance(found, Response):
            scope = self._unanswered(environ, context)
            return scope, prepare(scope, found)
        endpoint, params, path = found
        environ[ROUTE], environ[ROUTING_ARGS] = endpoint.info.pattern, ((), params)
        if self._instrumentation.name_span is not None:
            self._instrumentation.name_span(environ)
        if self.guards and endpoint in self.guards:
            wrapped = self._wrap(environ, context)
            return wrapped, self._answer_behind(wrapped, lambda: self._enter(wrapped, found))
        scope = Scope(environ, endpoint.info, params, path, context)
        enter_scope(scope)
        return scope, endpoint.answer(scope)

    def _unanswered(self, environ: WSGIEnvironment, context: RunsIn) -> Scope:
        """Where no route answers: the files of the nearest folder do, or else we."""
        scope = Scope(environ, self._nearest(environ), {}, "", context)
        enter_scope(scope)
        return scope

    def find(self, environ: WSGIEnvironment) -> Found | Response:
        """The route of a request, or a redirect.

        :raise HTTPException: If there is none, or the path is malformed.
        """
        target = target_of(environ)
        if target is None or "%" not in target.partition("?")[0]:
            found = self._matching.match_plain(environ.get("PATH_INFO") or "")
            if found is not None:
                return found
        # 1. path
        sent = self.entrance.read_path(environ)
        if isinstance(sent, Response):
            return sent
        if sent.text is None:
            raise UnknownPathError
        # 6. static routes and 8. dynamic routes, at last 10. not found
        return self._matching.match(sent.text)

    def _nearest(self, environ: WSGIEnvironment, path: str | None = None) -> RouteInfo:
        """What answers for failures where no route does: the nearest folder that there is.

        :param path: Matching text, where the client's path was rewritten.
        """
        if self.surroundings.folder_map is None:
            return self.no_route
        try:
            sent = self.entrance.read_path(environ) if path is None else None
        except HTTPException:
            sent = None
        text = (sent.text if isinstance(sent, SentPath) else path) or "/"
        error_files = self.surroundings.error_files_of(self.surroundings.folder_map.nearest(text))
        return replace(self.no_route, error_files=error_files)

    # With something around them ---------------------------------------------

    def _wrap(self, environ: WSGIEnvironment, context: RunsIn) -> WrappedScope:
        scope = WrappedScope(environ, self.no_route, context, is_watched=self._has_cached)
        enter_scope(scope)
        return scope

    def _answer_behind(self, scope: WrappedScope, go_on: GoOn) -> Answer:
        """The answer behind everything that stands around the routes, whatever happens."""
        try:
            return conclude(scope, go_on())
        except HTTPException as error:  # from the stages up to the routes, which make answers of their own
            scope.route = self._nearest(scope.environ)
            return conclude(scope, reopen(scope, excepted(scope, error)))
        except (Exception, Interrupt) as error:
            return conclude_failed(scope, error)

    def _pass(self, scope: WrappedScope) -> WerkzeugResponse:
        """The stages up to the routes, of which the first to answer ends it."""
        environ, transforms = scope.environ, self.transforms
        if environ.get("HTTP_HOST") not in self._good_hosts or "HTTP_UPGRADE" in environ:
            self.entrance.check_host(environ)
        # 1. path
        sent = self.entrance.read_path(environ)
        if isinstance(sent, Response):
            return sent
        check_length(sent.whole)
        # 2. headers
        headers = transforms.headers_for(scope, sent)
        # 3. redirects, which have none of those
        redirect = transforms.redirect_for(scope, sent)
        if redirect is not None:
            return redirect
        scope.config_headers = headers
        if sent.text is None and self._other is not None:
            return transformed(scope, self._other.respond(environ))
        if sent.text is None:
            raise UnknownPathError
        # 4. the root's middleware
        text = scope.path = sent.text
        root = self.surroundings.root_middleware
        go_on = partial(self._go_on, scope, text, is_sent=True)
        return through([root] if root is not None else [], scope, text, go_on, partial(self._go_elsewhere, scope))

    def _go_elsewhere(self, scope: WrappedScope, url: str) -> WerkzeugResponse:
        """A rewrite by middleware."""
        text, query = read_destination(scope, url)
        scope.rewrite(query)
        return self._go_on(scope, text, is_sent=False)

    def _go_on(self, scope: WrappedScope, text: str, *, is_sent: bool) -> WerkzeugResponse:
        try:
            if self._other is not None and is_websocket(scope.environ):
                raise UnknownPathError
            found = self.find_rewritten(scope, text, is_sent=is_sent)
        except HTTPException as error:
            if self._other is not None and isinstance(error, UnknownPathError):
                return transformed(scope, self._other.respond(scope.environ))
            scope.enter_route(self._nearest(scope.environ, text), {}, text)
            return transformed(scope, reopen(scope, excepted(scope, error)))
        return self._enter(scope, found)

    def find_rewritten(self, scope: WrappedScope, text: str, *, is_sent: bool) -> Found:
        transforms = self.transforms
        # 5. rewrites before files
        if is_sent:
            text = transforms.rewrite(transforms.before_files, scope, text)
        # 6. static and metadata routes
        found = self._matching.match_static(text)
        if found is not None:
            return found
        # 7. rewrites after files
        text = transforms.rewrite(transforms.after_files, scope, text)
        # 8. dynamic routes
        try:
            return self._matching.match(text)
        except UnknownPathError:
            # 9. rewrites fallback
            rewritten = transforms.rewrite(transforms.fallback, scope, text)
            if rewritten == text:
                # 10. not found
                raise
            return self._matching.match(rewritten)

    def _enter(self, scope: WrappedScope, found: Found) -> WerkzeugResponse:
        """The middleware of the folders of a route, and the route."""
        endpoint, params, path = found
        check_length(path)
        environ = scope.environ
        environ[ROUTE], environ[ROUTING_ARGS] = endpoint.info.pattern, ((), params)
        if self._instrumentation.name_span is not None:
            self._instrumentation.name_span(environ)
        scope.enter_route(endpoint.info, params, path)
        # A root whose matcher did not take the client's path may take a destination.
        root = self.surroundings.root_middleware
        stack = [*([root] if root is not None and not scope.has_met(root) else []), *self.guards.get(endpoint, ())]
        return through(stack, scope, path, partial(attempt, scope, endpoint), partial(self._go_elsewhere, scope))
