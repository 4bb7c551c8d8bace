"""What tests of routes need: a client, one handler's answer, and a request around any function.

With pytest, the fixtures ``routehandlers_app`` and ``routehandlers_client`` are
there as soon as the library is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._cache.cache import Cache
from ._cache.store import Store
from ._http.request.request import Request
from ._http.request.watched import WatchedRequest
from ._http.values.context import RouteContext
from ._routing.tree import RouteFile
from ._runtime.answer.bodies import end, run_after
from ._runtime.answer.finish import Finished, finish
from ._runtime.endpoints.plain import Endpoint
from ._runtime.scope.scope import RouteInfo, Scope, ScopeContext, enter_scope, leave_scope
from ._start.loader import RouteModule, handler_mistake
from ._start.segment_config import METHODS, SegmentConfig
from ._testing.client import TestClient
from ._testing.messages import RequestBuilder, TestResponse, with_cookies
from .cache_handlers.memory import MemoryCacheHandler
from .config import Config

if TYPE_CHECKING:
    from .app import RouteHandlers
    from .typing import Handler, HeadersLike, StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["RequestScope", "TestClient", "TestResponse", "call", "clear_cache", "client", "request_scope"]


def client(
    app: WSGIApplication,
    *,
    raise_exceptions: bool = True,
    use_cookies: bool = True,
    allow_subdomain_redirects: bool = False,
) -> TestClient:
    """A client that sends requests to an application without a server.

    A path goes out as it is written: ``client.get("/items/a%2Fb")`` asks for the one segment ``a/b``. A response has
    been read to its end, ``after()`` included, when the call returns; ``buffered=False`` leaves a stream
    to be read. ``response.cache`` tells how the cache answered.

    :param app: A ``RouteHandlers``, also with other WSGI applications around it.
    :param raise_exceptions: Raise what a handler raised and no ``error.py`` or middleware answered, where
        it would be the default 500. ``False`` gives the answer that clients get.
    :param use_cookies: Keep the cookies that answers set, and send them.
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
    """The answer of one handler: no server, no routing, no middleware, and nothing of it from the cache.

    What it returns or raises on purpose is made an answer as in an application: ``not_found()`` is a 404. What
    nobody planned is raised here. Streams are read to their end, and ``after()`` has done its work.

    :param handler: The function: ``app.load("/items/[slug]").GET``.
    :param url: Of the request; it is not matched.
    :param method: The handler's name, if that is a method, and else GET.
    :param params: What ``context.params`` holds: ``{"id": 7}``.
    :param cookies: Sent with it; names and values.
    :param app: Whose cache, limits, ``secret_key`` and ``not_found.py`` count. Without one ``cached()`` and ``fetch()``
        begin with an empty cache.
    :param options: As for ``client(app).get()``: ``query_string``, ``data``, ``json``, ``auth``, …
    :raise TypeError: If it cannot be a handler.
    :raise Exception: What it raised.
    """
    name = getattr(handler, "__name__", "")
    method = (method or (name if name in METHODS else "GET")).upper()
    mistake = handler_mistake(method, handler)
    if mistake is not None:
        raise TypeError(mistake)
    one = _OneHandler(handler, method, dict(params or {}), app)
    sender = TestClient(one, use_cookies=False)
    return sender.open(url, method=method, headers=with_cookies(headers, cookies), **options)


class _OneHandler:
    """One handler, as a WSGI application."""

    def __init__(self, handler: Handler, method: str, params: dict[str, Any], app: RouteHandlers | None) -> None:
        self._params = params
        self._info = _info(app, handler)
        self._handlers = {method: handler}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        info = self._info if self._info.pattern else replace(self._info, pattern=environ["PATH_INFO"])
        route = RouteModule(RouteFile(Path("the handler"), (), ()), None, self._handlers, SegmentConfig())
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
    return finish(scope, endpoint.respond(scope))


def _info(app: RouteHandlers | None, handler: Handler | None = None) -> RouteInfo:
    """What a handler's route is told of, by its application or by nobody."""
    if app is None:
        cache = Cache(Store(MemoryCacheHandler(), 0), frozenset(), Config.expire_time)
        return RouteInfo("", Request, WatchedRequest, cache)
    return app.info_of(handler)


class RequestScope:
    """The request that ``request_scope`` provides.

    :ivar request: What a handler is given first.
    :ivar context: What it is given second.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.request = scope.request
        self.context: RouteContext = RouteContext(scope.params)

    @property
    def set_cookies(self) -> list[str]:
        """The ``Set-Cookie`` lines of what ``cookies()`` set, also when the scope has ended."""
        return self._scope.cookie_lines()

    def run_after(self) -> None:
        """Call what ``after()`` was given so far, as if the answer had been sent: no cookie is set from here on."""
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
    """A request for what is called below ``with``: ``cookies()``, ``headers()``, ``after()`` and their like find it.

    ::

        with request_scope("/items/a", cookies={"user": "ada"}) as scope:
            assert greeting() == "Hello, ada"
        assert scope.set_cookies == []

    At its end, also by an exception, what ``after()`` was given is called. ``not_found()`` and ``redirect()`` raise
    their ``Interrupt``. Scopes nest; a thread finds this one by ``contextvars.copy_context().run``.

    :param url: Of the request; it is not matched.
    :param params: What ``scope.context.params`` holds.
    :param app: Whose cache, limits and ``secret_key`` count. Without one, the cache is empty.
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
    finally:
        leave_scope(token)
        end(scope)


def clear_cache(app: RouteHandlers) -> None:
    """Forget what an application has stored in memory, as if it had just been started.

    A shared storage, in files or in Redis, keeps what it has: it may be somebody else's.
    """
    store = app.cache.store
    if not store.is_shared:
        store.after_fork()
