"""``instrumentation.py``: what runs once in each process, and hears of exceptions; and names for OpenTelemetry.

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

# The WSGI middleware around us, whose span has no better name than the path.
_TRACING = "opentelemetry.instrumentation.wsgi"


class Instrumentation:
    """What an application wants to be told of.

    :ivar name_span: Gives the span around a request the name of its route, where there is tracing.
    :param register: Called before the first request of each process is answered. While it raises, no request is.
    """

    def __init__(self, register: Callable[[], Any] | None) -> None:
        self._register = register
        self._lock = threading.Lock()
        self.is_ready = False
        self.name_span: Callable[[WSGIEnvironment], None] | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_resetting(weakref.ref(self)))

    def begin(self) -> None:
        """Get ready, once in this process; others wait until it is done.

        :raise Exception: What ``register()`` raised. The next request tries again.
        """
        with self._lock:
            if self.is_ready:
                return
            if self._register is not None:
                self._register()
            if _TRACING in sys.modules:
                self.name_span = _span_namer(sys.modules["opentelemetry.trace"])
            self.is_ready = True

    def reset(self) -> None:
        """Begin anew: the process was forked."""
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
