"""The context variable of the current request.

``routehandlers._runtime.scope.scope`` says what is stored in it. Requests and responses, which know no
application, only ask it how the application writes JSON.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

SCOPE: ContextVar[Any] = ContextVar("routehandlers.scope")
