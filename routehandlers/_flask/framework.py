"""Flask as the framework around routes: return values of handlers, and contexts of renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from .._http.response.response import Response
from .._http.values.json import is_dataclass_instance
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

    def json_default(self) -> Callable[[Any], Any] | None:
        """Return the conversion of the application's JSON provider, if the provider is one of its own."""
        if not current_app or not _has_own_provider():
            return None
        provider = current_app.json
        default: Callable[[Any], Any] | None = getattr(provider, "default", None)
        return default if callable(default) else lambda value: provider.loads(provider.dumps(value))

    def render_context(self, *, has_client: bool) -> MakeRenderContext | None:
        """Return a function that makes contexts of the current application."""
        return render_context(has_client=has_client)


def _number(status: Any) -> Any:
    """Return a status such as ``"404"`` as a number. Flask accepts it."""
    return int(status) if isinstance(status, str) and status.isascii() and status.isdigit() else status


def _body(body: Any) -> Any:
    if isinstance(body, (dict, list)):
        return current_app.json.response(body) if _has_own_provider() else body
    if callable(body) and not isinstance(body, (WerkzeugResponse, HTTPException)):
        application: Any = body
        return current_app.make_response(application)
    if is_dataclass_instance(body) and _has_own_provider():
        return current_app.json.response(body)
    return body


def _has_own_provider() -> bool:
    """Return whether the application replaced Flask's JSON provider, or set one of its options."""
    provider = current_app.json
    return type(provider) is not DefaultJSONProvider or not _OPTIONS.isdisjoint(vars(provider))


# What an application can set on Flask's provider: app.json.sort_keys = True.
_OPTIONS = frozenset(name for name in vars(DefaultJSONProvider) if not name.startswith("_"))
