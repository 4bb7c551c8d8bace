"""Serve an application and load it again after each change.

The first process listens and starts the second, as Werkzeug's reloader does. The
second loads the application and serves. After a change it ends with a status by
which the first starts it again. Connections wait meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn

from werkzeug._reloader import ensure_echo_on
from werkzeug.serving import is_running_from_reloader, run_simple

from .output import plain_logs
from .server import DrainingServer, Handler

if TYPE_CHECKING:
    from ..typing import StartResponse, WSGIApplication, WSGIEnvironment
    from .watching import Watch

# Werkzeug's reloader starts the server again when it ends with this status.
_RELOAD = 3

# Seconds that requests in flight have before a reload. Streams and slow handlers are cut off then.
_GRACE = 5.0

# Seconds for threads and atexit functions of the user at a reload.
_LONGEST_END = 2.0

# Werkzeug's first process passes its listening socket on to the second in this variable.
_SOCKET = "WERKZEUG_SERVER_FD"


def serve(make: Callable[[Watch], WSGIApplication], make_watch: Callable[[], Watch], host: str, port: int) -> None:
    """Serve an application until the process is ended.

    :param make: Loads the application, in the second process, and adds its folders to the watch. It must not raise an
        exception.
    """
    plain_logs()
    if is_running_from_reloader():
        _serve_once(make, make_watch(), host, port)
    else:
        run_simple(host, port, _no_application, use_reloader=True, threaded=True, reloader_type="stat")


def _no_application(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    raise AssertionError("the first process serves no request")


def _serve_once(make: Callable[[Watch], WSGIApplication], watch: Watch, host: str, port: int) -> None:
    reload = _Reload(watch)
    ensure_echo_on()
    application = make(watch)
    server = DrainingServer(host, port, application, Handler, fd=int(os.environ[_SOCKET]))
    reload.is_loaded = True
    server.serve_until(reload.is_due)
    if not reload.is_due.is_set():  # Ctrl+C
        return
    left = server.drain(_GRACE)
    if left:
        print(
            f"routehandlers: {left} request{'s' if left != 1 else ''} did not end within {_GRACE:g} seconds and"
            f" {'are' if left != 1 else 'is'} cut off.",
            file=sys.stderr,
        )
    threading.Thread(target=_end_soon, daemon=True).start()
    raise SystemExit(_RELOAD)


class _Reload:
    """Wait for a change in a thread, also while the application is loaded.

    :ivar is_due: Set by a change.
    :ivar is_loaded: Whether a change leaves the end of the process to the main thread. An import may wait for ever.
    """

    def __init__(self, watch: Watch) -> None:
        self.is_due = threading.Event()
        self.is_loaded = False
        self._watch = watch
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        changed = self._watch.wait()
        more = f" and {len(changed) - 1} more have" if len(changed) > 1 else " has"
        print(f" * {changed[0]!r}{more} changed, reloading", file=sys.stderr, flush=True)
        if not self.is_loaded:
            _end_now()
        self.is_due.set()


def _end_soon() -> NoReturn:
    time.sleep(_LONGEST_END)
    _end_now()


def _end_now() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # sys.exit() would end a thread only.
    os._exit(_RELOAD)
