"""The view function of all routes of one registration, and the functions that run before and after it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.exceptions import NotFound

from .._runtime.path.hits import ROUTE, ROUTING_ARGS
from .body import FlaskInput, share_body
from .cookies import cookies_for_routes
from .responses import error_for_flask, make_flask_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Request, Response

    from .._routing.rules import RouteRule
    from .._runtime.path.plans import Plan
    from ..typing import WSGIEnvironment
    from .mounted import MountedRouteHandlers

# Key of the exchange in the environ.
_EXCHANGE = "routehandlers.flask"


class _Exchange:
    """State of one request that Flask passes to the routes.

    :param inner: The environment that the routes see.
    :ivar plan: The plan with the route, which was matched before other code of the application ran.
    :ivar is_outside: Whether the raw path is outside of the prefix. The routes can only redirect to correct slashes.
    :ivar is_sent: Whether a response is being sent. Its end is the end of the exchange.
    """

    plan: Plan | None = None
    input: FlaskInput | None = None
    end_answer: Callable[[], None] | None = None
    is_sent = False

    def __init__(self, inner: WSGIEnvironment, *, is_outside: bool) -> None:
        self.inner = inner
        self.is_outside = is_outside

    def end_with(self, response: Response) -> None:
        """End the exchange when a response has been sent."""
        self.is_sent = True
        if self.end_answer is not None or self.input is not None:
            response.call_on_close(self.end)

    def end(self) -> None:
        """End the request of the routes, and close the shared body."""
        if self.end_answer is not None:
            self.end_answer()
        if self.input is not None:
            self.input.close()


class RouteView:
    """Answer requests of one registration of a blueprint.

    :param routes: The application in the folder.
    :param prefix: Prefix of its URLs, without a trailing slash.
    :param rules: The rules, by the pattern of their route.
    :param rest: The rule for paths without a route.
    :param outer_names: Names of the view arguments from the prefix and the defaults of the blueprint.
    """

    def __init__(
        self,
        routes: MountedRouteHandlers,
        prefix: str,
        rules: Mapping[str, RouteRule],
        rest: RouteRule,
        outer_names: Iterable[str],
    ) -> None:
        self.routes = routes
        self.prefix = prefix
        # In the encoding of PATH_INFO. For a prefix with variables, only the number of segments is known.
        self._prefix = prefix.encode().decode("latin-1") if "<" not in prefix else None
        self._depth = prefix.count("/")
        self._rules = rules
        self._rest = rest
        self._outer_names = frozenset(outer_names)

    def begin(self, endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """Match the route in the tree, before other code of the application runs."""
        view: object = flask.current_app.view_functions.get(endpoint or "")
        if view is not self:  # the user may add other views to the blueprint
            return
        request: Request = flask.request
        exchange = request.environ[_EXCHANGE] = self._open(request)
        plan = exchange.plan = self.routes.match(exchange.inner)
        if plan is None or plan.error is not None or not plan.is_decided or exchange.is_outside:
            return
        values: dict[str, Any] = {}
        if self._outer_names and request.view_args:
            values = {name: value for name, value in request.view_args.items() if name in self._outer_names}
        if plan.found is not None:
            values.update(plan.params() if plan.has_lists else plan.found[1])
            request.url_rule = self._rules.get(plan.found[0].info.pattern, request.url_rule)
        elif request.endpoint != self._rest.endpoint:  # a converter refused a value that the rule matches
            values["rest"] = "/".join(request.path.split("/")[self._depth + 1 :])
            request.url_rule = self._rest
        else:
            return
        request.view_args = values

    def _open(self, request: Request) -> _Exchange:
        environ = request.environ
        path: str = environ.get("PATH_INFO") or ""
        prefix = self._prefix
        if prefix is None:
            segments = path.split("/", self._depth + 1)[: self._depth + 1]
            prefix, is_outside = "/".join(segments), "" in segments[1:]
        else:
            is_outside = not f"{path}/".startswith(f"{prefix}/")
        if is_outside:
            prefix = ""  # the routes redirect the whole path to its right spelling
        inner = {
            **environ,
            "SCRIPT_NAME": (environ.get("SCRIPT_NAME") or "") + prefix,
            "PATH_INFO": path[len(prefix) :],
        }
        if "HTTP_COOKIE" in environ:
            inner["HTTP_COOKIE"] = cookies_for_routes(environ["HTTP_COOKIE"])
        exchange = _Exchange(inner, is_outside=is_outside)
        if "stream" in vars(request):  # Flask's request has started to read the body
            inner["wsgi.input"] = BytesIO(request.get_data())
        elif _may_have_body(environ):
            exchange.input = share_body(environ, inner, request.max_content_length)
        return exchange

    def __call__(self, **_values: Any) -> Response:
        """Return the response of the routes.

        :raise Exception: If the routes have only a default response to it.
        """
        request = flask.request
        exchange: _Exchange = request.environ.get(_EXCHANGE) or self._open(request)
        if exchange.is_outside and exchange.plan is not None and exchange.plan.location is None:
            raise NotFound
        scope, answer, finished = self.routes.answer(exchange.inner, exchange.plan)
        for name in (ROUTE, ROUTING_ARGS):  # for WSGI middleware around Flask
            if name in exchange.inner:
                request.environ[name] = exchange.inner[name]
        response, exchange.end_answer = make_flask_response(scope, finished)
        error = getattr(answer, "_default_for", None)
        if error is None:
            exchange.end_with(response)
            return response
        flask.after_this_request(lambda other: _go_on_with(other, response, exchange))
        raise error_for_flask(scope, error, response)


def _may_have_body(environ: WSGIEnvironment) -> bool:
    if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
        return True
    # HTTP/2 announces neither.
    return bool(environ.get("wsgi.input_terminated")) and environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}


def _go_on_with(other: Response, response: Response, exchange: _Exchange) -> Response:
    """Add the cookies of the route to the response of an error handler, and end the exchange after it."""
    known = other.headers.getlist("Set-Cookie")
    for line in response.headers.getlist("Set-Cookie"):
        if line not in known:
            other.headers.add("Set-Cookie", line)
    exchange.end_with(other)
    return other


def end_exchange(_error: BaseException | None) -> None:
    """End a request whose response is not being sent, for example because a hook of Flask answered it."""
    exchange: _Exchange | None = flask.request.environ.get(_EXCHANGE)
    if exchange is not None and not exchange.is_sent:
        exchange.end()
