"""Endpoints of deprecated operations, whose responses say so (RFC 9745)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._http.response.changes import underlay
from .._runtime.endpoints.plain import Endpoint
from .settings import settings_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from .._runtime.scope.scope import RouteInfo, Scope
    from .._start.loader import RouteModule


def endpoint_of(route: RouteModule, info: RouteInfo) -> Endpoint:
    """Return the endpoint of a route. Only routes with a deprecated handler pay for the header."""
    since = {
        method: moment
        for method, handler in route.handlers.items()
        if (moment := settings_of(handler).deprecated_since) is not None
    }
    return DeprecatedEndpoint(route, info, since) if since else Endpoint(route, info)


class DeprecatedEndpoint(Endpoint):
    """An endpoint that adds the header ``Deprecation`` to the responses of some methods.

    :param since: The time since when a method is deprecated, in seconds since 1970.
    """

    def __init__(self, route: RouteModule, info: RouteInfo, since: dict[str, int]) -> None:
        super().__init__(route, info)
        self._headers = {method: (("Deprecation", f"@{moment}"),) for method, moment in since.items()}
        if "GET" in since and "HEAD" not in route.handlers:
            self._headers["HEAD"] = self._headers["GET"]

    def respond(self, scope: Scope) -> WerkzeugResponse:
        return underlay(super().respond(scope), self._headers.get(scope.environ["REQUEST_METHOD"], ()))

    def call(self, scope: Scope) -> WerkzeugResponse:
        return underlay(super().call(scope), self._headers.get("GET", ()))
