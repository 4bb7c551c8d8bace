"""Scope of a render that may be stored. It gives access to the client's request and reports each read of it."""

from __future__ import annotations

from contextvars import Context
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders

from ..._cache.render import Render
from ..._http.request.body import BODY_VARIABLES
from ..._http.request.covered import CoveredCookies, CoveredHeaders
from ..._http.request.request import Request
from ..._http.request.vary import Vary
from ..._http.response.cookies import Cookies
from .scope import RouteInfo, Scope, cookies_of, enter_scope

if TYPE_CHECKING:
    from ...typing import Params, WSGIEnvironment
    from .framework import MakeRenderContext, RenderContext


class RenderScope(Scope):
    """The scope of a render that may be stored. It gives access to the client's request and reports each read of it.

    :param environ: An environment with only those parts of the request that the key covers.
    :param client_environ: The client's environment, or ``environ`` if the client must not be read.
    :param make_context: Makes the context that the framework needs around a render.
    """

    _client_request: Request | None = None

    def __init__(
        self, environ: WSGIEnvironment, client_environ: WSGIEnvironment, route: RouteInfo, params: Params, path: str,
        context: Context, render: Render, vary: Vary, make_context: MakeRenderContext | None = None,
    ) -> None:  # fmt: skip
        super().__init__(environ, route, params, path, context)
        self.render = self.record = render
        self._render_context: RenderContext | None = make_context(render) if make_context is not None else None
        self.shared = environ
        self._client_environ = client_environ
        self.vary = vary

    @property
    def request(self) -> Request:
        if self._request is None:
            self._request = self.route.watched_class._by(self, self._client_environ)
        return self._request

    @property
    def client_request(self) -> Request:
        """The client's request, which does not report reads."""
        if self._client_request is None:
            self._client_request = self.route.request_class(self._client_environ, populate_request=False)
        return self._client_request

    def read(self, what: str) -> None:
        """Note that something of the client was read."""
        self.record.read(what)

    @property
    def headers(self) -> EnvironHeaders:
        if self.vary.headers:
            return CoveredHeaders(self.vary.headers, self.shared, self._client_environ, self.record.read)
        self.record.read("headers()")
        return EnvironHeaders(self._client_environ)

    @property
    def cookies(self) -> Cookies:
        if self.vary.cookies:
            # The key covers what the client sent, and not what middleware has set since.
            set_here = self._client_environ.get("routehandlers.cookies", {})
            return CoveredCookies({*self.vary.cookies} - {*set_here}, self.jar, self.record.read)
        self.record.read("cookies()")
        return self.jar

    @property
    def jar(self) -> Cookies:
        if self.opened_jar is None:
            self.opened_jar = Cookies(cookies_of(self._client_environ))
            if self._sealed:
                self.opened_jar.seal()
        return self.opened_jar

    def release(self, environ: WSGIEnvironment) -> None:
        """Turn into a private scope of the client. Its conditional headers and its method apply again."""
        for name in BODY_VARIABLES:  # the body may have been read from a copy
            if name in self._client_environ:
                environ[name] = self._client_environ[name]
        self.environ = environ

    def enter(self) -> None:
        """Enter the scope. Call this in its context."""
        enter_scope(self)
        if self._render_context is not None:
            self._render_context.enter()

    @property
    def has_leftovers(self) -> bool:
        return self._render_context is not None or super().has_leftovers

    def leave(self) -> None:
        """End the render. Later reads of the client do not count, and the context of the framework ends."""
        self.record.close()
        if self._render_context is not None:
            self.context.run(self._render_context.leave)
            self._render_context = None

    def close(self) -> None:
        self.leave()
        super().close()
