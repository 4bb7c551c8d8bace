"""What stands around a render that may be stored: Flask's contexts, of which each use of the client is reported.

``current_app``, ``url_for()`` and extensions that ask for no more work as ever.
``request``, ``session`` and ``g`` are the client's, and whoever uses one of
them makes an answer for that client. In a refresh there is no client, and they
are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask.ctx import AppContext, RequestContext
from flask.globals import app_ctx, request_ctx
from werkzeug.local import LocalProxy

from .._http.request.watched import nobodys_environ

if TYPE_CHECKING:
    from flask import Flask

    from .._cache.render import Render


def surround(*, has_client: bool) -> Callable[[Render], FlaskSurrounding] | None:
    """What renders need of the application that answers a request now; nothing where there is none."""
    if not app_ctx:
        return None
    app: Flask = app_ctx.app
    theirs = _Client() if has_client else _Nobody(app)
    return lambda render: FlaskSurrounding(app, theirs, render)


class _Client:
    """What the client has whose request is being answered."""

    def __init__(self) -> None:
        self.context = request_ctx._get_current_object()  # type: ignore[attr-defined]  # a proxy's
        self.request = self.context.request
        self.g = app_ctx.g

    @property
    def session(self) -> Any:
        return self.context.session

    @property
    def after_this_request(self) -> Any:
        return self.context._after_request_functions


class _Nobody:
    """What nobody has, which is nothing."""

    def __init__(self, app: Flask) -> None:
        asked: Any = request_ctx.request if request_ctx else None
        prefix = asked.environ.get("SCRIPT_NAME") or "" if asked else ""
        self.request = app.request_class(nobodys_environ(prefix, "/"))
        self.request.url_rule = asked.url_rule if asked else None
        self.session = app.session_interface.make_null_session(app)
        self.g = app.app_ctx_globals_class()
        self.after_this_request: list[Any] = []


class FlaskSurrounding:
    """Flask's contexts around one render."""

    def __init__(self, app: Flask, theirs: _Client | _Nobody, render: Render) -> None:
        self._app = app
        self._theirs = theirs
        self._render = render
        self._context: AppContext | None = None

    def enter(self) -> None:
        """Push them. They are the render's alone, and so are the database sessions that hang on them."""
        self._context = self._app.app_context()
        self._context.g = _watched("flask.g", self._theirs.g, self._render)
        self._context.push()
        # Never popped: that would end the client's request. It goes with the context of the render.
        _RenderRequestContext(self._app, self._theirs, self._render).push()

    def leave(self) -> None:
        """Tear down what hangs on the application's context."""
        if self._context is not None:
            # Functions that close what lies in g are to leave the client's there.
            self._context.g = self._app.app_ctx_globals_class()
            self._context.pop(None)
            self._context = None


class _RenderRequestContext(RequestContext):
    """A request context that has the client's request and session, and reports their use."""

    def __init__(self, app: Flask, theirs: _Client | _Nobody, render: Render) -> None:
        self._theirs = theirs
        self._render = render
        super().__init__(app, theirs.request.environ, theirs.request, app.session_interface.make_null_session(app))
        self.request = _WatchedRequest(theirs.request, render)  # type: ignore[assignment]  # what stands for one
        if self.url_adapter is not None:
            self._watch_hosts(self.url_adapter)

    def _watch_hosts(self, adapter: Any) -> None:
        """An absolute URL has the host that the client sent."""
        build = adapter.build

        def watched_build(endpoint: str, values: Any = None, method: str | None = None, **options: Any) -> str:
            if options.get("force_external"):
                self._render.read("flask.url_for(_external=True)")
            url: str = build(endpoint, values, method, **options)
            return url

        adapter.build = watched_build

    def match_request(self) -> None:
        """It was matched."""

    @property
    def session(self) -> Any:
        return _watched("flask.session", self._theirs, self._render, "session")

    @session.setter
    def session(self, session: Any) -> None:
        """Flask 3.0 sets it."""

    @property
    def _after_request_functions(self) -> Any:
        self._render.read("flask.after_this_request()")
        return self._theirs.after_this_request

    @_after_request_functions.setter
    def _after_request_functions(self, functions: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Each context begins with none; these are the client's."""


def _watched(what: str, theirs: Any, render: Render, name: str | None = None) -> Any:
    """Something that is the same, and reports each use."""

    def resolve() -> Any:
        render.read(what)
        return theirs if name is None else getattr(theirs, name)

    return LocalProxy(resolve)


class _WatchedRequest(LocalProxy[Any]):
    """Flask's request, which reports each use but those of ``url_for()`` and of templates, which ask whose it is."""

    __slots__ = ("_plain",)

    def __init__(self, request: Any, render: Render) -> None:
        def resolve() -> Any:
            render.read("flask.request")
            return request

        super().__init__(resolve)
        object.__setattr__(self, "_plain", request)

    def __bool__(self) -> bool:
        return True

    @property
    def blueprint(self) -> Any:
        """Of the route, whoever asks for it."""
        return object.__getattribute__(self, "_plain").blueprint

    @property
    def blueprints(self) -> Any:
        """Of the route, too."""
        return object.__getattribute__(self, "_plain").blueprints
