"""Flask as the framework around routes: return values of handlers, and contexts of renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.response.response import Response
from .._runtime.answer.results import make_response
from .cookies import with_cookies_for_routes
from .render_context import render_context

if TYPE_CHECKING:
    from .._runtime.scope.framework import MakeRenderContext


class FlaskFramework:
    """A Flask application around the routes."""

    def make_response(self, result: Any) -> WerkzeugResponse:
        """Return the response for the return value of a handler. All values that Flask accepts are accepted too.

        Values that are valid without Flask give the same response as there, so a tree
        answers the same wherever it is mounted. A custom JSON provider of the application
        is used.
        """
        if not current_app:
            return make_response(result)
        if isinstance(result, tuple) and result:
            result = (_body(result[0]), *map(_number, result[1:2]), *result[2:])
        else:
            result = _body(result)
        response = make_response(result)
        return response if isinstance(response, Response) else with_cookies_for_routes(response)

    def render_context(self, *, has_client: bool) -> MakeRenderContext | None:
        """Return a function that makes contexts of the current application."""
        return render_context(has_client=has_client)


def _number(status: Any) -> Any:
    """Return a status such as ``"404"`` as a number. Flask accepts it."""
    return int(status) if isinstance(status, str) and status.isascii() and status.isdigit() else status


def _body(body: Any) -> Any:
    if isinstance(body, (dict, list)):
        return body if type(current_app.json) is DefaultJSONProvider else current_app.json.response(body)
    if callable(body) and not isinstance(body, (WerkzeugResponse, HTTPException)):
        application: Any = body
        return current_app.make_response(application)
    return body
