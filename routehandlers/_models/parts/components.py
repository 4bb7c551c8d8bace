"""Name the JSON schemas of models, as components of an OpenAPI document.

Each model has one component, unless what it accepts differs from what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..base import Mode, Schemas

Schema = dict[str, Any]

PREFIX = "#/$defs/"
"""What the references of a library begin with, before components have their names."""

# Their values are data, and not schemas.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})

# Their keys are names of the user.
_BY_NAME = frozenset({"patternProperties", "properties"})

# Modules of an application are in a package with a number, which depends on what else the process has started.
_PACKAGE = re.compile(r"\Aroutehandlers_app_\d+\.")


class Draft(NamedTuple):
    """The schema of a class as a library made it, before it has its name.

    :param short: The name of the class.
    :param qualified: Its name with that of the module.
    :param identity: The same for both modes of a class, and different for two classes.
    """

    schema: Schema
    short: str
    qualified: str
    identity: str
    mode: Mode


def name_components(schemas: Sequence[Schema], drafts: Mapping[str, Draft], reference: str) -> Schemas:
    """Give components their names.

    :param schemas: The schemas that were asked for. They and the drafts refer to drafts by their keys.
    :param reference: The format of references, such as ``"#/components/schemas/{name}"``.
    """
    used = _used(schemas, drafts)
    merged = _merge_modes(used)
    names = _names({key: used[key] for key in used if merged[key] == key})

    def rename(schema: Any) -> Any:
        return _with_references(schema, lambda key: reference.format(name=names[merged[key]]))

    components = {}
    for key, name in names.items():
        schema = rename(used[key].schema)
        has_title = "title" in schema or "properties" in schema
        components[name] = {**schema, "title": name} if has_title else schema
    return Schemas([rename(schema) for schema in schemas], dict(sorted(components.items())))


def _used(schemas: Sequence[Schema], drafts: Mapping[str, Draft]) -> dict[str, Draft]:
    """Return the drafts that schemas refer to, directly or not, in the order of the drafts."""
    found: set[str] = set()
    todo = [key for schema in schemas for key in _references(schema)]
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo.extend(_references(drafts[key].schema))
    return {key: draft for key, draft in drafts.items() if key in found}


def _merge_modes(drafts: Mapping[str, Draft]) -> dict[str, str]:
    """Return for each draft the one that stands for it: that of the output if the input has the same schema."""
    outputs = {draft.identity: key for key, draft in drafts.items() if draft.mode == "output"}
    merged = {key: outputs.get(draft.identity, key) for key, draft in drafts.items()}
    while True:
        # Schemas with references are the same if those to which they refer are.
        different = [
            key
            for key, other in merged.items()
            if _with_references(drafts[key].schema, merged.__getitem__)
            != _with_references(drafts[other].schema, merged.__getitem__)
        ]
        if not different:
            return merged
        merged.update({key: key for key in different})


def _names(drafts: Mapping[str, Draft]) -> dict[str, str]:
    classes: dict[str, set[str]] = {}
    for draft in drafts.values():
        classes.setdefault(_clean(draft.short), set()).add(draft.identity)
    outputs = {draft.identity for draft in drafts.values() if draft.mode == "output"}

    names: dict[str, str] = {}
    taken: set[str] = set()
    # Names of classes come before names with "Input", which they may also have.
    for key in sorted(drafts, key=lambda key: drafts[key].mode == "input" and drafts[key].identity in outputs):
        draft = drafts[key]
        name = _clean(draft.short)
        if len(classes[name]) > 1:
            name = _clean(_PACKAGE.sub("", draft.qualified))
        if draft.mode == "input" and draft.identity in outputs:
            name += "Input"
        names[key] = _not_taken(name, taken)
        taken.add(names[key])
    return {key: names[key] for key in drafts}


def _clean(name: str) -> str:
    """Return a name with the characters that OpenAPI allows."""
    parts = (re.sub(r"[^A-Za-z0-9_]+", "_", part).strip("_") for part in name.split("."))
    return ".".join(part for part in parts if part) or "Model"


def _not_taken(name: str, taken: set[str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate


def _references(schema: Any) -> Iterator[str]:
    """Yield the keys of the drafts that a schema refers to."""
    found: list[str] = []
    _with_references(schema, lambda key: found.append(key) or key)  # type: ignore[func-returns-value]
    return iter(found)


def _with_references(schema: Any, rename: Callable[[str], str]) -> Any:
    """Return a copy of a schema with other references."""
    if isinstance(schema, list):
        return [_with_references(item, rename) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy: Schema = {}
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str) and value.startswith(PREFIX):
            copy[key] = rename(value.removeprefix(PREFIX))
        elif key == "mapping" and isinstance(value, dict):  # of a discriminator
            copy[key] = {
                tag: rename(ref.removeprefix(PREFIX)) if isinstance(ref, str) and ref.startswith(PREFIX) else ref
                for tag, ref in value.items()
            }
        elif key in _DATA:
            copy[key] = value
        elif key in _BY_NAME and isinstance(value, dict):
            # The names of fields may be those of keywords.
            copy[key] = {name: _with_references(item, rename) for name, item in value.items()}
        else:
            copy[key] = _with_references(value, rename)
    return copy
