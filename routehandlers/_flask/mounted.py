"""Route handlers that are mounted in a Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
from werkzeug.wrappers import Request as WerkzeugRequest

from .._routing.rules import RouteRule, make_rules
from .._runtime.scope.scope import Scope, ScopeContext
from ..app import RouteHandlers
from .framework import FlaskFramework
from .rules import matching_only

if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack
    from werkzeug.wrappers import Response as WerkzeugResponse

    from .._http.request.request import Request
    from .._runtime.answer.finish import Finished
    from .._runtime.path.plans import Plan
    from ..config import Settings
    from ..typing import WSGIEnvironment


# Limits that a Flask application has settings for, MAX_FORM_MEMORY_SIZE and MAX_FORM_PARTS.
_OF_FLASK = ("max_form_memory_size", "max_form_parts")


class FlaskLimit:
    """A limit of our requests that is the limit of Flask's request.

    :param name: Name of the attribute, which is the same in both.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, request: Request | None, owner: type[Request]) -> int | None:
        limit: int | None
        if not flask.has_request_context():
            limit = getattr(WerkzeugRequest, self._name)
            return limit
        setting = self._name.upper()
        if setting not in flask.Flask.default_config and setting in flask.current_app.config:  # Flask 3.0
            limit = flask.current_app.config[setting]
            return limit
        limit = getattr(flask.request, self._name)
        return limit


class MountedRouteHandlers(RouteHandlers):
    """A ``RouteHandlers`` that passes unhandled exceptions and unknown paths to Flask."""

    _framework = FlaskFramework()

    def __init__(self, directory: str | os.PathLike[str] = "app", **settings: Unpack[Settings]) -> None:
        self._limits = {name: FlaskLimit(name) for name in _OF_FLASK if name not in settings}
        super().__init__(directory, **settings)

    def rules(self, prefix: str, **options: Any) -> dict[str, list[RouteRule]]:
        """Return the rules for Flask's map, by the pattern of their route."""
        converters = matching_only(self.config.converters)
        return {
            loaded.route.pattern: make_rules(
                prefix, loaded.route.segments, converters, methods=endpoint.methods, **options
            )
            for loaded, endpoint in zip(self._loaded, self._endpoints, strict=True)
        }

    def match(self, environ: WSGIEnvironment) -> Plan | None:
        """Return a plan with the route of a request. Middleware may still rewrite the request."""
        return self._pipeline.match(environ)

    def answer(self, environ: WSGIEnvironment, plan: Plan | None) -> tuple[Scope, WerkzeugResponse, Finished]:
        """Return the response to a request. It is made in Flask's context, with Flask's context variables."""
        context = ScopeContext()
        return context.run(self._pipeline.answer, environ, context, plan)
