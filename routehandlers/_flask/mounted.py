"""An application that lives in a Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._routing.rules import RouteRule, make_rules
from .._runtime.path.hits import ROUTE, ROUTING_ARGS
from .._runtime.scope.scope import Scope, ScopeContext
from ..app import RouteHandlers
from .framework import FlaskFramework

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from .._runtime.answer.finish import Finished
    from ..typing import Params, WSGIEnvironment


class MountedRouteHandlers(RouteHandlers):
    """A ``RouteHandlers`` whose answers, and what has none, go to Flask."""

    _framework = FlaskFramework()

    def rules(self, prefix: str, **options: Any) -> dict[str, list[RouteRule]]:
        """The rules of every route in Flask's map, by its pattern."""
        return {
            loaded.route.pattern: make_rules(
                prefix, loaded.route.segments, self.config.converters, methods=endpoint.methods, **options
            )
            for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True)
        }

    def match(self, environ: WSGIEnvironment) -> tuple[str, Params] | None:
        """Return the pattern of the route that a request is for, and its params. Middleware may send it elsewhere."""
        return self._pipeline.match(environ)

    def answer(self, environ: WSGIEnvironment) -> tuple[Scope, WerkzeugResponse, Finished]:
        """Return the response to a request, made in the variables of Flask's context."""
        context = ScopeContext()
        return context.run(self._pipeline.answer, environ, context)


def copy_route(inner: WSGIEnvironment, outer: WSGIEnvironment) -> None:
    """Tell those around the application which route it was."""
    for name in (ROUTE, ROUTING_ARGS):
        if name in inner:
            outer[name] = inner[name]
