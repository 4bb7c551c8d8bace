"""The contexts of Flask around a render that may be stored. Each use of the client in them is reported.

``current_app``, ``url_for()`` and extensions that need no more work as in any view.
``request``, ``session`` and ``g`` are those of the client, and a render that uses
one of them makes a response for that client alone. A refresh has no client: it
finds an empty request, session and ``g``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask.globals import app_ctx
from werkzeug.local import LocalProxy

from .._http.request.watched import environ_without_client
from .contexts import (
    ApplicationContext,
    current_request_context,
    late_functions_of,
    make_request_context,
    watch_late_functions,
)

if TYPE_CHECKING:
    from flask import Flask

    from .._cache.render import Render


def render_context(*, has_client: bool) -> Callable[[Render], FlaskRenderContext] | None:
    """Return what renders need of the application that answers a request now; ``None`` where there is none."""
    if not app_ctx:
        return None
    app: Flask = app_ctx.app
    theirs = _Client() if has_client else _Nobody(app)
    return lambda render: FlaskRenderContext(app, theirs, render)


class _Client:
    """What the client has whose request is being answered."""

    def __init__(self) -> None:
        self.context = current_request_context()
        self.request = self.context.request
        self.g = app_ctx.g

    @property
    def session(self) -> Any:
        """The session. To read it marks it as read, and so it is read when a render uses it."""
        return self.context.session

    @property
    def late_functions(self) -> list[Any]:
        return late_functions_of(self.context)


class _Nobody:
    """What a render has that has no client."""

    def __init__(self, app: Flask) -> None:
        context = current_request_context()
        asked: Any = context.request if context is not None else None
        prefix = asked.environ.get("SCRIPT_NAME") or "" if asked is not None else ""
        self.request = app.request_class(environ_without_client(prefix, "/"))
        self.request.url_rule = asked.url_rule if asked is not None else None
        self.session = app.session_interface.make_null_session(app)
        self.g = app.app_ctx_globals_class()
        self.late_functions: list[Any] = []


class FlaskRenderContext:
    """Flask's contexts around one render."""

    def __init__(self, app: Flask, theirs: _Client | _Nobody, render: Render) -> None:
        self._app = app
        self._theirs = theirs
        self._render = render
        self._context = ApplicationContext(app)
        self._is_watched = False

    def enter(self) -> None:
        """Push the contexts. They belong to the render alone, and so do the database sessions that hang on them."""
        theirs = self._theirs
        request = _WatchedRequest(theirs.request, self._read)
        context = make_request_context(
            self._app, request, _watched("flask.session", lambda: theirs.session, self._read)
        )
        if context.url_adapter is not None:
            context.url_adapter = _WatchedAdapter(context.url_adapter, self._read)
        watch_late_functions(context, lambda: theirs.late_functions, self._read)
        self._context.begin(context, _watched("flask.g", lambda: theirs.g, self._read))
        self._is_watched = True

    def _read(self, what: str) -> None:
        # Flask itself looks at the request while it makes a context.
        if self._is_watched:
            self._render.read(what)

    def leave(self) -> None:
        """Tear down what hangs on the context of the application."""
        self._context.end()


def _watched(what: str, get: Callable[[], Any], report: Callable[[str], None]) -> Any:
    """Return something that is the same, and reports each use."""

    def resolve() -> Any:
        report(what)
        return get()

    return LocalProxy(resolve)


class _WatchedRequest(LocalProxy[Any]):
    """Flask's request, which reports each use except those of ``url_for()`` and of templates."""

    __slots__ = ("_plain",)

    def __init__(self, request: Any, report: Callable[[str], None]) -> None:
        def resolve() -> Any:
            report("flask.request")
            return request

        super().__init__(resolve)
        object.__setattr__(self, "_plain", request)

    def __bool__(self) -> bool:
        return True

    @property
    def blueprint(self) -> Any:
        """The blueprint of the route, which is the same for all clients."""
        return object.__getattribute__(self, "_plain").blueprint

    @property
    def blueprints(self) -> Any:
        """The blueprints of the route."""
        return object.__getattribute__(self, "_plain").blueprints


class _WatchedAdapter:
    """Flask's URL adapter, which reports each use except the building of paths.

    An absolute URL has the host that the client sent, and so have the other attributes.
    """

    def __init__(self, adapter: Any, report: Callable[[str], None]) -> None:
        self._adapter = adapter
        self._report = report

    def build(self, *arguments: Any, **options: Any) -> str:
        url: str = self._adapter.build(*arguments, **options)
        if not url.startswith("/") or url.startswith("//"):
            self._report("flask.url_for(_external=True)")
        return url

    def __getattr__(self, name: str) -> Any:
        self._report(f"url_adapter.{name}")
        return getattr(self._adapter, name)
