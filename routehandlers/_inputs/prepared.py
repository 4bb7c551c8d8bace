"""Wrap a handler with inputs or declared responses in a function that takes the scope of the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .._http.request.checked_json import HasRequest
from .._http.values.context import RouteContext
from .answers import Answers
from .inputs import Inputs, Values
from .signature import Signature

if TYPE_CHECKING:
    from ..typing import Params, WSGIEnvironment

INPUTS = "routehandlers.inputs"
"""Key of the environ of a render that may be stored: its inputs, which the key covers."""


class HandlerCall(HasRequest, Protocol):
    """One call of a handler. The scope of a request is one. Its request is made when it is first needed."""

    environ: WSGIEnvironment
    params: Params


Call = Callable[[HandlerCall], Any]


@dataclass(frozen=True)
class Prepared:
    """A handler with inputs or declared responses.

    :param call: Checks the inputs, calls the handler, and converts its result.
    :param inputs: ``None`` if it has none.
    """

    call: Call
    inputs: Inputs | None


def prepare(
    handler: Callable[..., Any], signature: Signature, where: str, *, validate: bool = False
) -> Prepared | None:
    """Prepare a handler at start. Return ``None`` if it declares nothing, so that it can be called as it is.

    :param where: The handler, for messages: method, pattern, and file and line.
    :param validate: Whether instances, responses made by hand and statuses are checked, too.
    :raise Exception: If an adapter cannot check a model.
    """
    has_responses = any(response.adapter is not None for response in signature.responses)
    answers = Answers(signature, where, validate=validate) if has_responses else None
    convert = answers.converter() if answers is not None else None
    if not signature.inputs:
        if convert is None:
            return None
        return Prepared(_without_inputs(handler, len(signature.positional), convert), None)
    inputs = Inputs(signature)
    return Prepared(_with_inputs(handler, signature, inputs, convert), inputs)


def _without_inputs(handler: Callable[..., Any], count: int, convert: Callable[[Any], Any]) -> Call:
    if count == 0:
        return lambda _call: convert(handler())
    if count == 1:
        return lambda call: convert(handler(call.request))
    return lambda call: convert(handler(call.request, RouteContext(call.params)))


def _with_inputs(
    handler: Callable[..., Any], signature: Signature, inputs: Inputs, convert: Callable[[Any], Any] | None
) -> Call:
    before = signature.positional[: signature.named_from]
    count = len(before)
    behind = signature.positional[count:]
    read = inputs.read_one if len(inputs.readers) == 1 else inputs.read

    def run(call: HandlerCall) -> Any:
        environ = call.environ
        values: Values = environ[INPUTS] if INPUTS in environ else read(call, environ, call.params)
        if behind:
            values = {**values, **_named(behind, count, call)}
        if count == 0:
            result = handler(**values)
        elif count == 1:
            result = handler(call.request, **values)
        else:
            result = handler(call.request, RouteContext(call.params), **values)
        return result if convert is None else convert(result)

    return run


def _named(names: tuple[str, ...], first: int, call: HandlerCall) -> Mapping[str, Any]:
    """Return the arguments behind an input, by the names that the handler gives them."""
    return dict(zip(names, (call.request, RouteContext(call.params))[first:], strict=False))


def where_of(method: str, pattern: str, handler: object, file: Path) -> str:
    """Return the method, the pattern, and the file and line of a handler, for messages."""
    function = unwrap(handler) if callable(handler) else None
    code = getattr(function, "__code__", None)
    place = f"{code.co_filename}:{code.co_firstlineno}" if code is not None else str(file)
    return f"{method} {pattern} ({place})"
