"""The stages around the routes: the transforms of the configuration, and middleware."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..path.entrance import check_length
from ..path.stages import Stage, Step
from .rewriting import read_destination
from .transforms import (
    HeadersTransform,
    RedirectTransform,
    RewriteTransform,
    headers_for,
    match_sources,
    redirect_for,
    rewrite,
)

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._patterns.regex import Budget
    from ..path.plans import Plan
    from ..scope.scope import Scope
    from ..scope.wrapped import WrappedScope
    from .middleware import GoElsewhere, Middleware

# In a pipeline with one of these stages, each scope is a WrappedScope. The parameter has the type Any, because other
# stages take any scope.

# Runs the pipeline from the stage with this index.
GoOnFrom = Callable[["Scope", int], "WerkzeugResponse"]


class Headers(Stage):
    """2. ``headers`` of the configuration: select those that the response gets."""

    notes = limits_path = True

    def __init__(self, transforms: Sequence[HeadersTransform]) -> None:
        self._transforms = transforms

    def plan(self, plan: Plan, budget: Budget) -> None:
        """Note the transforms that match the path, and their headers if they have no conditions."""
        plan.headers = match_sources(self._transforms, plan.text, plan.whole, budget)
        if len(plan.headers) == 1 and (fixed := plan.headers[0][0].fixed) is not None:
            plan.config_headers = fixed
        elif plan.headers:
            conditional = [transform for transform, _ in plan.headers if transform.source.has_conditions]
            plan.config_headers = None if conditional else tuple(headers_for(plan.headers, None))

    def run(self, scope: Any, _place: int, /) -> WerkzeugResponse | None:
        plan = scope.plan
        assert plan is not None
        if plan.headers:
            headers = plan.config_headers
            scope.config_headers = headers_for(plan.headers, scope) if headers is None else headers
        return None

    def explain(self, scope: Any, steps: list[Step], /) -> WerkzeugResponse | None:
        self.run(scope, 0)
        steps += [("headers", f"{name}: {value}") for name, value in scope.config_headers]
        return None


class Redirects(Stage):
    """3. ``redirects`` of the configuration. A redirect gets no ``headers`` of the configuration."""

    notes = limits_path = True

    def __init__(self, transforms: Sequence[RedirectTransform], base_path: str) -> None:
        self._transforms = transforms
        self._base_path = base_path

    def plan(self, plan: Plan, budget: Budget) -> None:
        """Note the redirects that match the path."""
        plan.redirects = match_sources(self._transforms, plan.text, plan.whole, budget)

    def run(self, scope: Any, _place: int, /) -> WerkzeugResponse | None:
        plan = scope.plan
        assert plan is not None
        if not plan.redirects:
            return None
        redirect = redirect_for(plan.redirects, scope, self._base_path)
        if redirect is not None:
            scope.config_headers = ()
        return redirect

    def explain(self, scope: Any, steps: list[Step], /) -> WerkzeugResponse | None:
        redirect = self.run(scope, 0)
        if redirect is not None:
            steps.clear()
        return redirect


class Rewrites(Stage):
    """5, 7 and 9. A group of ``rewrites``.

    :param group: ``"before_files"``, ``"after_files"`` or ``"fallback"``.
    """

    notes = limits_path = True

    def __init__(self, group: str, transforms: Sequence[RewriteTransform]) -> None:
        self._group = group
        self._transforms = transforms

    def plan(self, plan: Plan, budget: Budget) -> None:
        """Note the rewrites that match the path that the client sent."""
        setattr(plan, self._group, match_sources(self._transforms, plan.text, plan.whole, budget))

    def run(self, scope: Any, _place: int, /) -> WerkzeugResponse | None:
        if scope.endpoint is not None:
            return None
        if scope.is_rewritten:
            matched = match_sources(self._transforms, scope.path, scope.path, scope.budget)
        else:
            matched = getattr(scope.plan, self._group)
        if matched:
            scope.path = rewrite(matched, scope) or scope.path
        return None


class RootMiddleware(Stage):
    """4. The middleware of the application's own folder. Its matcher selects the requests it runs for."""

    limits_path = True

    def __init__(self, middleware: Middleware, go_on: GoOnFrom, go_elsewhere: GoElsewhere) -> None:
        self._middleware = middleware
        self._matcher = middleware.matcher
        self._go_on = go_on
        self._go_elsewhere = go_elsewhere
        self.notes = self._matcher is not None

    def plan(self, plan: Plan, budget: Budget) -> None:
        """Note whether the matcher matches the path; ``None`` if that depends on conditions."""
        if self._matcher is not None:
            plan.meets_root = plan.text is not None and self._matcher.match_path(plan.text, budget)

    def run(self, scope: Any, place: int, /) -> WerkzeugResponse | None:
        if self._matcher is None:
            if scope.plan is not None:  # the path was too unusual for the check of plain paths
                check_length(scope.path)
        else:
            is_met = scope.plan.meets_root if scope.plan is not None else None
            if is_met is False or (is_met is None and not self._middleware.applies(scope, scope.path)):
                return None
        scope.note_meeting(self._middleware, scope.path)
        return self._middleware.run(scope, self._go_elsewhere, self._go_on, place)

    def explain(self, scope: Any, steps: list[Step], /) -> WerkzeugResponse | None:
        if self._middleware.applies(scope, scope.path):
            scope.note_meeting(self._middleware, scope.path)
            steps.append(("middleware", str(self._middleware.file)))
        return None


class FolderMiddleware(Stage):
    """The middleware of the folders that the route lies in, outermost first.

    :param stacks: The middleware of each endpoint.
    :param root: The root's middleware. Its matcher may match the destination of a rewrite.
    """

    def __init__(
        self, stacks: Mapping[Any, Sequence[Middleware]], root: Middleware | None, go_on: GoOnFrom,
        go_elsewhere: GoElsewhere,
    ) -> None:  # fmt: skip
        self._stacks = stacks
        self._root = root
        self._go_on = go_on
        self._go_elsewhere = go_elsewhere

    def run(self, scope: Any, place: int, /) -> WerkzeugResponse | None:
        stack = self._stacks.get(scope.endpoint, ()) if self._stacks else ()
        if scope.is_rewritten:
            stack = self._with_root(scope, stack)
        if not stack:
            return None
        check_length(scope.path)
        scope.keep_params()
        return self._run(scope, stack, scope.path, place)

    def _with_root(self, scope: WrappedScope, stack: Sequence[Middleware]) -> Sequence[Middleware]:
        return stack if self._root is None or scope.has_met(self._root) else (self._root, *stack)

    def _run(self, scope: WrappedScope, stack: Sequence[Middleware], path: str, place: int) -> WerkzeugResponse | None:
        """Call each middleware that applies. Ask its matcher only after the middleware before it has run."""
        for index, middleware in enumerate(stack):
            if scope.meets(middleware, path):
                response = middleware.run(scope, self._go_elsewhere, self._rest, stack[index + 1 :], path, place)
                if response is not None:
                    return response
        return None

    def _rest(self, scope: WrappedScope, stack: Sequence[Middleware], path: str, place: int) -> WerkzeugResponse:
        response = self._run(scope, stack, path, place)
        return self._go_on(scope, place) if response is None else response

    def explain(self, scope: Any, steps: list[Step], /) -> WerkzeugResponse | None:
        stack = self._stacks.get(scope.endpoint, ())
        if scope.is_rewritten:
            steps.append(("rewrite", f"to {scope.path}"))
            stack = self._with_root(scope, stack)
        for middleware in stack:
            if scope.meets(middleware, scope.path):
                steps.append(("middleware", str(middleware.file)))
        return None


class Elsewhere:
    """Send a request to another path, after ``Response.rewrite()`` of a middleware.

    :ivar place: Index of the stage to continue at, set when the road is laid.
    """

    def __init__(self, go_on: GoOnFrom) -> None:
        self._go_on = go_on
        self.place = 0

    def __call__(self, scope: WrappedScope, url: str) -> WerkzeugResponse:
        scope.environ.update(scope.target)
        path, query = read_destination(scope, url)
        scope.rewrite(query)
        scope.path, scope.endpoint = path, None
        return self._go_on(scope, self.place)
