"""The operations of an application: which there are, and their ids. A document describes some of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._hints import hint
from .._inputs.signature import Signature
from .._start.loader import RouteModule, line_of
from .._start.segment_config import METHODS
from ..exceptions import InvalidRouteModuleError
from .paths import Precedence, TemplatedPath, templated_paths
from .settings import OperationSettings, settings_of

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

    from .._models.base import ModelAdapter
    from .security import Guard

_NOTHING = Signature(())

_NOT_A_WORD = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    :param method: In capitals.
    :param operation_id: Unique in the application.
    """

    method: str
    path: TemplatedPath
    route: RouteModule
    operation_id: str
    settings: OperationSettings

    @property
    def handler(self) -> Any:
        return self.route.handlers[self.method]

    @property
    def signature(self) -> Signature:
        """What the handler declares."""
        return self.route.signatures.get(self.method, _NOTHING)


@dataclass(frozen=True)
class LeftOut:
    """A path that OpenAPI cannot tell from that of another route, which comes first.

    :param path: Its template.
    :param described: The route that the document describes instead.
    """

    path: TemplatedPath
    route: RouteModule
    described: RouteModule


@dataclass(frozen=True)
class Described:
    """What documents need to know about an application.

    :param routes: All routes, including metadata files, which no document describes.
    :param adapter: Returns the adapter of a model that ``operation()`` names.
    :param own_errors: Returns the statuses that error files of the user answer, from the folders of a route.
    :param has_problems: Whether the library makes the documents of errors. In Flask, Flask does.
    """

    routes: Sequence[RouteModule]
    guards: Sequence[Guard] = ()
    converters: Mapping[str, type[BaseConverter]] = field(default_factory=dict)
    trailing_slash: bool = False
    adapter: Callable[[Any], ModelAdapter | None] | None = None
    own_errors: Callable[[tuple[str, ...]], frozenset[int]] = lambda _: frozenset()
    has_problems: bool = True

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All operations that are not hidden, in the order of their paths, and of methods within a path."""
        return self._found[0]

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The paths that no document can contain."""
        return self._found[1]

    @cached_property
    def ids(self) -> dict[tuple[str, str], str]:
        """The ids of the operations by the pattern of their route and their method."""
        ordered = sorted(self.operations, key=lambda one: not one.path.is_bare)
        return {(one.route.route.pattern, one.method): one.operation_id for one in ordered}

    @cached_property
    def _found(self) -> tuple[tuple[Operation, ...], tuple[LeftOut, ...]]:
        precedence = Precedence(self.converters)
        places = [
            (path, route)
            for route in self.routes
            if route.route.metadata is None
            for path in templated_paths(route.route.segments, trailing_slash=self.trailing_slash)
        ]
        places.sort(key=lambda place: precedence(place[0]))
        by_shape: dict[str, tuple[TemplatedPath, RouteModule, list[_Visible]]] = {}
        left_out: list[LeftOut] = []
        for path, route in places:
            visible = _visible(route)
            first = by_shape.get(path.shape)
            if first is not None and visible:
                left_out.append(LeftOut(path, route, first[1]))
            elif visible:
                by_shape[path.shape] = path, route, visible
        ordered = sorted(by_shape.values(), key=lambda place: place[0].text)
        taken = {settings.operation_id for _, _, visible in ordered for _, settings in visible} - {None}
        found: list[Operation] = []
        for path, route, visible in ordered:
            for method, settings in visible:
                name = _operation_id(method, path, settings, taken)
                taken.add(name)
                found.append(Operation(method, path, route, name, settings))
        return tuple(found), tuple(left_out)


_Visible = tuple[str, OperationSettings]


def _visible(route: RouteModule) -> list[_Visible]:
    settings = [(method, settings_of(route.handlers[method])) for method in METHODS if method in route.handlers]
    return [(method, one) for method, one in settings if not one.hidden]


def _operation_id(method: str, path: TemplatedPath, settings: OperationSettings, taken: set[str | None]) -> str:
    own = settings.operation_id
    if own is not None and not path.is_bare:
        return own
    # An optional catch-all has two paths, and an id of its own can name only one of them.
    base = f"{own}_bare" if own is not None else default_id(method, path)
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def default_id(method: str, path: TemplatedPath) -> str:
    """Return an id such as ``get_items_by_slug``."""
    words = [method.lower()]
    for segment in path.segments:
        word = _NOT_A_WORD.sub("_", segment.name).strip("_") or "x"
        words += ["by", word] if segment.is_parameter else [word]
    return "_".join(words) if path.segments else f"{method.lower()}_root"


def find_operation_mistakes(routes: Iterable[RouteModule], schemes: Collection[str]) -> list[InvalidRouteModuleError]:
    """Find the mistakes in the arguments of ``operation()`` that one file alone does not show.

    :param schemes: The names of all security schemes.
    """
    first: dict[str, str] = {}
    problems: list[InvalidRouteModuleError] = []
    for route in routes:
        for method, handler in route.handlers.items():
            settings, here = settings_of(handler), f"{method} {route.route.pattern}"
            mistakes = [*_unknown_schemes(settings, schemes)]
            name = settings.operation_id
            if name is not None and name in first:
                mistakes.append(
                    f"The operation id {name!r} of {here} is also that of {first[name]}. Give each its own."
                )
            elif name is not None:
                first[name] = here
            if mistakes:
                line = line_of(route.module, method) if route.module is not None else None
                problems += [InvalidRouteModuleError(route.route.file, mistake, line) for mistake in mistakes]
    return problems


def _unknown_schemes(settings: OperationSettings, schemes: Collection[str]) -> Iterator[str]:
    for one in settings.security or ():
        for name in one:
            if name not in schemes:
                yield (
                    f"security names no scheme: {name!r} is neither in the 'security' of a middleware.py nor in the"
                    f" 'security_schemes' of an openapi.py. {hint(name, schemes)}"
                )
