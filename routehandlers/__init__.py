"""Next.js Route Handlers for synchronous Python: a folder of ``route.py`` files is the API."""

from __future__ import annotations

from ._http.request.request import Request
from ._http.response.response import Response
from ._http.values.context import RouteContext
from .app import RouteHandlers, create_app
from .exceptions import RouteHandlersError

__all__ = ["Request", "Response", "RouteContext", "RouteHandlers", "RouteHandlersError", "create_app"]
