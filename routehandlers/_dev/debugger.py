"""Show exceptions: in Werkzeug's debugger to browsers, and as a problem document to all other clients."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.debug import DebuggedApplication

from .._http.response.errors import prefers_html
from .mistakes import summary_of
from .pages import answer

if TYPE_CHECKING:
    from .._project.frames import UserFrames
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment

# With this key, Werkzeug's debugger asks an application for its exceptions.
_DEBUGGER = "werkzeug.debug.preserve_context"


class Debugger(DebuggedApplication):
    """Werkzeug's debugger, with tracebacks that begin in the user's files.

    :param is_allowed: Returns whether the host of a request may use the debugger.
    """

    def __init__(
        self, application: WSGIApplication, frames: UserFrames, is_allowed: Callable[[WSGIEnvironment], bool]
    ) -> None:
        super().__init__(_trimmed(application, frames), evalex=True)
        self._application = application
        self._frames = frames
        self._is_allowed = is_allowed

    def check_host_trust(self, environ: WSGIEnvironment) -> bool:
        return self._is_allowed(environ)

    def debug_application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        if prefers_html(environ.get("HTTP_ACCEPT") or ""):
            return super().debug_application(environ, start_response)
        return self._answer(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        environ[_DEBUGGER] = _ignore
        body: Iterable[bytes] = ()
        try:
            body = self._application(environ, start_response)
            yield from body
        except Exception as error:
            text = self._frames.format(error)
            environ["wsgi.errors"].write(text)
            document = answer(environ, 500, "", "", summary_of(error), {"traceback": text.splitlines()})
            # Raises the exception again if headers were sent, so that the server breaks off.
            start_response(document.status, list(document.headers.items()), sys.exc_info())
            if environ["REQUEST_METHOD"] != "HEAD":
                yield document.get_data()
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()


def _ignore(_context: object) -> None:
    """Take a context that only a debugger needs."""


def _trimmed(application: WSGIApplication, frames: UserFrames) -> WSGIApplication:
    """Return an application whose exceptions have tracebacks that begin in the user's files."""

    def trimmed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        __traceback_hide__ = True  # Werkzeug's debugger leaves this frame out
        body: Iterable[bytes] = ()
        try:
            body = application(environ, start_response)
            yield from body
        except Exception as error:
            frames.trim(error)
            raise error
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    return trimmed
