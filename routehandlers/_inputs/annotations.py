"""Resolve annotations of functions of the user, after their module was imported."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Mapping
from types import MethodType, SimpleNamespace
from typing import Any


class UnresolvedError(Exception):
    """An annotation that cannot be resolved."""

    def __init__(self, annotation: object, reason: Exception) -> None:
        super().__init__(annotation, reason)
        self.annotation = annotation
        self.reason = reason

    def __str__(self) -> str:
        text = self.annotation if isinstance(self.annotation, str) else repr(self.annotation)
        return f"{text!r} cannot be resolved ({type(self.reason).__name__}: {self.reason})"


def resolve(owner: Any, annotation: Any, known: Mapping[str, Any] | None = None) -> Any:
    """Return an annotation with all names in it resolved. ``Annotated`` stays.

    :param owner: The callable that has the annotation.
    :param known: Values of names that neither the module nor the function has.
    :raise UnresolvedError: If a name is not defined when the module was imported.
    """
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation
    function = _author(owner)
    outer: dict[str, Any] = getattr(function, "__globals__", {})
    names = {name: value for name, value in (known or {}).items() if name not in outer}
    names.update(_enclosing(function))
    holder: Any = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, outer, names, include_extras=True)["it"]
    except Exception as error:
        raise UnresolvedError(annotation, error) from None


def annotations_of(owner: Any) -> Mapping[str, Any]:
    """Return the annotations of a callable as they are written."""
    return getattr(_plain(owner), "__annotations__", {})


def _author(owner: Any) -> Any:
    """Return the function in whose file the annotations of a callable were written.

    ``functools.wraps`` copies them from a function that may be of another file.
    """
    function = _plain(owner)
    while True:
        inner = getattr(function, "__wrapped__", None)
        inner = _plain(inner) if inner is not None else None
        if inner is None or getattr(inner, "__annotations__", None) is not getattr(function, "__annotations__", None):
            return function
        function = inner


def _plain(owner: Any) -> Any:
    """Return the function inside a method, a partial, or an object that can be called."""
    while True:
        if isinstance(owner, functools.partial):
            owner = owner.func
        elif isinstance(owner, MethodType):
            owner = owner.__func__
        elif inspect.isroutine(owner) or isinstance(owner, type) or hasattr(owner, "__wrapped__"):
            return owner
        else:
            return type(owner).__call__


def _enclosing(function: Any) -> dict[str, Any]:
    """Return the values of the names that a function uses of the functions around it."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None) or ()
    values: dict[str, Any] = {}
    for name, cell in zip(code.co_freevars if code is not None else (), cells, strict=False):
        try:
            values[name] = cell.cell_contents
        except ValueError:  # it is still empty
            continue
    return values
