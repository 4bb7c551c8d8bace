"""Schemas of the models in a document. Each named model is one component."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._models.base import Mode, ModelAdapter

_REFERENCE = "#/components/schemas/{name}"
_PREFIX = "#/components/schemas/"

PROBLEM = "Problem"
VALIDATION_PROBLEM = "ValidationProblem"

_PROBLEM: dict[str, Any] = {
    "title": PROBLEM,
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status"],
}

_FAULT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "JSON pointer to the value in the body."},
        "in": {"type": "string", "description": "The place of a value outside of the body."},
        "name": {"type": "string", "description": "The name of a value outside of the body."},
    },
    "required": ["detail"],
}

# The problem documents of the library, for the names that errors refer to.
PROBLEMS: dict[str, dict[str, Any]] = {
    PROBLEM: _PROBLEM,
    VALIDATION_PROBLEM: {
        **_PROBLEM,
        "title": VALIDATION_PROBLEM,
        "description": "A problem document (RFC 9457) that lists all values that are invalid.",
        "properties": {**_PROBLEM["properties"], "errors": {"type": "array", "items": _FAULT}},
        "required": [*_PROBLEM["required"], "errors"],
    },
}


class Components:
    """The schemas of the models of a document.

    :param wanted: All models, with what they are used for. All of a library are asked for at once, so that models with
        equal names get different ones.
    """

    def __init__(self, wanted: Iterable[tuple[ModelAdapter, Any, Mode]]) -> None:
        self._schemas: dict[tuple[int, int, str], dict[str, Any]] = {}
        self.all: dict[str, dict[str, Any]] = {}
        by_adapter: dict[int, list[tuple[ModelAdapter, Any, Mode]]] = {}
        for item in wanted:
            known = by_adapter.setdefault(id(item[0]), [])
            if not any(item[1] is model and item[2] == mode for _, model, mode in known):
                known.append(item)
        for items in by_adapter.values():
            adapter = items[0][0]
            made = adapter.schemas([(model, mode) for _, model, mode in items], _REFERENCE)
            renamed = self._add(made.components, adapter.name)
            for (_, model, mode), schema in zip(items, made.schemas, strict=True):
                self._schemas[id(adapter), id(model), mode] = rename(schema, renamed)
        self.problems = self._add(PROBLEMS, "HTTP")

    def _add(self, components: Mapping[str, dict[str, Any]], owner: str) -> dict[str, str]:
        """Add components. Return the new names of those whose name another component has already."""
        renamed: dict[str, str] = {}
        for name, schema in components.items():
            new = name
            while self.all.get(new, schema) != schema or (new != name and new in components):
                new += f"{owner[:1].upper()}{owner[1:]}"
            if new != name:
                renamed[name] = new
        for name, schema in components.items():
            new = renamed.get(name, name)
            made = rename(schema, renamed)
            self.all[new] = {**made, "title": new} if "title" in made else made
        return renamed

    def schema(self, adapter: ModelAdapter, model: Any, mode: Mode) -> dict[str, Any]:
        """Return the schema of a model that was wanted."""
        return self._schemas[id(adapter), id(model), mode]

    def fields_schema(self, adapter: ModelAdapter, model: Any) -> Mapping[str, Any]:
        """Return the schema of an input whose fields are sent one by one, such as a query, without references to it."""
        schema: Mapping[str, Any] = self.schema(adapter, model, "input")
        while "$ref" in schema:
            schema = self.all[schema["$ref"].removeprefix(_PREFIX)]
        return schema

    def problem(self, name: str) -> dict[str, str]:
        """Return a reference to a problem document of the library."""
        return {"$ref": _REFERENCE.format(name=self.problems.get(name, name))}

    def used_by(self, part: object) -> dict[str, dict[str, Any]]:
        """Return the components that a part of a document refers to, also through others, sorted by name."""
        used: set[str] = set()
        waiting = [part]
        while waiting:
            for name in _references(waiting.pop()):
                if name in self.all and name not in used:
                    used.add(name)
                    waiting.append(self.all[name])
        return {name: copy.deepcopy(self.all[name]) for name in sorted(used)}


_NULL = {"type": "null"}


def takes_null(schema: Mapping[str, Any]) -> bool:
    """Return whether ``null`` is one of the values that a schema names."""
    kind = schema.get("type")
    return (isinstance(kind, list) and "null" in kind) or any(_NULL in schema.get(name, ()) for name in _UNIONS)


_UNIONS = ("anyOf", "oneOf")


def without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a field as text: a parameter or a field of a form can be missing, but not ``null``."""
    made = dict(schema)
    if made.get("default", "") is None:
        del made["default"]
    if isinstance(made.get("type"), list):
        types = [kind for kind in made["type"] if kind != "null"]
        made["type"] = types[0] if len(types) == 1 else types
    for name in _UNIONS:
        if isinstance(made.get(name), list):
            others = [one for one in made[name] if one != _NULL]
            made = {**made, name: others}
            if len(others) == 1:
                del made[name]
                made = {**others[0], **made}
    return made


def _references(part: object) -> Iterator[str]:
    """Yield the names of the components that a part refers to. Discriminators of unions refer to them, too."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif isinstance(one, str) and one.startswith(_PREFIX):
            yield one.removeprefix(_PREFIX)


def rename(part: Any, names: Mapping[str, str]) -> Any:
    """Return a copy of a part of a document whose references have new names."""
    if not names:
        return part
    if isinstance(part, Mapping):
        return {key: rename(value, names) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [rename(value, names) for value in part]
    if isinstance(part, str) and part.startswith(_PREFIX):
        name = part.removeprefix(_PREFIX)
        return _PREFIX + names.get(name, name)
    return part
