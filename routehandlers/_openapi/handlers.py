"""Facts about handlers that only their code tells: docstrings, and the names that they use."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from .settings import wrapped_functions

# Functions of routehandlers.navigation, with the status that each answers.
INTERRUPTS = {"not_found": 404, "forbidden": 403, "unauthorized": 401}

_LIBRARY = "routehandlers"
_NAVIGATION = f"{_LIBRARY}.navigation"

# The first field of a docstring in the format of Sphinx, which is for readers of the code.
_FIELD = re.compile(r"^:\w+[^:\n]*:", re.MULTILINE)


def describe(handler: object) -> tuple[str, str]:
    """Return the first paragraph of a docstring on one line, and the text after it."""
    text = next((text for text in _docstrings(handler) if text), "")
    found = _FIELD.search(text)
    text = text[: found.start()].strip() if found else text
    summary, _, description = text.partition("\n\n")
    return " ".join(summary.split()), description.strip()


def _docstrings(handler: object) -> Iterator[str]:
    for inner in wrapped_functions(handler):
        # An object without a docstring has that of its class, as partial objects do.
        text = getattr(inner, "__doc__", None)
        if isinstance(text, str) and not (text == type(inner).__doc__ and _is_of_library(type(inner))):
            yield inspect.cleandoc(text)


def _is_of_library(kind: type) -> bool:
    return kind.__module__.split(".")[0] in {"builtins", "functools", "types", _LIBRARY}


def interrupts(handler: object) -> frozenset[int]:
    """Return the statuses of ``not_found()``, ``forbidden()`` and ``unauthorized()`` that the handler's code names.

    The code of functions that it calls does not count, except of those in its closure.
    """
    found: set[int] = set()
    for function in _functions(handler):
        for code in _codes(function.__code__):
            for name in code.co_names:
                # Imported under another name, the function tells its own.
                value = function.__globals__.get(name)
                if getattr(value, "__module__", None) == _NAVIGATION:
                    name = getattr(value, "__name__", name)
                if name in INTERRUPTS:
                    found.add(INTERRUPTS[name])
    return frozenset(found)


def _functions(handler: object) -> Iterator[FunctionType]:
    waiting: list[Any] = [handler]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        for inner in wrapped_functions(one):
            if id(inner) in seen:
                continue
            seen.add(id(inner))
            function = getattr(inner, "__func__", inner)  # of a method
            if not isinstance(function, FunctionType) and callable(inner) and not isinstance(inner, type):
                function = getattr(type(inner).__call__, "__func__", type(inner).__call__)
            if isinstance(function, FunctionType) and function.__module__.partition(".")[0] != _LIBRARY:
                yield function
                waiting.extend(_closure(function))


def _closure(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:  # the name has no value yet
            continue
        if callable(value) and not isinstance(value, type):
            yield value


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and those of the functions and comprehensions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
