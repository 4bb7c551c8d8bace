"""An application that lives in a Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._runtime.answer.sending import Answer
from .._runtime.path.hits import ROUTE, ROUTING_ARGS
from .._runtime.scope.scope import Scope, ScopeContext
from ..app import RouteHandlers
from .host import FlaskHost
from .rules import RouteRule, make_rules

if TYPE_CHECKING:
    from ..typing import Params, WSGIEnvironment


class HostedRouteHandlers(RouteHandlers):
    """A ``RouteHandlers`` whose answers, and what has none, go to Flask."""

    _host = FlaskHost()

    def rules(self, prefix: str, **options: Any) -> dict[str, list[RouteRule]]:
        """The rules of every route in Flask's map, by its pattern."""
        return {
            loaded.route.pattern: make_rules(
                prefix, loaded.route.segments, self.config.converters, methods=endpoint.methods, **options
            )
            for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True)
        }

    def match(self, environ: WSGIEnvironment) -> tuple[str, Params] | None:
        """The pattern of the route that a request is for, and its params. Middleware may send it elsewhere later."""
        try:
            found = self._pipeline.find(environ)
        except Exception:  # its answer comes when it is asked for
            return None
        return (found[0].info.pattern, found[1]) if isinstance(found, tuple) else None

    def answer(self, environ: WSGIEnvironment) -> tuple[Scope, Answer]:
        """The answer to a request, in the variables of Flask's context."""
        context = ScopeContext()
        return context.run(self._pipeline.answer, environ, context)


def copy_route(inner: WSGIEnvironment, outer: WSGIEnvironment) -> None:
    """Tell those around the application which route it was."""
    for name in (ROUTE, ROUTING_ARGS):
        if name in inner:
            outer[name] = inner[name]
