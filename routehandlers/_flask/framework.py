"""Flask as the framework around routes: return values of handlers, and contexts of renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._runtime.answer.results import make_response
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
        if isinstance(result, tuple) and len(result) in {2, 3}:
            body, status, headers = _unpacked(result)
            return make_response((_body(body), status, headers))
        return make_response(_body(result))

    def render_context(self, *, has_client: bool) -> MakeRenderContext | None:
        """Return a function that makes contexts of the current application."""
        return render_context(has_client=has_client)


def _unpacked(result: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Return ``(body, status, headers)`` of a tuple in a shape that Flask accepts."""
    body, second, *rest = result
    if isinstance(second, (Headers, Mapping, list, tuple)):
        body, status, headers = body, None, second
    else:
        status, headers = second, rest[0] if rest and rest[0] is not None else ()
    if status is None:
        status = body.status_code if isinstance(body, WerkzeugResponse) else 200
    number = status.partition(" ")[0] if isinstance(status, str) else ""
    return body, int(number) if number.isdecimal() else status, headers


def _body(body: Any) -> Any:
    if isinstance(body, (dict, list)):
        return body if type(current_app.json) is DefaultJSONProvider else current_app.json.response(body)
    if callable(body) and not isinstance(body, (WerkzeugResponse, HTTPException)):
        application: Any = body
        return current_app.make_response(application)
    return body
