"""The stages that answer: the endpoint of the route, or the response for paths without a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from ..._cache.shared_caches import forbids_sharing
from ..._http.response.additions import addition_of
from ..._http.response.changes import overlay
from ..._routing.spelling import SLASH
from ..answer.failures import unknown_path
from ..answer.headers import with_cookies
from ..path.entrance import UnknownPathError, is_websocket
from ..path.stages import Stage, Step
from ..scope.unit import end_unit
from .fallback import FallThrough, OtherApplication

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import RouteInfo, Scope


class Endpoint(Protocol):
    """A route, a cached route, or a public file."""

    info: RouteInfo
    methods: Iterable[str]

    def respond(self, scope: Scope) -> WerkzeugResponse:
        """Return the response to a request.

        :raise Exception: If the handler raises an unexpected exception.
        """
        ...

    def failed(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        """Return the response to an unexpected exception."""
        ...


class Respond(Stage):
    """The last stage: the endpoint, with its method, cache and handler."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        endpoint: Endpoint = scope.endpoint
        if scope.is_watched and not scope.route.is_cached:
            scope.unwatch()
        try:
            response = endpoint.respond(scope)
        except Exception as error:
            scope.responded = error
            if scope.unit is not None:  # before middleware or an error file handles it
                end_unit(scope, error)
            raise
        if not scope.is_wrapped:
            return response
        if scope.opened_jar is not None:
            response = with_cookies(scope, response)
        scope.responded, scope.is_transformed = response, True
        if scope.route.is_cached and not scope.is_stored:
            scope.is_unstored = forbids_sharing(list(response.headers))
        if not scope.config_headers:
            return response
        if scope.has_generator:
            return overlay(response, addition_of(tuple(scope.config_headers)))
        # No generator sees the response, so finish() adds them.
        scope.late_headers = (*scope.late_headers, addition_of(tuple(scope.config_headers)))
        return response

    def explain(self, _scope: Scope, _steps: list[Step], /) -> WerkzeugResponse | None:
        """Add nothing. ``routehandlers.inspect.explain()`` adds the route and its cache."""
        return None


class PassesOn(Stage):
    """A stage that may pass a request to the other application.

    :param other: The application that ``fallback=`` names.
    :param is_bare: Whether nothing runs around the routes, so the other application gets the request unchanged.
    :param nearest: Returns the route info with the error files for the path of a request.
    :param hand_over: Passes a request to the other application, after transforms and middleware have seen the path
        that the other application will read.
    """

    def __init__(
        self, other: OtherApplication | None, nearest: Callable[[Scope], RouteInfo],
        hand_over: Callable[[Scope], WerkzeugResponse] | None, *, is_bare: bool,
    ) -> None:  # fmt: skip
        self._other = other
        self._is_bare = is_bare
        self._nearest = nearest
        self._hand_over = hand_over

    def _respond_by_other(self, scope: Scope, other: OtherApplication) -> WerkzeugResponse:
        if self._is_bare:
            raise FallThrough
        if self._hand_over is not None and scope.plan is not None and SLASH in scope.plan.whole:
            # WSGI has decoded the slash, so the other application reads a path that middleware did not see.
            return self._hand_over(scope)
        return with_config_headers(scope, other.respond(scope))


class NotFound(PassesOn):
    """10. Answer a path without a route: by the other application, the nearest ``not_found.py``, or the default."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        if scope.endpoint is not None:
            return None
        if self._other is not None:
            return self._respond_by_other(scope, self._other)
        scope.enter_route(self._nearest(scope), {})
        return with_config_headers(scope, with_cookies(scope, unknown_path(scope)))

    def explain(self, scope: Scope, _steps: list[Step], /) -> WerkzeugResponse | None:
        if scope.endpoint is None:
            raise UnknownPathError
        return None


class OutsideOfBasePath(PassesOn):
    """Pass requests outside of the base path to the other application, before any middleware."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        if scope.plan is None or scope.plan.text is not None:
            return None
        if self._other is None:
            raise UnknownPathError
        return self._respond_by_other(scope, self._other)

    def explain(self, scope: Scope, _steps: list[Step], /) -> WerkzeugResponse | None:
        if scope.plan is not None and scope.plan.text is None:
            raise UnknownPathError
        return None


class HandOver(PassesOn):
    """The last stage before the other application, for a path whose slashes WSGI has decoded."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        assert self._other is not None
        scope.environ.update(scope.target)
        return with_config_headers(scope, self._other.respond(scope))


class OtherProtocols(PassesOn):
    """Pass WebSocket requests to the other application."""

    def run(self, scope: Scope, _place: int, /) -> WerkzeugResponse | None:
        if self._other is None or not is_websocket(scope.environ):
            return None
        return self._respond_by_other(scope, self._other)

    def explain(self, scope: Scope, _steps: list[Step], /) -> WerkzeugResponse | None:
        if is_websocket(scope.environ):
            raise UnknownPathError
        return None


def with_config_headers(scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
    """Return a response with the headers of the configuration, which win over those of a handler."""
    scope.is_transformed = True
    return overlay(response, addition_of(tuple(scope.config_headers))) if scope.config_headers else response
