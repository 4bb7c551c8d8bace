"""The contexts of Flask, in the one place that knows how its versions differ.

Flask 3.2 merges the context of a request into that of the application. Nothing here is a subclass of either.
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
    # Flask 3.2 warns of the older name.
    context: Any = flask.globals.app_ctx if _IS_MERGED else flask.globals.request_ctx
    return context._get_current_object()


def make_request_context(app: Flask, request: Any, session: Any) -> Any:
    """Return a context with a request that is matched already, and with its open session.

    :param request: A request, or what stands for one.
    :param session: A session, or what stands for one.
    """
    make: Any = flask.ctx.AppContext if _IS_MERGED else flask.ctx.RequestContext
    context = make(app, request=request, session=session, **({} if _IS_MERGED else {"environ": request.environ}))
    context.match_request = _matched
    return context


def _matched() -> None:
    """Do nothing: Flask matches a request whenever its context is pushed, and this one was matched."""


def late_functions_of(context: Any) -> list[Any]:
    """Return the functions that ``after_this_request()`` was given. Flask has no public name for them."""
    functions: list[Any] = context._after_request_functions
    return functions


def watch_late_functions(context: Any, target: Callable[[], list[Any]], report: _Report) -> None:
    """Report ``after_this_request()`` in a context, and put its functions elsewhere.

    :param target: Returns the list for them.
    """
    context._after_request_functions = _LateFunctions(target, report)


class _LateFunctions(list[Any]):
    """The list of a context that is never asked for its functions."""

    def __init__(self, target: Callable[[], list[Any]], report: _Report) -> None:
        super().__init__()
        self._target = target
        self._report = report

    def append(self, function: Any, /) -> None:
        self._report("flask.after_this_request()")
        self._target().append(function)


class ApplicationContext:
    """A context of an application for one render, with a ``flask.g`` of its own.

    Database sessions and the like hang on it. They are given back when it ends.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._context: Any = None

    def begin(self, request_context: Any, g: Any) -> None:
        """Push it, and the context of a request in it.

        The latter is never popped, which would end the request of the client. It goes with the variables of the render.
        """
        self._context = request_context if _IS_MERGED else self._app.app_context()
        self._context.g = g
        if not _IS_MERGED:
            self._context.push()
        request_context.push()

    def end(self) -> None:
        """Tear down what hangs on it."""
        context, self._context = self._context, None
        if context is None:
            return
        # Functions that close what lies in g must not find what the client has there.
        context.g = self._app.app_ctx_globals_class()
        if not _IS_MERGED:
            context.pop(None)
            return
        tear_down: Any = self._app.do_teardown_appcontext
        tear_down(*([context] if "ctx" in signature(tear_down).parameters else []), None)
