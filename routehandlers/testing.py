"""Helpers for tests of routes: a client, a call of one handler, and a request around any function.

The library also installs the pytest fixtures ``routehandlers_app`` and
``routehandlers_client``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ._cache.cache import Cache
from ._cache.store import Store
from ._cache.targets import PurgeTargets
from ._http.request.request import Request
from ._http.request.watched import WatchedRequest
from ._http.values.context import RouteContext
from ._inputs.prepared import prepare, where_of
from ._inputs.reading import read_signature
from ._routing.tree import RouteFile
from ._runtime.answer.bodies import end, is_streamed, run_after
from ._runtime.answer.finish import Finished, finish
from ._runtime.endpoints.plain import Endpoint
from ._runtime.scope.scope import RouteInfo, Scope, ScopeContext, enter_scope, leave_scope
from ._runtime.scope.unit import end_unit, is_answer
from ._start.loader import RouteModule, handler_mistake
from ._start.segment_config import METHODS, SegmentConfig
from ._testing.client import TestClient
from ._testing.messages import RequestBuilder, TestResponse, with_cookies
from .cache_handlers.memory import MemoryCacheHandler
from .config import Config
from .resources import Resource
from .resources import resource as make_resource

if TYPE_CHECKING:
    from .app import RouteHandlers
    from .typing import Handler, HeadersLike, StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["RequestScope", "TestClient", "TestResponse", "call", "clear_cache", "client", "override", "request_scope"]

T = TypeVar("T")


def client(
    app: WSGIApplication,
    *,
    raise_exceptions: bool = True,
    use_cookies: bool = True,
    allow_subdomain_redirects: bool = False,
) -> TestClient:
    """Return a client that sends requests to an application without a server.

    A path is sent as it is written: ``client.get("/items/a%2Fb")`` requests the one segment ``a/b``. When the call
    returns, the response has been read to its end and the functions given to ``after()`` have run. With
    ``buffered=False`` you can read a stream yourself. ``response.cache`` is the state of the cache.

    :param app: A ``RouteHandlers``, or a WSGI application around one.
    :param raise_exceptions: Raise an exception of a handler that no ``error.py`` or middleware handles. ``False``
        returns the default 500, as clients get it.
    :param use_cookies: Store the cookies of responses, and send them.
    :param allow_subdomain_redirects: Follow redirects to subdomains, too.
    """
    return TestClient(
        app,
        raise_exceptions=raise_exceptions,
        use_cookies=use_cookies,
        allow_subdomain_redirects=allow_subdomain_redirects,
    )


def call(
    handler: Handler,
    url: str = "/",
    *,
    method: str | None = None,
    params: Mapping[str, Any] | None = None,
    cookies: Mapping[str, str] | None = None,
    headers: HeadersLike | None = None,
    app: RouteHandlers | None = None,
    **options: Any,
) -> TestResponse:
    """Call one handler and return its response, without server, routing, middleware and stored responses.

    The result becomes a response as in an application: ``not_found()`` gives a 404. Unexpected exceptions are raised
    here. A stream is read to its end, and the functions given to ``after()`` have run.

    :param handler: The function, for example ``app.load("/items/[slug]").GET``.
    :param url: URL of the request. It is not matched against routes.
    :param method: HTTP method. By default, the handler's name if that is a method, or else GET.
    :param params: Content of ``context.params``, such as ``{"id": 7}``.
    :param cookies: Names and values of cookies to send.
    :param app: An application, whose cache, limits, ``secret_key`` and ``not_found.py`` are used. Without one,
        ``cached()`` and ``fetch()`` start with an empty cache.
    :param options: As for ``client(app).get()``: ``query_string``, ``data``, ``json``, ``auth``, …
    :raise TypeError: If the function cannot be a handler.
    :raise Exception: An unexpected exception of the handler.
    """
    name = getattr(handler, "__name__", "")
    method = (method or (name if name in METHODS else "GET")).upper()
    mistake = handler_mistake(method, handler)
    if mistake is not None:
        raise TypeError(mistake)
    one = _OneHandler(handler, method, dict(params or {}), app)
    sender = TestClient(one, use_cookies=False)
    return sender.open(url, method=method, headers=with_cookies(headers, cookies), **options)


# The file of a handler that was not loaded from a file.
_HERE = Path("the handler")


class _OneHandler:
    """WSGI application with one handler."""

    def __init__(self, handler: Handler, method: str, params: dict[str, Any], app: RouteHandlers | None) -> None:
        self._params = params
        self._info = _info(app, handler)
        self._handlers = {method: handler}
        adapters, validate = (
            (app.config.model_adapters, app.config.validate_responses) if app is not None else ((), False)
        )
        signature, mistakes = read_signature(method, handler, adapters)
        if mistakes:
            raise TypeError("\n".join(mistakes))
        where = where_of(method, self._info.pattern, handler, _HERE)
        prepared = prepare(handler, signature, where, validate=validate)
        self._prepared = {method: prepared} if prepared is not None else {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        info = self._info if self._info.pattern else replace(self._info, pattern=environ["PATH_INFO"])
        route = RouteModule(RouteFile(_HERE, (), ()), None, self._handlers, SegmentConfig(), prepared=self._prepared)
        context = copy_context()
        scope = Scope(environ, info, self._params, "", context)
        try:
            status, headers, body = context.run(_attempt, Endpoint(route, info), scope)
        except BaseException:
            end(scope)
            raise
        start_response(status, headers)
        return body


def _attempt(endpoint: Endpoint, scope: Scope) -> Finished:
    enter_scope(scope)
    try:
        response = endpoint.respond(scope)
        if not is_streamed(scope, response):
            end_unit(scope)
    except BaseException as error:
        end_unit(scope, error)
        raise
    return finish(scope, response)


def _info(app: RouteHandlers | None, handler: Handler | None = None) -> RouteInfo:
    """Return the route information of a handler, from its application or with defaults."""
    if app is None:
        cache = Cache(Store(MemoryCacheHandler(), 0), PurgeTargets(()), Config.expire_time)
        return RouteInfo("", Request, WatchedRequest, cache)
    return app._info_of(handler)


class RequestScope:
    """The request that ``request_scope`` provides.

    :ivar request: The first argument of a handler.
    :ivar context: The second argument of a handler.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.request = scope.request
        self.context: RouteContext = RouteContext(scope.params)

    @property
    def set_cookies(self) -> list[str]:
        """The ``Set-Cookie`` lines of the cookies that were set. They stay available after the scope ends."""
        return self._scope.cookie_lines()

    def run_after(self) -> None:
        """Call the functions given to ``after()`` so far, as if the response had been sent.

        Setting a cookie from here on raises an error.
        """
        self._scope.seal()
        self._scope.context.run(run_after, self._scope)

    def __repr__(self) -> str:
        return f"<RequestScope {self.request.method} {self.request.url}>"


@contextmanager
def request_scope(
    url: str = "/",
    *,
    method: str = "GET",
    params: Mapping[str, Any] | None = None,
    cookies: Mapping[str, str] | None = None,
    headers: HeadersLike | None = None,
    app: RouteHandlers | None = None,
    **options: Any,
) -> Iterator[RequestScope]:
    """Provide a request inside a ``with`` block, for ``cookies()``, ``headers()``, ``after()`` and similar functions.

    ::

        with request_scope("/items/a", cookies={"user": "ada"}) as scope:
            assert greeting() == "Hello, ada"
        assert scope.set_cookies == []

    When the block ends, also by an exception, the functions given to ``after()`` run. ``not_found()`` and
    ``redirect()`` raise their ``Interrupt``. Scopes can be nested. To use the scope in a thread, run the thread's
    function with ``contextvars.copy_context().run``.

    :param url: URL of the request. It is not matched against routes.
    :param params: Content of ``scope.context.params``.
    :param app: An application, whose cache, limits and ``secret_key`` are used. Without one, the cache is empty.
    :param options: As for ``client(app).get()``: ``query_string``, ``data``, ``json``, ``auth``, …
    """
    builder = RequestBuilder(url, method=method, headers=with_cookies(headers, cookies), **options)
    try:
        environ = builder.get_environ()
    finally:
        builder.close()
    context = ScopeContext()
    scope = Scope(environ, _info(app), dict(params or {}), "", context)
    context.run(enter_scope, scope)
    token = enter_scope(scope)
    try:
        yield RequestScope(scope)
    except BaseException as error:
        end_unit(scope, None if is_answer(error) else error)
        raise
    else:
        end_unit(scope)
    finally:
        leave_scope(token)
        end(scope)


@contextmanager
def override(resource: Resource[T], replacement: Callable[[], Any]) -> Iterator[None]:
    """Replace a resource inside a ``with`` block, in all threads of the process.

    ::

        with override(db, lambda: fake_session):
            client(app).get("/items")

    :param replacement: A function as ``resource()`` takes it, with or without a ``yield``, or another resource.
    """
    other = replacement if isinstance(replacement, Resource) else make_resource(replacement)
    replaced = resource.make, resource.is_generator
    resource.make, resource.is_generator = other.make, other.is_generator
    try:
        yield
    finally:
        resource.make, resource.is_generator = replaced


def clear_cache(app: RouteHandlers) -> None:
    """Empty the in-memory cache of an application, as if it had just started.

    A shared storage, in files or in Redis, stays as it is: other processes may use it.
    """
    store = app.cache.store
    if not store.is_shared:
        store.after_fork()
