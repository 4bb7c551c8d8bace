"""Responses to requests that a stage refused, or that failed.

A refusal is an ``HTTPException`` of a stage before the endpoint. A failure is an
unexpected exception, in a handler, in middleware, or in what came of either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .._http.response.changes import overlay, underlay
from .._http.response.errors import error_response
from .._http.response.interrupts import Interrupt
from .answer.bodies import close_quietly, is_streamed
from .answer.failures import excepted, failed, interrupted, unknown_path
from .answer.finish import Finished, finish
from .answer.headers import check_headers, with_cookies
from .answer.reporting import report
from .endpoints.stages import with_config_headers
from .path.entrance import UnknownPathError
from .scope.unit import end_unit

if TYPE_CHECKING:
    from werkzeug.exceptions import HTTPException
    from werkzeug.wrappers import Response as WerkzeugResponse

    from .around.folder_files import FolderFiles
    from .scope.scope import RouteInfo, Scope


class ErrorHandling:
    """Make the responses to refused and failed requests of one application.

    :param no_route: Stands for the route of requests that no route answers.
    """

    def __init__(self, folder_files: FolderFiles, no_route: RouteInfo) -> None:
        self._folder_files = folder_files
        self._instrumentation = folder_files.instrumentation
        self._no_route = no_route

    def refused(self, scope: Scope, error: HTTPException) -> WerkzeugResponse:
        """Return the response to a request that a stage before the endpoint refuses."""
        scope.enter_route(self.nearest(scope), {})
        response = unknown_path(scope) if isinstance(error, UnknownPathError) else excepted(scope, error)
        return with_config_headers(scope, with_cookies(scope, response))

    def answered_at_end(self, scope: Scope, error: HTTPException | Interrupt) -> WerkzeugResponse:
        """Return the response that a resource raises when it ends, in place of the one that was complete."""
        scope.late_headers = ()
        scope.resend_cookies()
        response = interrupted(scope, error) if isinstance(error, Interrupt) else excepted(scope, error)
        return with_config_headers(scope, overlay(with_cookies(scope, response), *scope.overlays))

    def nearest(self, scope: Scope) -> RouteInfo:
        """Return the route info with the error files of the nearest existing folder, for a request without a route."""
        folder_map = self._folder_files.folder_map
        if folder_map is None:
            return self._no_route
        try:
            folders = folder_map.nearest(scope.path or "/")
        except (Exception, Interrupt):  # of a converter, which is being reported already
            return self._no_route
        return replace(self._no_route, error_files=self._folder_files.error_files_of(folders))

    def failed(self, scope: Scope, error: Exception) -> tuple[WerkzeugResponse, Finished]:
        """Return the response to an unexpected exception in a handler, in middleware, or in what came of either."""
        scope.is_transformed, scope.late_headers = True, ()
        response = self._failure(scope, error)
        if scope.unit is not None and not is_streamed(scope, response):
            response = self._end_unit(scope, response)
        wrapped = overlay(response, *scope.overlays)
        # The last of these cannot fail: one of the headers, or what an error file returned, may have been the mistake.
        last = error_response(scope.environ, 500)
        last._default_for = error
        for candidate in (underlay(wrapped, scope.config_headers), response, last):
            try:
                return candidate, finish(scope, candidate)
            except Exception as another:
                close_quietly(scope, candidate)
                report(scope, another, "%s: the response to its failure cannot be sent", scope.description)
        raise AssertionError("the default response can be sent")

    def _end_unit(self, scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
        """End the resources that an error file has opened. If one fails, return the default response."""
        try:
            end_unit(scope)
        except (Exception, Interrupt) as another:
            close_quietly(scope, response)
            report(scope, another, "%s: a resource of an error file failed", scope.description)
            return error_response(scope.environ, 500)
        return response

    def _failure(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        try:
            return self._answer_failure(scope, error)
        except (Exception, Interrupt) as another:  # of an error file, which raised a response that fails itself
            if another is error:  # for Werkzeug's debugger
                raise
            report(scope, another, "%s: an error file failed", scope.description)
            return error_response(scope.environ, 500)

    def _answer_failure(self, scope: Scope, error: Exception) -> WerkzeugResponse:
        if scope.endpoint is not None and self._is_of_endpoint(scope, error):
            response: WerkzeugResponse = scope.endpoint.failed(scope, error)
            return response
        if not self._instrumentation.is_ready:
            return failed(scope, error, "register() of instrumentation.py")
        if scope.endpoint is None and not scope.is_wrapped:
            scope.route = self.nearest(scope)
            return failed(scope, error, "Matching the path")
        return failed(scope, error, f"{scope.description}, around its handler,", route_type="middleware")

    def _is_of_endpoint(self, scope: Scope, error: Exception) -> bool:
        """Return whether the endpoint raised the exception, or returned a response that cannot be sent."""
        if not scope.is_wrapped or scope.responded is error:
            return True
        if scope.responded is None or isinstance(scope.responded, Exception):
            return False
        try:
            check_headers(scope.responded.headers, scope.responded.status_code, "")
        except ValueError:
            return True
        return False
