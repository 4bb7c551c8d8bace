"""Flask's contexts around a render that may be stored. They report each use of the client.

``current_app``, ``url_for()`` and extensions that need only these work as in any
view. ``request``, ``session`` and ``g`` are those of the client, and a render that
uses one of them makes a private response. A refresh has no client: its request,
session and ``g`` are empty.
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
    """Return a function that makes contexts of the current application; ``None`` outside of one."""
    if not app_ctx:
        return None
    app: Flask = app_ctx.app
    source = _Client() if has_client else _NoClient(app)
    return lambda render: FlaskRenderContext(app, source, render)


class _Client:
    """Request, session and ``g`` of the current client."""

    def __init__(self) -> None:
        self.context = current_request_context()
        self.request = self.context.request
        self.g = app_ctx.g

    @property
    def session(self) -> Any:
        """The session. Reading it marks it as accessed, so read it only when a render uses it."""
        return self.context.session

    @property
    def late_functions(self) -> list[Any]:
        return late_functions_of(self.context)


class _NoClient:
    """Empty request, session and ``g`` for a render without a client."""

    def __init__(self, app: Flask) -> None:
        context = current_request_context()
        current: Any = context.request if context is not None else None
        prefix = current.environ.get("SCRIPT_NAME") or "" if current is not None else ""
        self.request = app.request_class(environ_without_client(prefix, "/"))
        self.request.url_rule = current.url_rule if current is not None else None
        self.session = app.session_interface.make_null_session(app)
        self.g = app.app_ctx_globals_class()
        self.late_functions: list[Any] = []


class FlaskRenderContext:
    """Flask's contexts around one render."""

    def __init__(self, app: Flask, source: _Client | _NoClient, render: Render) -> None:
        self._app = app
        self._source = source
        self._render = render
        self._context = ApplicationContext(app)
        self._is_watched = False

    def enter(self) -> None:
        """Push the contexts. They and their resources, such as database sessions, belong to this render only."""
        source = self._source
        request = _WatchedRequest(source.request, self._read)
        context = make_request_context(
            self._app, request, _watched("flask.session", lambda: source.session, self._read)
        )
        if context.url_adapter is not None:
            context.url_adapter = _WatchedAdapter(
                context.url_adapter, self._read, varies=_varies(source.request.url_rule)
            )
        watch_late_functions(context, lambda: source.late_functions, self._read)
        self._context.begin(context, _watched("flask.g", lambda: source.g, self._read))
        self._is_watched = True

    def _read(self, what: str) -> None:
        # Flask itself reads the request while it makes a context. Ignore that.
        if self._is_watched:
            self._render.read(what)

    def leave(self) -> None:
        """End the application context."""
        self._context.end()


def _watched(what: str, get: Callable[[], Any], report: Callable[[str], None]) -> Any:
    """Return a proxy of an object that reports each use."""

    def resolve() -> Any:
        report(what)
        return get()

    return LocalProxy(resolve)


class _WatchedRequest(LocalProxy[Any]):
    """A proxy of Flask's request that reports each use except those by ``url_for()`` and templates."""

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
        """The blueprint of the route. It is the same for all clients, so its use is not reported."""
        return object.__getattribute__(self, "_plain").blueprint

    @property
    def blueprints(self) -> Any:
        """The blueprints of the route. Their use is not reported."""
        return object.__getattribute__(self, "_plain").blueprints


class _WatchedAdapter:
    """A proxy of Flask's URL adapter that reports each use except building paths.

    Absolute URLs contain the host that the client sent, and the other attributes depend on it too.

    :param varies: Whether the route matches several hosts. Then a path may be enough for one client only.
    """

    __slots__ = ("_adapter", "_report", "_varies")  # without a __dict__, vars() gives that of the adapter

    def __init__(self, adapter: Any, report: Callable[[str], None], *, varies: bool) -> None:
        self._adapter = adapter
        self._report = report
        self._varies = varies

    def build(self, *arguments: Any, **options: Any) -> str:
        url: str = self._adapter.build(*arguments, **options)
        if not url.startswith("/") or url.startswith("//"):
            self._report("flask.url_for(_external=True)")
        elif self._varies:
            self._report("flask.url_for() on several hosts")
        return url

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__dict__":  # copy() asks for these before the slots are filled
            raise AttributeError(name)
        self._report(f"url_adapter.{name}")
        return getattr(self._adapter, name)


def _varies(rule: Any) -> bool:
    """Return whether the subdomain or the host of a rule has a variable."""
    return rule is not None and "<" in f"{rule.subdomain or ''}{rule.host or ''}"
