"""The ``RouteHandlers`` inside an application: itself, or within wrappers, dispatchers and Flask applications."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

from .._runtime.pipeline import Pipeline
from ..app import RouteHandlers

# An application is wrapped a few times and dispatches to a few others. The bounds are for objects with much else.
_MOST_OBJECTS = 10_000
_DEEPEST = 10


@dataclass(frozen=True)
class Mounted:
    """A ``RouteHandlers``, and the prefix of its URLs in the application around it: ``"/api"``, or ``""``."""

    app: RouteHandlers
    prefix: str = ""

    @property
    def url_prefix(self) -> str:
        """The prefix of all its URLs, with the base path."""
        return f"{self.prefix}{self.app.config.base_path}"


def find_mounted(application: object) -> list[Mounted]:
    """Return each ``RouteHandlers`` that an application is, wraps or dispatches to. The outermost ones come first."""
    found: dict[tuple[int, str], Mounted] = {}
    seen: set[tuple[int, str]] = set()
    waiting: deque[tuple[object, str, int]] = deque([(application, "", 0)])
    while waiting and len(seen) < _MOST_OBJECTS:
        one, prefix, depth = waiting.popleft()
        if (id(one), prefix) in seen or depth > _DEEPEST:
            continue
        seen.add((id(one), prefix))
        if isinstance(one, RouteHandlers):
            found.setdefault((id(one), prefix), Mounted(one, prefix))
        waiting.extend((inner, f"{prefix}{below}", depth + 1) for inner, below in _parts(one))
    return list(found.values())


def _parts(one: object) -> Iterator[tuple[object, str]]:
    """Yield the objects that an application may pass requests to, each with the prefix below which it does."""
    if isinstance(one, RouteHandlers):
        yield one.config.fallback, ""
    elif isinstance(one, Pipeline):  # as in ProxyFix(app.wsgi_app)
        yield one.owner and one.owner(), ""
    elif isinstance(one, MethodType):
        yield one.__self__, ""
    elif isinstance(one, partial):
        yield one.func, ""
        yield from ((value, "") for value in [*one.args, *one.keywords.values()])
    elif isinstance(one, FunctionType):
        yield getattr(one, "__wrapped__", None), ""
        yield from ((value, "") for value in _closure(one))
        yield from ((one.__globals__.get(name), "") for name in one.__code__.co_names)
    elif isinstance(one, Mapping):  # the mounts of a dispatcher
        yield from ((value, key if isinstance(key, str) and key.startswith("/") else "") for key, value in one.items())
    elif isinstance(one, (list, tuple)):
        yield from ((value, "") for value in one)
    elif isinstance(getattr(one, "view_functions", None), dict):  # a Flask application
        application: Any = one
        for view in list(application.view_functions.values()):
            routes = getattr(view, "routes", None)
            if isinstance(routes, RouteHandlers):
                yield routes, view.prefix
        yield vars(application).get("wsgi_app"), ""
    elif callable(one) and not isinstance(one, (type, ModuleType)):
        yield from ((value, "") for value in _attributes(one))


def _attributes(one: object) -> list[object]:
    values = list(vars(one).values()) if hasattr(one, "__dict__") else []
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ()) if isinstance(name, str)]
    return values + [getattr(one, name, None) for name in slots]


def _closure(function: FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # the cell of a name that has no value yet
            yield cell.cell_contents
