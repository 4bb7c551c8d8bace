"""``instrumentation.py``: ``register()``, which runs once in each process. Names the spans of OpenTelemetry.

https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..path.hits import ROUTE

if TYPE_CHECKING:
    from ...typing import WSGIEnvironment

# OpenTelemetry's WSGI middleware. It knows only the path, and names its span by it.
_TRACING = "opentelemetry.instrumentation.wsgi"


class Instrumentation:
    """Hooks of one application.

    :ivar name_span: Names the span around a request by its route; ``None`` without tracing.
    :param register: Called before the first request of each process. While it raises, no request is answered.
    """

    def __init__(self, register: Callable[[], Any] | None) -> None:
        self._register = register
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
                self._register()
            if _TRACING in sys.modules:
                self.name_span = _span_namer(sys.modules["opentelemetry.trace"])
            self.is_ready = True

    def reset(self) -> None:
        """Start again in a forked process."""
        self._lock = threading.Lock()
        self.is_ready = False


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
