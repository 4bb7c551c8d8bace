"""The order of the stages that a request passes through.

1. path: remove the base path; redirect wrong slashes and backslashes; 400 for
   paths that cannot be decoded
2. ``headers`` transforms
3. ``redirects``
4. the root's middleware, for every request
5. ``rewrites`` before files
6. static and metadata routes
7. ``rewrites`` after files
8. dynamic routes
9. ``rewrites`` fallback
10. not found

The route that matched adds the middleware of its folders, outermost first, and
the endpoint with method, cache, handler and return value. A rewrite by middleware
continues at 6. At the end, ``finish`` makes the WSGI response.

``Pipeline._make_stages`` puts the stages in this order into a tuple. A stage that has
nothing to do in an application is left out. The pipeline runs the tuple; ``explain`` asks
the same stages what they would do. A request whose response is ready in memory skips them.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException

from .._http.response.changes import underlay
from .._http.response.interrupts import Interrupt
from .answer.bodies import close_quietly, is_streamed
from .answer.failures import as_exception
from .answer.finish import Finished, finish
from .answer.raising import RAISES, raising
from .around.stages import Elsewhere, FolderMiddleware, Headers, Redirects, Rewrites, RootMiddleware
from .endpoints.fallback import FallThrough, OtherApplication
from .endpoints.stages import HandOver, NotFound, OtherProtocols, OutsideOfBasePath, Respond
from .error_handling import ErrorHandling
from .path.plans import Plan, Plans
from .path.road import Road
from .path.stages import Reading, Routes, Stage, StaticRoutes, Step
from .scope.scope import RunsIn, Scope, ScopeContext, enter_scope, leave_scope
from .scope.unit import end_unit, fail_unit
from .scope.wrapped import WrappedScope

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..cache_handlers.base import Patience
    from ..config import Config
    from ..typing import StartResponse, WSGIEnvironment
    from .around.folder_files import FolderFiles
    from .around.middleware import Middleware
    from .path.entrance import Entrance
    from .path.hits import Hits
    from .path.lookup import Lookup
    from .scope.scope import RouteInfo


class Pipeline:
    """Answer requests with the routes of one application.

    :param no_route: Stands for the route of requests that no route answers.
    :param hits: Responses that are ready in memory; ``None`` if no route is cached.
    :param endpoints: The endpoints of all routes.
    :param has_plans: Whether to remember the plans of paths.
    :ivar owner: The application, for tools that are given this object only, as in ``ProxyFix(app.wsgi_app)``.
    """

    owner: weakref.ref[Any] | None = None

    def __init__(
        self, entrance: Entrance, lookup: Lookup, endpoints: Sequence[Any], config: Config,
        folder_files: FolderFiles, no_route: RouteInfo, hits: Hits | None, *, has_plans: bool = True,
    ) -> None:  # fmt: skip
        self.no_route = no_route
        self.plans = Plans() if has_plans else None
        self._entrance = entrance
        self._lookup = lookup
        self._config = config
        self._hits = hits
        self._other = OtherApplication(config.fallback) if config.fallback is not None else None
        if self._other is not None:
            entrance.knows = lookup.knows
        self._folder_files = folder_files
        self._instrumentation = folder_files.instrumentation
        # Only a storage over a network bounds the time that one request waits for it.
        self._patience: Patience | None = getattr(no_route.cache.store.handler, "patience", None)
        self._guards: Mapping[Any, Sequence[Middleware]] = {
            endpoint: stack for endpoint in endpoints if (stack := folder_files.middleware_of(endpoint.info.folders))
        }
        self._errors = ErrorHandling(folder_files, no_route)
        self._is_wrapped = folder_files.stand_before_all or bool(self._guards)
        # Only middleware can read something of the client that a cached response must not depend on.
        has_middleware = folder_files.root_middleware is not None or bool(self._guards)
        self._is_watched = has_middleware and any(endpoint.info.is_cached for endpoint in endpoints)
        self.road, self._road_to_other = Road(), Road()
        self._make_stages()

    def _make_stages(self) -> None:
        """Make the tuples of stages that have something to do in this application, in order."""
        transforms, root = self._folder_files.transforms, self._folder_files.root_middleware
        run, other = self._go_on, self._other
        is_bare = not self._folder_files.stand_before_all
        hand_over = self._hand_over if other is not None and not is_bare else None
        around: list[Stage] = []
        if transforms.headers:
            around.append(Headers(transforms.headers))
        if transforms.redirects:
            around.append(Redirects(transforms.redirects, self._config.base_path))
        nearest = self._errors.nearest
        outside: list[Stage] = []
        if self._config.base_path:
            outside.append(OutsideOfBasePath(other, nearest, hand_over, is_bare=is_bare))
        elsewhere = Elsewhere(run)
        before: list[Stage] = [*around, *outside]
        if root is not None:
            before.append(RootMiddleware(root, run, elsewhere))
        if transforms.before_files:
            before.append(Rewrites("before_files", transforms.before_files))
        elsewhere.place = 1 + len(before)  # behind the stage that reads the request, and these
        routes: list[Stage] = []
        find = Routes(self._lookup, self._instrumentation, self.plans)
        if other is not None:
            routes.append(OtherProtocols(other, nearest, hand_over, is_bare=is_bare))
        if transforms.after_files:
            routes.append(StaticRoutes(self._lookup, self._instrumentation, self.plans))
            routes.append(Rewrites("after_files", transforms.after_files))
        routes.append(find)
        if transforms.fallback:
            routes += [
                Rewrites("fallback", transforms.fallback),
                Routes(self._lookup, self._instrumentation, self.plans),
            ]
        routes.append(NotFound(other, nearest, hand_over, is_bare=is_bare))
        if root is not None or self._guards:
            routes.append(FolderMiddleware(self._guards, root, run, elsewhere))
        routes.append(Respond())
        self._reading = Reading(self._entrance, self.plans, [*before, *routes], self._lookup.plan)
        self.road.lay(self._reading, *before, *routes)
        if hand_over is not None:
            around += [OutsideOfBasePath(other, nearest, None, is_bare=False)] if outside else []
            around += [RootMiddleware(root, self._road_to_other.run, elsewhere)] if root is not None else []
            end = HandOver(other, nearest, None, is_bare=False)
            self._road_to_other.lay(Reading(self._entrance, None, around, None), *around, end)

    def _go_on(self, scope: Scope, place: int) -> WerkzeugResponse:
        """Run the rest of the road for a middleware, which sees a response also where a stage refuses the request."""
        try:
            return self.road.run(scope, place)
        except HTTPException as error:
            return self._errors.refused(scope, error)

    def _hand_over(self, scope: Scope) -> WerkzeugResponse:
        """Run transforms and middleware for the path that the other application reads, and then that application."""
        scope.read_as_other_application()
        return self._road_to_other.run(scope, 0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        plan = self.plans.find(environ) if self.plans is not None else None
        if plan is not None and (plan.ready is not None or plan.queries is not None) and self._hits is not None:
            ready = self._hits.answer(plan, environ)
            if ready is not None:
                start_response(ready[0], ready[1])
                return ready[2]
        context = copy_context()
        return context.run(self._answer, environ, start_response, context, plan)

    def _answer(
        self, environ: WSGIEnvironment, start_response: StartResponse, context: Context, plan: Plan | None
    ) -> Iterable[bytes]:
        try:
            _, response, (status, headers, body) = self.answer(environ, context, plan)
        except FallThrough:
            assert self._other is not None
            return self._other.application(environ, start_response)
        start_response(status, headers)
        if RAISES in environ:
            return raising(getattr(response, "_default_for", None), body)
        return body

    def answer(
        self, environ: WSGIEnvironment, context: RunsIn, plan: Plan | None = None
    ) -> tuple[Scope, WerkzeugResponse, Finished]:
        """Return the scope of a request, the response of the stages, and the finished WSGI response.

        :param context: The context that the request runs in. The caller runs in it already.
        :param plan: The plan of the path, if it is known.
        """
        if self._is_wrapped:
            scope: Scope = WrappedScope(environ, self.no_route, context, is_watched=self._is_watched)
        else:
            scope = Scope(environ, self.no_route, {}, "", context)
        scope.plan = plan
        enter_scope(scope)
        response: WerkzeugResponse | None = None
        patience = self._patience
        if patience is not None and not patience.begin_request():
            patience = None
        try:
            if not self._instrumentation.is_ready:
                self.begin_process()
            try:
                response = self.road.run(scope, 0)
            except HTTPException as error:  # from a stage before the endpoint
                if scope.unit is not None:
                    fail_unit(scope, error)
                response = self._errors.refused(scope, error)
            if scope.unit is not None:
                response = self._end_unit(scope, response)
            if scope.config_headers and not scope.is_transformed:
                # Middleware made this response. Its headers win over those of the configuration.
                response = underlay(response, scope.config_headers)
            return scope, response, finish(scope, response)
        except (Exception, Interrupt) as error:
            if scope.unit is not None:
                end_unit(scope, error)
            if response is not None:
                close_quietly(scope, response)
            return scope, *self._errors.failed(scope, as_exception(error))
        except BaseException as error:  # the other application answers, or the server stops this worker
            if scope.unit is not None:
                end_unit(scope, None if isinstance(error, FallThrough) else error)
            raise
        finally:
            if patience is not None:
                patience.end_request()

    def _end_unit(self, scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
        """End the resources of a complete response, before its headers are made. Those of a stream end after it.

        :raise Exception: If a resource fails.
        """
        if type(response.response) is not list and is_streamed(scope, response):
            return response
        try:
            end_unit(scope)
            return response
        except (HTTPException, Interrupt) as error:
            other = self._errors.answered_at_end(scope, error)
        except Exception as error:
            if scope.responded is not None:  # the log names the handler
                scope.responded = error
            raise
        if not is_streamed(scope, other):
            end_unit(scope)  # that of an error file
        close_quietly(scope, response)
        return other

    def begin_process(self) -> None:
        """Do what each process does once, before its first request."""
        self.no_route.cache.store.begin_process()
        self._instrumentation.begin()
        if self._instrumentation.name_span is not None and self._hits is not None:
            self._hits.is_on = False  # ready responses would leave their spans without a name

    def end_process(self) -> None:
        """Do what each process does once, when it ends."""
        self._instrumentation.end()

    def explain(self, environ: WSGIEnvironment) -> tuple[list[Step], Scope, WerkzeugResponse | None]:
        """Return the steps that a request would take, its scope with the endpoint, and a response that ends it early.

        No user code runs.

        :raise HTTPException: If there is no route, or the path is malformed.
        """
        scope = WrappedScope(environ, self.no_route, Context(), is_watched=False)
        steps: list[Step] = []
        for stage in self.road.stages:
            response = stage.explain(scope, steps)
            if response is not None:
                return steps, scope, response
        return steps, scope, None

    def match(self, environ: WSGIEnvironment) -> Plan | None:
        """Match a request before its stages run, for a framework that needs the route first.

        ``answer`` takes the plan, so nothing is matched twice. A malformed path or a converter
        that raises does not raise here; the response reports it.

        :return: A plan for this request only; ``None`` if the path cannot be read.
        """
        try:
            plan = self._reading.make_plan(environ)
        except Exception:  # answer() will make the response to it
            return None
        if not plan.is_decided and plan.location is None and plan.text is not None:
            scope = Scope(environ, self.no_route, {}, plan.text, ScopeContext())  # for converters
            token = enter_scope(scope)
            try:
                self._lookup.decide(plan)
            finally:
                end_unit(scope)
                leave_scope(token)
        return plan
