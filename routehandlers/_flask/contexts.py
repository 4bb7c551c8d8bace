"""The contexts of Flask. Only this module knows how they differ between versions of Flask.

Flask 3.2 merges the request context into the application context. Nothing here is a subclass of either.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

import flask.ctx
import flask.globals

if TYPE_CHECKING:
    from flask import Flask

_Report = Callable[[str], None]

_IS_MERGED = "request" in signature(flask.ctx.AppContext).parameters


def current_request_context() -> Any:
    """Return the context of the request that Flask answers now, or ``None`` if there is none."""
    if not flask.has_request_context():
        return None
    # Flask 3.2 deprecates the older name.
    context: Any = flask.globals.app_ctx if _IS_MERGED else flask.globals.request_ctx
    return context._get_current_object()


def make_request_context(app: Flask, request: Any, session: Any) -> Any:
    """Return a context with a request that is matched already, and with its open session.

    :param request: A request, or a proxy of it.
    :param session: A session, or a proxy of it.
    """
    make: Any = flask.ctx.AppContext if _IS_MERGED else flask.ctx.RequestContext
    context = make(app, request=request, session=session, **({} if _IS_MERGED else {"environ": request.environ}))
    context.match_request = _matched
    return context


def _matched() -> None:
    """Do nothing. Flask matches a request when its context is pushed, and this request was matched already."""


def late_functions_of(context: Any) -> list[Any]:
    """Return the functions passed to ``after_this_request()``. Flask has no public name for them."""
    functions: list[Any] = context._after_request_functions
    return functions


def watch_late_functions(context: Any, target: Callable[[], list[Any]], report: _Report) -> None:
    """Report ``after_this_request()`` in a context, and store its functions in another list.

    :param target: Returns the list for the functions.
    """
    context._after_request_functions = _LateFunctions(target, report)


class _LateFunctions(list[Any]):
    """The list of a context whose functions Flask never calls. It appends them to another list."""

    def __init__(self, target: Callable[[], list[Any]], report: _Report) -> None:
        super().__init__()
        self._target = target
        self._report = report

    def append(self, function: Any, /) -> None:
        self._report("flask.after_this_request()")
        self._target().append(function)


class ApplicationContext:
    """An application context for one render, with its own ``flask.g``.

    Resources such as database sessions belong to it and are released when it ends.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._context: Any = None

    def begin(self, request_context: Any, g: Any) -> None:
        """Push the context, and then the context of a request.

        The request context is never popped, because that would end the client's request. It disappears with the
        variables of the render.
        """
        self._context = request_context if _IS_MERGED else self._app.app_context()
        self._context.g = g
        if not _IS_MERGED:
            self._context.push()
        request_context.push()

    def end(self) -> None:
        """Call the teardown functions of the application."""
        context, self._context = self._context, None
        if context is None:
            return
        # Give teardown functions an empty g, so that they do not close resources of the client.
        context.g = self._app.app_ctx_globals_class()
        if not _IS_MERGED:
            context.pop(None)
            return
        tear_down: Any = self._app.do_teardown_appcontext
        tear_down(*([context] if "ctx" in signature(tear_down).parameters else []), None)
