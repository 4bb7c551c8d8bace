"""``instrumentation.py``: ``register()``, which runs once in each process. Names the spans of OpenTelemetry.

``register()`` may be a generator, whose code after the ``yield`` runs when the process ends.

https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Generator
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from ..path.hits import ROUTE

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

logger = logging.getLogger("routehandlers")

# OpenTelemetry's WSGI middleware. It knows only the path, and names its span by it.
_TRACING = "opentelemetry.instrumentation.wsgi"


class Instrumentation:
    """Hooks of one application.

    :ivar name_span: Names the span around a request by its route; ``None`` without tracing.
    :param register: Called before the first request of each process. While it raises, no request is answered.
    """

    def __init__(self, register: Callable[[], Any] | None) -> None:
        self._register = register
        # The generator that register() has returned, and those of the processes that this one was forked from. Python
        # would run their "finally" blocks if nothing held them.
        self._begun: Generator[Any, Any, Any] | None = None
        self._inherited: list[Generator[Any, Any, Any]] = []
        self._lock = threading.Lock()
        self.is_ready = False
        self.name_span: Callable[[WSGIEnvironment], None] | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_resetting(weakref.ref(self)))

    def begin(self) -> None:
        """Call ``register()`` once in this process. Other threads wait until it returns.

        :raise Exception: If ``register()`` raises it. The next request tries again.
        """
        if type(self._lock) is not type(threading.Lock()):  # gevent has replaced the locks since this one was made
            self._lock = threading.Lock()
        with self._lock:
            if self.is_ready:
                return
            if self._register is not None:
                begun = self._register()
                if isinstance(begun, GeneratorType) and next(begun, _ENDED) is not _ENDED:
                    self._begun = begun
                    _call_at_exit(self._end_at_exit)
            if _TRACING in sys.modules:
                self.name_span = _span_namer(sys.modules["opentelemetry.trace"])
            self.is_ready = True

    def end(self) -> None:
        """Run the code of ``register()`` after its ``yield``. The next request calls ``register()`` again.

        :raise BaseException: If the code raises it.
        """
        with self._lock:
            begun, self._begun = self._begun, None
            self.is_ready = False
        if begun is None:
            return
        atexit.unregister(self._end_at_exit)
        if next(begun, _ENDED) is not _ENDED:
            begun.close()
            raise RuntimeError("register() of instrumentation.py yields twice. Write one yield.")

    def _end_at_exit(self) -> None:
        try:
            self.end()
        except Exception:
            logger.exception("register() of instrumentation.py failed after its yield")

    def reset(self) -> None:
        """Start again in a forked process."""
        if self._begun is not None:
            self._inherited.append(self._begun)
            self._begun = None
        self._lock = threading.Lock()
        self.is_ready = False


# Stands for the end of a generator.
_ENDED = object()


def _call_at_exit(function: Callable[[], None]) -> None:
    """Call a function when this process ends: by itself, by ``sys.exit()``, or as a worker that its server stops."""
    atexit.register(function)
    # Before Python 3.13, processes that multiprocessing forks do not call the functions of atexit. Granian's workers
    # are such processes.
    process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, function, exitpriority=0)


def _resetting(reference: weakref.ref[Instrumentation]) -> Callable[[], None]:
    def reset() -> None:
        instrumentation = reference()
        if instrumentation is not None:
            instrumentation.reset()

    return reset


def _span_namer(trace: Any) -> Callable[[WSGIEnvironment], None]:
    def name(environ: WSGIEnvironment) -> None:
        span = trace.get_current_span()
        if span.is_recording():
            pattern = environ[ROUTE]
            # https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name
            span.update_name(f"{environ['REQUEST_METHOD']} {pattern}")
            span.set_attribute("http.route", pattern)

    return name
