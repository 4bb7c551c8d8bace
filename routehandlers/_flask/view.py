"""The view function of all routes of one registration, and what comes before and after it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import flask

from .body import FlasksInput, share_body
from .mounted import copy_route
from .responses import handed_over, make_flask_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Request, Response

    from .._routing.rules import RouteRule
    from ..typing import WSGIEnvironment
    from .mounted import MountedRouteHandlers

# Where a request's exchange lies.
_EXCHANGE = "routehandlers.flask"


class _Exchange:
    """One request on its way from Flask to the routes and back.

    :param inner: The environment that the routes see.
    :ivar is_sent: Whether a response is on its way, whose end is the end of it.
    """

    def __init__(self, inner: WSGIEnvironment) -> None:
        self.inner = inner
        self.input: FlasksInput | None = None
        self.end_answer: Callable[[], None] = lambda: None
        self.is_sent = False

    def end_with(self, response: Response) -> None:
        """Give everything back when a response has been sent."""
        self.is_sent = True
        response.call_on_close(self.end)

    def end(self) -> None:
        """Give back what the request took."""
        self.end_answer()
        if self.input is not None:
            self.input.close()


class RouteView:
    """Answers requests of one registration of a blueprint.

    :param depth: How many segments its prefix has.
    :param rules: By the pattern of their routes.
    :param outer_names: What the prefix and the defaults of the blueprint give a view, beside the params.
    """

    def __init__(
        self,
        routes: MountedRouteHandlers,
        depth: int,
        rules: Mapping[str, RouteRule],
        outer_names: Iterable[str],
    ) -> None:
        self._routes = routes
        self._depth = depth
        self._rules = rules
        self._outer_names = frozenset(outer_names)

    def begin(self, request: Request) -> None:
        """Let the tree say which route it is, before anything of the application runs."""
        exchange = request.environ[_EXCHANGE] = self._open(request)
        matched = self._routes.match(exchange.inner)
        if matched is None:
            return
        pattern, params = matched
        outer = {name: value for name, value in (request.view_args or {}).items() if name in self._outer_names}
        request.url_rule = self._rules.get(pattern, request.url_rule)
        request.view_args = {**outer, **params}

    def _open(self, request: Request) -> _Exchange:
        environ = request.environ
        path: str = environ.get("PATH_INFO") or ""
        prefix = "/".join(path.split("/", self._depth + 1)[: self._depth + 1])
        inner = {
            **environ,
            "SCRIPT_NAME": (environ.get("SCRIPT_NAME") or "") + prefix,
            "PATH_INFO": path[len(prefix) :],
        }
        exchange = _Exchange(inner)
        if "stream" in vars(request):  # Flask's request has begun to read it
            inner["wsgi.input"] = BytesIO(request.get_data())
        elif _may_have_body(environ):
            exchange.input = share_body(environ, inner, request.max_content_length)
        return exchange

    def __call__(self, **_values: Any) -> Response:
        """What the routes answer.

        :raise Exception: What they have no answer to.
        """
        request = flask.request
        exchange = request.environ.get(_EXCHANGE) or self._open(request)
        scope, answer, finished = self._routes.answer(exchange.inner)
        copy_route(exchange.inner, request.environ)
        response, exchange.end_answer = make_flask_response(scope, finished)
        error = getattr(answer, "_default_for", None)
        if error is None:
            exchange.end_with(response)
            return response
        flask.after_this_request(lambda other: _go_on_with(other, response, exchange))
        raise handed_over(scope, error, response)


def _may_have_body(environ: WSGIEnvironment) -> bool:
    if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
        return True
    # HTTP/2 announces neither.
    return bool(environ.get("wsgi.input_terminated")) and environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}


def _go_on_with(other: Response, response: Response, exchange: _Exchange) -> Response:
    """An error handler's answer has the cookies that the route has set, and ends as the route's would have."""
    known = other.headers.getlist("Set-Cookie")
    for line in response.headers.getlist("Set-Cookie"):
        if line not in known:
            other.headers.add("Set-Cookie", line)
    exchange.end_with(other)
    return other


def end_exchange(environ: WSGIEnvironment) -> None:
    """The end of a request for which no response is on its way: somebody else answered, or nobody."""
    exchange: _Exchange | None = environ.get(_EXCHANGE)
    if exchange is not None and not exchange.is_sent:
        exchange.end()
