"""Responses of an operation: those that it declares, and those that the library makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .._routing.segments import Kind
from .components import PROBLEM, VALIDATION_PROBLEM, Components
from .handlers import interrupts

if TYPE_CHECKING:
    from .._inputs.signature import DeclaredResponse
    from .described import Operation

JSON = "application/json"
_PROBLEM_TYPE = "application/problem+json"

_LINES = "application/jsonl"
_EVENTS = "text/event-stream"


def responses_of(
    operation: Operation,
    components: Components,
    *,
    spec_version: str,
    is_guarded: bool,
    own_errors: frozenset[int],
    own_models: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """Return the responses of an operation by status, in the order of their statuses.

    :param is_guarded: Whether a guard asks for credentials.
    :param own_errors: The statuses whose bodies are made by the user, so that nothing is known about them.
    :param own_models: Returns the schema of a model that ``operation()`` names.
    """
    made: dict[str, Any] = {}
    for response in operation.signature.responses:
        made[str(response.status)] = _declared(response, components, spec_version)
    if not made or operation.signature.also:
        made["default"] = {"description": "The response of the handler."}
    for status in _statuses(operation, is_guarded=is_guarded):
        problem = _problem(status, components, is_own=status in own_errors)
        declared = made.setdefault(str(status), problem)
        if "content" in declared and "content" in problem:
            # The handler can also answer this status itself.
            made[str(status)] = {**declared, "content": {**declared["content"], **problem["content"]}}
    for key, own in (operation.settings.responses or {}).items():
        if own is None:
            made.pop(str(key), None)
        else:
            made[str(key)] = _merged(str(key), made.get(str(key)), own, own_models)
    # "default" and "4XX" come after the numbers.
    return {status: made[status] for status in sorted(made, key=lambda status: (not status.isdigit(), status))}


def _declared(response: DeclaredResponse, components: Components, spec_version: str) -> dict[str, Any]:
    described: dict[str, Any] = {"description": phrase(response.status)}
    if response.adapter is None:
        return described
    schema = components.schema(response.adapter, response.model, "output")
    if response.media_type in (_LINES, _EVENTS):
        name = "x-itemSchema" if spec_version == "3.1" else "itemSchema"
        item = _event(schema) if response.media_type == _EVENTS else schema
        return {**described, "content": {response.media_type: {name: item}}}
    return {**described, "content": {response.media_type: {"schema": schema}}}


def _event(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one event, whose data is JSON in a text.

    https://spec.openapis.org/oas/v3.2.0#special-considerations-for-server-sent-events
    """
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": schema}
    others = {"event": {"type": "string"}, "id": {"type": "string"}, "retry": {"type": "integer", "minimum": 0}}
    return {"type": "object", "properties": {"data": data, **others}}


def _statuses(operation: Operation, *, is_guarded: bool) -> Iterator[int]:
    """Yield the statuses of errors that an operation can have."""
    inputs = operation.signature.inputs
    if inputs:
        yield 422
    if "body" in inputs or "form" in inputs:
        yield from (400, 413, 415)
    if is_guarded:
        yield 401
    if any(segment.kind is Kind.CONVERTED for segment in operation.path.parameters) or _only_listed(operation):
        yield 404
    yield from interrupts(operation.handler)


def _only_listed(operation: Operation) -> bool:
    """Return whether params that ``generate_static_params()`` does not list are a 404."""
    config = operation.route.config
    return not config.dynamic_params and config.is_cacheable


def _problem(status: int, components: Components, *, is_own: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"description": phrase(status)}
    if is_own:
        return described
    schema = components.problem(VALIDATION_PROBLEM if status == 422 else PROBLEM)
    return {**described, "content": {_PROBLEM_TYPE: {"schema": schema}}}


def _merged(
    status: str, made: Mapping[str, Any] | None, own: Mapping[str, Any], own_models: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """Return a response with the changes of ``operation()``. A key ``model`` is the schema of its JSON."""
    merged = {**(made or {"description": phrase(int(status)) if status.isdigit() else "A response."}), **own}
    if "model" in merged:
        merged["content"] = {JSON: {"schema": own_models(merged.pop("model"))}, **own.get("content", {})}
    return merged


def phrase(status: int) -> str:
    """Return the words for a status, such as "Not Found"."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
