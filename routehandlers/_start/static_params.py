"""``generate_static_params``: the params of a route that are known in advance.

https://nextjs.org/docs/app/api-reference/functions/generate-static-params
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._routing.segments import CATCH_ALLS, Kind, Segment
from ..exceptions import InvalidStaticParamsError
from .loader import RouteModule


class StaticParams:
    """The params that one route lists. The function runs once per process, when they are first needed."""

    def __init__(self, route: RouteModule) -> None:
        self._route = route
        self._lock = threading.Lock()
        self._known: dict[Any, dict[str, Any]] | None = None

    def list_all(self) -> list[dict[str, Any]]:
        """Return all params without duplicates.

        :raise InvalidStaticParamsError: If the params do not fit the route.
        """
        return list(self._ask_once().values())

    def admit(self, params: Mapping[str, Any]) -> bool:
        """Return whether the list contains these params."""
        return _hashable(params) in self._ask_once()

    def _ask_once(self) -> dict[Any, dict[str, Any]]:
        with self._lock:
            if self._known is None:
                self._known = {_hashable(params): params for params in self._ask()}
            return self._known

    def _ask(self) -> Sequence[dict[str, Any]]:
        function = self._route.config.generate_static_params
        if function is None:
            return [{}] if not self._parameters else []
        listed = function()
        if isinstance(listed, (str, bytes, Mapping)) or not isinstance(listed, Iterable):
            raise self._mistake(f"It returned {listed!r}. Return a list of dicts, such as {self._example}.")
        return [self._check(params) for params in listed]

    def _check(self, params: Any) -> dict[str, Any]:
        if not isinstance(params, Mapping):
            raise self._mistake(f"The list contains {params!r}. Each item is a dict, such as {self._example[1:-1]}.")
        checked: dict[str, Any] = {}
        for segment in self._parameters:
            if segment.kind is Kind.OPTIONAL_CATCH_ALL and not params.get(segment.name):
                continue  # the URL without the optional part; its params do not have the key
            if segment.name not in params:
                raise self._mistake(
                    f"{dict(params)!r} has no {segment.name!r}. Write a dict such as {self._example[1:-1]}."
                )
            checked[segment.name] = self._check_value(segment, params[segment.name])
        return checked

    def _check_value(self, segment: Segment, value: Any) -> Any:
        if segment.kind in CATCH_ALLS:
            if not isinstance(value, (list, tuple)) or not all(isinstance(part, str) for part in value):
                raise self._mistake(f"{segment.name!r} is {value!r}. Give a list of segments, such as ['a', 'b'].")
            return list(value)
        if segment.kind is Kind.DYNAMIC and not isinstance(value, str):
            raise self._mistake(f"{segment.name!r} is {value!r}. Give a text, such as {str(value)!r}.")
        return value

    def _mistake(self, message: str) -> InvalidStaticParamsError:
        return InvalidStaticParamsError(self._route.route.file, self._route.route.pattern, message)

    @property
    def _parameters(self) -> tuple[Segment, ...]:
        return tuple(segment for segment in self._route.route.segments if segment.is_parameter)

    @property
    def _example(self) -> str:
        example = {
            segment.name: ["a", "b"] if segment.kind in CATCH_ALLS else 7 if segment.converter == "int" else "a"
            for segment in self._parameters
        }
        return repr([example])


def _hashable(params: Mapping[str, Any]) -> Any:
    return frozenset((name, tuple(value) if isinstance(value, list) else value) for name, value in params.items())
