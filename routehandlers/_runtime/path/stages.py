"""The stages that read a request and find its route."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..scope.budget import RequestBudget
from .entrance import check_length
from .hits import ROUTE, ROUTING_ARGS
from .plans import Plan, key_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._patterns.regex import Budget
    from ...typing import Params, WSGIEnvironment
    from ..scope.scope import Scope
    from .entrance import Entrance
    from .lookup import Lookup
    from .plans import Key, Plans

# A step that a request would take: its name and its result.
Step = tuple[str, str]


class NamesSpans(Protocol):
    """An object that can name the span of a traced request."""

    name_span: Callable[[WSGIEnvironment], None] | None


class Stage:
    """A step of the pipeline.

    :ivar notes: Whether ``plan`` notes anything.
    :ivar limits_path: Whether a path must not be longer than patterns and middleware may see.
    """

    notes = limits_path = False

    def plan(self, plan: Plan, budget: Budget) -> None:
        """Note on a plan what this stage decides from the path alone. Most stages note nothing.

        :param budget: The work that all stages may take for this plan.
        """

    def run(self, scope: Scope, place: int, /) -> WerkzeugResponse | None:
        """Return the response to a request, or ``None`` to continue.

        :param place: Index of the next stage.
        """
        raise NotImplementedError

    def explain(self, scope: Scope, steps: list[Step], /) -> WerkzeugResponse | None:  # noqa: ARG002  # for subclasses
        """Add the steps of this stage for a request. Return a response if the stage ends the request.

        A stage that calls user code overrides this, so that no user code runs.
        """
        return self.run(scope, 0)


class Reading(Stage):
    """1. Host and path: 400 for malformed requests, and redirects that correct slashes and backslashes.

    :param stages: The other stages, which add notes to plans.
    :param find: Notes the route on a plan; ``None`` if no route is needed.
    """

    def __init__(
        self, entrance: Entrance, plans: Plans | None, stages: Sequence[Stage],
        find: Callable[[Plan], None] | None,
    ) -> None:  # fmt: skip
        self._entrance = entrance
        self._good_hosts = entrance.good_hosts
        self._plans = plans
        self._rules = [stage.plan for stage in stages if stage.notes]
        self._find = find
        self._limits_path = any(stage.limits_path for stage in stages)

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        environ = scope.environ
        if environ.get("HTTP_HOST") not in self._good_hosts or "HTTP_UPGRADE" in environ:
            self._entrance.check_host(environ)
        plan = scope.plan
        if plan is None:
            plain = self._entrance.plain_path(environ)
            if plain is not None and not self._rules:
                # Looking up a route is cheaper than remembering a plain path.
                if self._limits_path:
                    check_length(plain)
                scope.path = plain
                return None
            plan = scope.plan = Plan(plain, plain) if plain is not None else self._entrance.read_encoded_path(environ)
            if plan.location is None:  # a client can invent any number of paths that are redirected
                key = plain if plain is not None and not environ.get("SCRIPT_NAME") else key_of(environ)
                self._complete(plan, key)
        if plan.location is not None:
            return self._entrance.redirect(environ, plan.location)
        scope.path = plan.text or ""
        return None

    def make_plan(self, environ: WSGIEnvironment) -> Plan:
        """Return a plan for one request, with the notes of all stages.

        :raise HTTPException: If the path cannot be read.
        """
        plan = self._entrance.read_path(environ)
        if plan.location is None:
            self._note(plan)
            self._note_route(plan)
        return plan

    def _complete(self, plan: Plan, key: Key) -> None:
        """Add the notes of the rules to a plan. If the path comes again, add the route and remember the plan."""
        self._note(plan)
        if self._plans is not None and self._plans.note_request(key):
            self._note_route(plan)
            self._plans.keep(key, plan)

    def _note(self, plan: Plan) -> None:
        if self._rules:
            check_length(plan.whole)
            budget = RequestBudget()
            for note in self._rules:
                note(plan, budget)

    def _note_route(self, plan: Plan) -> None:
        if self._find is not None:
            self._find(plan)


class StaticRoutes(Stage):
    """6. Public files, static routes and metadata, which come before the rewrites ``after_files``."""

    def __init__(self, lookup: Lookup, instrumentation: NamesSpans, plans: Plans | None) -> None:
        self._lookup = lookup
        self._instrumentation = instrumentation
        self._plans = plans

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        found = self._lookup.match_static(scope.path)
        if found is not None:
            self._enter(scope, *found)
        return None

    def _enter(self, scope: Scope, endpoint: Any, params: Params) -> None:
        """Set the endpoint of a request, and put the route into the environ for WSGI middleware."""
        scope.endpoint, environ = endpoint, scope.environ
        environ[ROUTE], environ[ROUTING_ARGS] = endpoint.info.pattern, ((), params)
        scope.enter_route(endpoint.info, params)
        if self._instrumentation.name_span is not None:
            self._instrumentation.name_span(environ)


class Routes(StaticRoutes):
    """8. All routes, including dynamic routes."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        if scope.endpoint is not None:
            return None
        plan = scope.plan
        if plan is None or not plan.is_decided or scope.is_rewritten:
            found = self._lookup.match(scope.path)
            if found is not None:
                endpoint, params = found
                self._enter(scope, endpoint, params)
                if plan is None and scope.route.is_cached and not scope.is_rewritten:
                    self._remember(scope)
        elif plan.found is not None:
            endpoint, params = plan.found
            self._enter(scope, endpoint, plan.params() if plan.has_lists else dict(params))
        elif plan.error is not None:
            raise plan.error
        return None

    def _remember(self, scope: Scope) -> None:
        """Remember a plain path of a cached route if it comes again, so that a stored response can be ready for it."""
        if self._plans is not None and self._plans.note_request(key := key_of(scope.environ)):
            plan = scope.plan = Plan(scope.path, scope.path)
            self._lookup.plan(plan)
            self._plans.keep(key, plan)
