"""Find out which arguments a function of the user takes.

The signature of the outermost callable counts, since this is what is called. A
decorator that takes ``*args`` or ``**kwargs`` says nothing about them, so there
the function that it wraps counts, which ``functools.wraps`` names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from inspect import Parameter
from types import FunctionType, MethodType
from typing import Any

HANDLER = ("request", "context")
"""The arguments of a handler."""

_Parameters = list[Parameter]


def argument_count(function: Callable[..., Any], offered: Sequence[str] = HANDLER) -> int | None:
    """Return how many arguments a function takes, or ``None`` if it requires others.

    :param offered: The names of the positional arguments that the caller can pass.
    """
    required = 0
    for depth, (_, parameters) in enumerate(levels(function)):
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if depth == 0:
            if any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters):
                return None
            required = sum(p.default is p.empty for p in positional)
            if len(positional) > len(offered):
                return None
        if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
            return len(positional) if depth == 0 else max(required, passed_on(positional, offered))
    return len(offered)


def named_arguments(function: Callable[..., Any], offered: Collection[str]) -> frozenset[str] | None:
    """Return those offered keyword arguments that a function takes, or ``None`` if it requires others."""
    names: set[str] = set()
    for depth, (_, parameters) in enumerate(levels(function)):
        for parameter in parameters:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if parameter.name in offered and parameter.kind is not parameter.POSITIONAL_ONLY:
                names.add(parameter.name)
            elif parameter.default is parameter.empty and depth == 0:
                return None
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return frozenset(names)
    return frozenset(offered)


_ASYNC = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether calling a function makes a coroutine or an asynchronous generator."""
    called = function if inspect.isroutine(function) else type(function).__call__
    return any(is_so(one) for is_so in _ASYNC for one in (function, called))


def is_callable_alone(function: Callable[..., Any]) -> bool:
    """Return whether a function can be called without arguments."""
    try:
        signature_of(function).bind()
    except TypeError:
        return False
    except ValueError:  # it has no signature
        return True
    return True


def levels(function: Callable[..., Any]) -> Iterator[tuple[Any, _Parameters]]:
    """Yield a callable with its parameters, and then those that it wraps, one after the other.

    A callable without a signature, such as the wrapper of ``functools.lru_cache``, is passed over.
    """
    inner: Any = function
    seen: set[int] = set()
    while callable(inner) and id(inner) not in seen:
        seen.add(id(inner))
        with suppress(TypeError, ValueError):
            yield inner, list(own_signature(inner).parameters.values())
        wrapped = getattr(inner, "__wrapped__", None)
        # A method passes its attributes on from its function, whose first parameter is the object.
        inner = (
            MethodType(wrapped, inner.__self__) if wrapped is not None and isinstance(inner, MethodType) else wrapped
        )


def own_signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a callable itself, and not that of a function that it wraps.

    :raise ValueError: If it has none, as the wrapper of ``functools.lru_cache``.
    """
    wrapped = getattr(function, "__wrapped__", None)
    own = getattr(function, "__signature__", None)
    if own is not None and isinstance(function, FunctionType) and own is getattr(wrapped, "__signature__", None):
        # functools.wraps has copied it from the wrapped function, together with all other attributes.
        bare = FunctionType(
            function.__code__, function.__globals__, argdefs=function.__defaults__, closure=function.__closure__
        )
        bare.__kwdefaults__ = function.__kwdefaults__
        function = bare
    return inspect.signature(function, follow_wrapped=False)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of the outermost callable that has one.

    :raise ValueError: If none has.
    """
    try:
        return own_signature(function)
    except ValueError:
        return inspect.signature(function)


def passed_on(positional: _Parameters, offered: Sequence[str]) -> int:
    """Return how many arguments a decorator with ``*args`` gets to pass on to the function that it wraps.

    In ``def GET(user, request)`` the decorator gives ``user`` itself, as the name of the second parameter shows.
    """
    names = [parameter.name for parameter in positional]
    for index in range(len(offered) - 1, -1, -1):
        if offered[index] in names:
            after = len(names) - names.index(offered[index]) - 1
            return min(len(offered), index + 1 + after)
    return min(len(offered), len(names))
