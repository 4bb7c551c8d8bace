"""JSON schemas of the models that msgspec checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from werkzeug.datastructures import FileStorage

from ..base import Schemas
from ..parts.components import PREFIX, Draft, name_components


def schemas_of(models: Sequence[Any], reference: str) -> Schemas:
    """Return the JSON schemas of models. They accept what they write."""
    schemas, definitions = msgspec.json.schema_components(
        models, schema_hook=_schema_of_class, ref_template=f"{PREFIX}{{name}}"
    )
    # Of two classes with one name, msgspec gives both the name of their module.
    drafts = {
        name: Draft(schema, short=name.rpartition(".")[2], qualified=name, identity=name, mode="output")
        for name, schema in definitions.items()
    }
    return name_components(schemas, drafts, reference)


def _schema_of_class(cls: type) -> dict[str, Any]:
    if issubclass(cls, FileStorage):
        return {"type": "string", "contentMediaType": "application/octet-stream"}
    raise NotImplementedError
