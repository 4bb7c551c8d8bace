"""An application that lives in a Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._routing.rules import RouteRule, make_rules
from .._runtime.scope.scope import Scope, ScopeContext
from ..app import RouteHandlers
from .framework import FlaskFramework
from .rules import matching_only

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from .._runtime.answer.finish import Finished
    from .._runtime.path.plans import Plan
    from ..typing import WSGIEnvironment


class MountedRouteHandlers(RouteHandlers):
    """A ``RouteHandlers`` that leaves to Flask what it has no response for."""

    _framework = FlaskFramework()

    def rules(self, prefix: str, **options: Any) -> dict[str, list[RouteRule]]:
        """Return the rules of every route in Flask's map, by its pattern."""
        converters = matching_only(self.config.converters)
        return {
            loaded.route.pattern: make_rules(
                prefix, loaded.route.segments, converters, methods=endpoint.methods, **options
            )
            for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True)
        }

    def match(self, environ: WSGIEnvironment) -> Plan | None:
        """Return a plan with the route that a request is for. Middleware may send the request elsewhere."""
        return self._pipeline.match(environ)

    def answer(self, environ: WSGIEnvironment, plan: Plan | None) -> tuple[Scope, WerkzeugResponse, Finished]:
        """Return the response to a request, made in the variables of Flask's context."""
        context = ScopeContext()
        return context.run(self._pipeline.answer, environ, context, plan)
