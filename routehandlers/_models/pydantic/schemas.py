"""JSON schemas of pydantic's models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import CoreModeRef, DefsRef, GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from werkzeug.datastructures import FileStorage

from ..base import Mode, Schemas
from ..parts.components import Draft, name_components

# The id of a class, behind its name.
_ID = re.compile(r":\d+(?=[\[\],]|\Z)")

_MODES = {"input": "validation", "output": "serialization"}


def schemas_of(types: Sequence[tuple[TypeAdapter[Any], Mode]], reference: str) -> Schemas:
    """Return the JSON schemas of types."""
    generator = _Generator(ref_template="#/$defs/{model}")
    inputs: Any = [(index, _MODES[mode], adapter.core_schema) for index, (adapter, mode) in enumerate(types)]
    schemas, definitions = generator.generate_definitions(inputs)
    drafts = {str(ref): generator.drafts[ref]._replace(schema=schema) for ref, schema in definitions.items()}
    return name_components([schemas[(index, mode)] for index, mode, _ in inputs], drafts, reference)


class _Generator(GenerateJsonSchema):
    """Names the schema of each class and mode by its own key. Titles are those of classes, and the user's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts: dict[str, Draft] = {}

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        ref = super().get_defs_ref(core_mode_ref)
        self._prioritized_defsref_choices[ref] = [ref]
        core_ref, mode = core_mode_ref
        # "app.items.Page:94371[Item:94372]". Names of modules may contain brackets, as folders of routes do.
        cls, *rest = _ID.split(core_ref, maxsplit=1)
        arguments = _ID.sub("", "".join(rest))
        short = cls.rpartition(".")[2] + arguments
        self.drafts[ref] = Draft({}, short, cls + arguments, core_ref, "input" if mode == "validation" else "output")
        return ref

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema  # clients know a field by its name
        return False

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        if issubclass(schema["cls"], FileStorage):
            return {"type": "string", "contentMediaType": "application/octet-stream"}
        return super().is_instance_schema(schema)
