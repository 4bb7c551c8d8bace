"""Read the signature of a handler, and find the mistakes in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from inspect import Parameter
from typing import Any, NamedTuple

from .._http.request.checked_json import INSTALL
from .._models.base import ModelAdapter
from .._models.choosing import adapter_for
from .annotations import UnresolvedError, annotations_of, resolve
from .parameters import InputParameter, parameters_of
from .responses import Choose, Declared, responses_of, show_type
from .signature import DeclaredInput, Place, Signature

_WITHOUT_BODY = ("GET", "HEAD")


class Reading(NamedTuple):
    """A signature, and what is wrong with it.

    :param mistakes: Messages, each of which begins with the method.
    """

    signature: Signature
    mistakes: list[str]


def read_signature(method: str, handler: Callable[..., Any], adapters: Sequence[ModelAdapter] = ()) -> Reading:
    """Return what a handler declares by its annotations.

    :param adapters: Adapters of the application, which have precedence over those of the library.
    """
    parameters = parameters_of(handler)
    if parameters is None:
        return Reading(Signature(()), [wrong_parameters(method)])
    choose = partial(adapter_for, extra_adapters=tuple(adapters))
    mistakes: list[str] = []
    inputs: dict[Place, DeclaredInput] = {}
    for place, parameter in parameters.inputs.items():
        declared = _read_input(method, place, parameter, choose)
        if isinstance(declared, str):
            mistakes.append(f"{method}: {declared}")
        else:
            inputs[place] = declared
    if "body" in inputs and "form" in inputs:
        mistakes.append(f"{method} takes 'body' and 'form', but a request has one body. Remove one.")
    responses = _read_responses(handler, choose, adapters)
    mistakes += [f"{method}: {mistake}" for mistake in responses.mistakes]
    signature = Signature(parameters.positional, inputs, responses.responses, responses.also, parameters.named_from)
    return Reading(signature, mistakes)


def wrong_parameters(method: str) -> str:
    """Return the message for a function that cannot be called as a handler."""
    return (
        f"{method} has the wrong parameters for a handler. Write 'def {method}():',"
        f" 'def {method}(request):' or 'def {method}(request, context):'. Checked inputs are named params, query,"
        " headers, cookies, body and form."
    )


def _read_input(method: str, place: Place, found: InputParameter, choose: Choose) -> DeclaredInput | str:
    """Return an input, or the reason why there is a mistake in it."""
    owner, parameter = found
    if place in ("body", "form") and method in _WITHOUT_BODY:
        return f"it takes {place!r}, but {method} requests have no body. Use 'query', or another method."
    if parameter.kind is Parameter.POSITIONAL_ONLY:
        return f"{place!r} is passed by its name. Remove the '/' behind it."
    if parameter.annotation is Parameter.empty:
        return f"{place!r} has no annotation. Write '{place}: Model', with a class that has the fields."
    try:
        model = resolve(owner, parameter.annotation)
    except UnresolvedError as error:
        return f"the annotation of {place!r}, {error}. {_REMEDY}"
    adapter = choose(model)
    if adapter is None:
        return f"no library that checks {show_type(model)} is installed. {INSTALL}"
    try:
        fields = adapter.fields(model)
    except (NameError, TypeError) as error:  # an annotation of a field that cannot be resolved
        return f"{place!r} is {show_type(model)}, which {adapter.name} cannot check: {error}. {_REMEDY}"
    if not fields and place != "body":
        return (
            f"{place!r} is {show_type(model)}, which has no fields. Write a class with a field for each name:"
            " a dataclass, a TypedDict, or a model of pydantic or msgspec."
        )
    return DeclaredInput(place, model, adapter, fields or (), parameter.default is Parameter.empty)


_REMEDY = "Define it in the module, or import it outside of 'if TYPE_CHECKING:': the library needs it at start."

# Names that declare nothing. Users import some of them for type checkers only.
_UNCHECKED = ("Response", "WerkzeugResponse", "BaseResponse", "FlaskResponse", "FetchResponse", "HandlerResult")
_KNOWN = {**dict.fromkeys(_UNCHECKED, Any), "Any": Any}


def _read_responses(handler: Callable[..., Any], choose: Choose, adapters: Sequence[ModelAdapter]) -> Declared:
    annotation = annotations_of(handler).get("return")
    if annotation is None:
        return Declared()
    try:
        resolved = resolve(handler, annotation, _KNOWN)
    except UnresolvedError as error:
        return Declared(mistakes=(f"the annotation of its result, {error}. {_REMEDY}",))
    return responses_of(resolved, choose, adapters)
