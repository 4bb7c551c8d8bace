"""Convert responses of the routes into Flask's responses, so that all code around views works with them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import flask
from flask import current_app, stream_with_context
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from .._cache.shared_caches import made_private
from .._routing.rules import RouteRule
from .._runtime.answer.bodies import SentStream
from .contexts import current_request_context
from .cookies import cookies_for_flask

if TYPE_CHECKING:
    from flask import Flask, Response

    from .._runtime.answer.finish import Finished
    from .._runtime.scope.scope import Scope
    from ..typing import WSGIEnvironment

_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")


class _Stream:
    """A stream that is closed only once, in Flask's context."""

    def __init__(self, body: SentStream) -> None:
        self._chunks = iter(body)
        self._body: SentStream | None = body

    def __iter__(self) -> _Stream:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()


def make_flask_response(scope: Scope, finished: Finished) -> tuple[Response, Callable[[], None] | None]:
    """Return a response of the application's class, and a function to call when it has been sent.

    The function ends the request. It is ``None`` if there is nothing to end.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # app is a proxy
    route = scope.route
    response_class = app.response_class
    status, headers, body = finished
    headers = cookies_for_flask(headers)
    if route.is_cached and not route.is_public:
        response_class = _cached_class(response_class)  # type: ignore[arg-type]  # classes can be hashed
        if _has_guards(app):
            headers = made_private(headers)
    response = response_class(status=status)
    response.headers = Headers(headers)
    if isinstance(body, SentStream):
        stream = _Stream(body)
        response.response = stream_with_context(stream)
        return response, stream.close
    chunks = list(body)
    # Flask adds a Content-Length to every list, but a HEAD of a stream has none.
    response.response = chunks if chunks or "Content-Length" in response.headers else iter(())
    close: Callable[[], None] | None = getattr(body, "close", None)
    return response, partial(_close, app, close) if close is not None else None


def _has_guards(app: Flask) -> bool:
    """Return whether functions that Flask calls before the view may have read something of the client."""
    return any(app.before_request_funcs.get(name) for name in (None, *flask.request.blueprints))


@lru_cache
def _cached_class(response_class: type[Response]) -> type[Response]:
    """Return a response class for cached routes. It makes the response private if Flask has added cookies."""

    class CachedResponse(response_class):  # type: ignore[misc, valid-type]  # the base is a value
        def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
            headers: Headers = super().get_wsgi_headers(environ)
            return Headers(made_private(list(headers))) if "Set-Cookie" in headers else headers

    CachedResponse.__name__ = CachedResponse.__qualname__ = response_class.__name__
    made: type[Response] = CachedResponse
    return made


def _close(app: Flask, close: Callable[[], None]) -> None:
    """Close a response after Flask's contexts ended. Functions passed to ``after()`` get an application context."""
    with app.app_context():
        close()


def error_for_flask(scope: Scope, error: Exception, response: Response) -> Exception:
    """Return an exception without a custom response, for Flask's error handlers.

    :param response: The default response, which Flask sends if there is no handler.
    """
    if not isinstance(error, HTTPException):
        return error
    if isinstance(error, NotFound) and not scope.route.pattern:
        allowed = _allowed_elsewhere()
        if allowed:
            return MethodNotAllowed(allowed)
    try:
        handed = copy(error)
    except TypeError:  # a class of the user whose constructor has other arguments
        return error
    handed.response = response
    return handed.with_traceback(error.__traceback__)


def _allowed_elsewhere() -> list[str]:
    """Return the methods that other rules of the application allow for this path."""
    adapter = current_request_context().url_adapter
    if adapter is None:
        return []
    allowed: list[str] = []
    for method in _METHODS:
        try:
            rule, _ = adapter.match(method=method, return_rule=True)
        except HTTPException:
            continue
        if not isinstance(rule, RouteRule):
            allowed.append(method)
    return allowed
