"""Find the parameters of a handler: the inputs, and the arguments ``request`` and ``context``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter
from typing import Any, NamedTuple, cast

from .._start.arguments import HANDLER, argument_count, levels, passed_on
from .signature import PLACES, Place

_Levels = list[tuple[Any, list[Parameter]]]


class InputParameter(NamedTuple):
    """A parameter that is an input.

    :param owner: The callable that has the parameter: the handler, or a function that it wraps.
    """

    owner: Any
    parameter: Parameter


class HandlerParameters(NamedTuple):
    """The parameters of a handler.

    :param positional: Names of the arguments ``request`` and ``context`` that it takes, as the handler calls them.
    :param named_from: The index of the first of these that is passed by its name, since it stands behind an input.
    :param inputs: In the order of ``PLACES``.
    """

    positional: tuple[str, ...]
    named_from: int
    inputs: dict[Place, InputParameter]


def parameters_of(handler: Callable[..., Any]) -> HandlerParameters | None:
    """Return the parameters of a handler, or ``None`` if it requires others."""
    found = list(levels(handler))
    inputs = _inputs(found)
    if not inputs:
        count = argument_count(handler)
        return None if count is None else HandlerParameters(HANDLER[:count], count, {})
    arguments = _arguments(found)
    return None if arguments is None else HandlerParameters(*arguments, inputs)


def _inputs(of_handler: _Levels) -> dict[Place, InputParameter]:
    """Return the inputs of the outermost callable, and where it takes ``**kwargs``, those of the function inside it."""
    found: dict[Place, InputParameter] = {}
    bound: set[str] = set()
    for owner, parameters in _with_partials(of_handler):
        if isinstance(owner, partial):
            bound |= owner.keywords.keys()
        for parameter in parameters:
            name = cast("Place", parameter.name)
            if name in PLACES and name not in bound and not _is_variadic(parameter):
                found.setdefault(name, InputParameter(owner, parameter))
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return {place: found[place] for place in PLACES if place in found}


def _with_partials(found: _Levels) -> Iterator[tuple[Any, list[Parameter]]]:
    """Yield a callable and those that it wraps, and then those inside a partial."""
    yield from found
    last = found[-1][0] if found else None
    if isinstance(last, partial):
        yield from _with_partials(list(levels(last.func)))


def _is_variadic(parameter: Parameter) -> bool:
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _arguments(of_handler: _Levels) -> tuple[tuple[str, ...], int] | None:
    """Return the names of the arguments before and behind inputs, and the index of the first one behind."""
    own: list[Parameter] = []
    for depth, (owner, parameters) in enumerate(of_handler):
        positional, named_from = _split(parameters)
        if depth == 0:
            bound = owner.keywords if isinstance(owner, partial) else {}
            if any(_is_required_name(parameter) and parameter.name not in bound for parameter in parameters):
                return None
            if len(positional) > len(HANDLER):
                return None
            own = positional
        is_open = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
        if depth == 0 and not is_open:
            return _names(own), named_from
        if not is_open:
            count = max(sum(parameter.default is parameter.empty for parameter in own), passed_on(positional, HANDLER))
            taken = positional[len(positional) - count :] if count <= len(positional) else positional
            names = (_names(own) + _names(taken)[len(own) :])[:count]
            return names, max(len(own), named_from - (len(positional) - len(taken)))
    return HANDLER, len(HANDLER)


def _split(parameters: list[Parameter]) -> tuple[list[Parameter], int]:
    """Return the parameters that can be positional and are no inputs, and the number of those before all inputs."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    possible = [parameter for parameter in parameters if parameter.kind in kinds]
    before = next((index for index, parameter in enumerate(possible) if parameter.name in PLACES), len(possible))
    return [parameter for parameter in possible if parameter.name not in PLACES], before


def _is_required_name(parameter: Parameter) -> bool:
    return (
        parameter.kind is parameter.KEYWORD_ONLY
        and parameter.default is parameter.empty
        and parameter.name not in PLACES
    )


def _names(parameters: list[Parameter]) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in parameters)
