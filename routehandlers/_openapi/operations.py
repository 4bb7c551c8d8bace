"""Make the operation objects of a document: parameters, bodies, and what the code of a handler tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .._routing.segments import CATCH_ALLS, Kind, parse_segment
from .answers import JSON
from .components import Components, takes_null, without_null
from .handlers import describe
from .paths import path_parameter

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

    from .._inputs.signature import DeclaredInput
    from .._models.base import ModelAdapter, ModelField
    from .described import Operation

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

# The format is for tools that know version 3.0 only.
_FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}

_PLACES = (("query", "query"), ("headers", "header"), ("cookies", "cookie"))


def operation_object(
    operation: Operation,
    components: Components,
    converters: Mapping[str, type[BaseConverter]],
    responses: dict[str, Any],
    security: list[dict[str, list[str]]] | None,
    *,
    folders: tuple[str, ...],
) -> dict[str, Any]:
    """Return one operation of the document.

    :param responses: By status.
    :param security: What a request needs; ``None`` if no guard says anything.
    :param folders: The folders below that of the document, which tags are made of.
    """
    settings = operation.settings
    summary, description = describe(operation.handler)
    body = _body(operation, components)
    _add_examples(settings.examples, body, responses)
    if settings.links:
        _successful(responses)["links"] = dict(settings.links)
    parts: dict[str, Any] = {
        "operationId": operation.operation_id,
        "summary": summary,
        "description": description,
        "tags": list(settings.tags) if settings.tags is not None else _tags(folders),
        "parameters": [*_parameters(operation, components, converters)],
        "requestBody": body,
        "responses": responses,
        "callbacks": dict(settings.callbacks or {}),
        "deprecated": bool(settings.deprecated),
    }
    made = {name: value for name, value in parts.items() if value}
    return made if security is None else {**made, "security": security}


def _tags(folders: tuple[str, ...]) -> list[str]:
    """Return the innermost group, or else the first static folder."""
    segments = [parse_segment(folder) for folder in folders]
    groups = [segment.name for segment in segments if segment.kind is Kind.GROUP]
    static = [segment.name for segment in segments if segment.kind is Kind.STATIC]
    return groups[-1:] or static[:1]


def _parameters(
    operation: Operation,
    components: Components,
    converters: Mapping[str, type[BaseConverter]],
) -> Iterator[dict[str, Any]]:
    declared = operation.signature.inputs.get("params")
    known = _fields(declared, components) if declared is not None else {}
    for segment in operation.path.parameters:
        parameter = path_parameter(segment, converters)
        if segment.name in known:
            described = _described(known[segment.name].schema)
            if segment.kind in CATCH_ALLS and described["schema"].get("type") == "array":
                described["schema"] = parameter["schema"]  # the list is one text in the URL
            parameter = {**parameter, **described}
        yield parameter
    for place, where in _PLACES:
        declared = operation.signature.inputs.get(place)  # type: ignore[call-overload]  # the names are those of Place
        if declared is None:
            continue
        for name, field in _fields(declared, components).items():
            made: dict[str, Any] = {"name": header_name(field.field) if where == "header" else name, "in": where}
            if field.is_required:
                made["required"] = True
            if field.can_be_empty and where == "query":
                made["allowEmptyValue"] = True
            yield {**made, **_described(field.schema)}


def header_name(field: ModelField) -> str:
    """Return the name of the header for a field: ``x_token`` is ``X-Token``, and an alias is used as written."""
    return field.alias if field.has_alias else field.name.replace("_", "-").title()


class _Field(NamedTuple):
    """A field of an input, with its schema.

    :param can_be_empty: Whether it is optional, so that an empty text means ``None``.
    """

    field: ModelField
    schema: dict[str, Any]
    is_required: bool
    can_be_empty: bool


def _fields(declared: DeclaredInput, components: Components) -> dict[str, _Field]:
    """Return the fields of an input by the name that clients send."""
    whole = components.fields_schema(declared.adapter, declared.model)
    properties, required = whole.get("properties", {}), whole.get("required", ())
    found: dict[str, _Field] = {}
    for field in declared.fields:
        schema = properties.get(field.alias, properties.get(field.name, {}))
        is_required = field.is_required or field.alias in required
        found[field.alias] = _Field(field, without_null(schema), is_required, takes_null(schema))
    return found


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a parameter that are in the schema of its field."""
    taken = {name: schema[name] for name in ("description", "deprecated") if name in schema}
    rest = {name: value for name, value in schema.items() if name not in ("description", "deprecated", "title")}
    return {**taken, "schema": rest}


def _body(operation: Operation, components: Components) -> dict[str, Any]:
    body = operation.signature.inputs.get("body")
    if body is not None:
        content = {JSON: {"schema": components.schema(body.adapter, body.model, "input")}}
        return {"required": body.is_required, "content": content}
    form = operation.signature.inputs.get("form")
    if form is None:
        return {}
    fields = _fields(form, components)
    has_files = any(one.field.is_file for one in fields.values())
    whole = components.fields_schema(form.adapter, form.model)
    schema = {name: whole[name] for name in ("type", "title", "description", "additionalProperties") if name in whole}
    schema["properties"] = {
        name: _file_schema(one.field) if one.field.is_file else one.schema for name, one in fields.items()
    }
    required = [name for name, one in fields.items() if one.is_required]
    if required:
        schema["required"] = required
    # A form without files may be sent either way.
    types = (_MULTIPART,) if has_files else (_FORM, _MULTIPART)
    return {"required": form.is_required, "content": {one: {"schema": schema} for one in types}}


def _file_schema(field: ModelField) -> dict[str, Any]:
    return {"type": "array", "items": dict(_FILE)} if field.is_list else dict(_FILE)


def _add_examples(examples: Mapping[str, Any] | None, body: dict[str, Any], responses: dict[str, Any]) -> None:
    """Add examples to the body, or to the successful response of an operation without a body."""
    if not examples:
        return
    made = {
        name: dict(one) if isinstance(one, Mapping) and ("value" in one or "externalValue" in one) else {"value": one}
        for name, one in examples.items()
    }
    part = body or _successful(responses)
    part["content"] = {name: {**content, "examples": made} for name, content in part.get("content", {JSON: {}}).items()}


def _successful(responses: dict[str, Any]) -> dict[str, Any]:
    """Return the first response whose status is a success, or else the general one."""
    status = next((status for status in responses if status.startswith("2")), "default")
    made: dict[str, Any] = responses.setdefault(status, {"description": "The response of the handler."})
    return made


def models_of(
    operation: Operation, adapter: Callable[[Any], ModelAdapter | None] | None
) -> Iterator[tuple[ModelAdapter, Any, Any]]:
    """Yield the models of an operation, with their adapters and what they are used for."""
    for declared in operation.signature.inputs.values():
        yield declared.adapter, declared.model, "input"
    for response in operation.signature.responses:
        if response.adapter is not None:
            yield response.adapter, response.model, "output"
    for own in (operation.settings.responses or {}).values():
        if isinstance(own, Mapping) and "model" in own and adapter is not None:
            found = adapter(own["model"])
            if found is not None:
                yield found, own["model"], "output"
