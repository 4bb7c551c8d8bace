"""JSON schemas of the models that msgspec checks."""

from __future__ import annotations

import re
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
    drafts = {name: _draft(name, schema) for name, schema in definitions.items()}
    return name_components(schemas, drafts, reference)


def _draft(name: str, schema: dict[str, Any]) -> Draft:
    # Of two classes with one name, msgspec gives both the name of their module, and a number if that is the same too.
    short = str(schema.get("title", name)) if "." in name else name
    qualified = re.sub(r"_\d+\Z", "", name) if not name.endswith(short) else name
    return Draft(schema, short=short, qualified=qualified, identity=name, mode="output")


def _schema_of_class(cls: type) -> dict[str, Any]:
    if issubclass(cls, FileStorage):
        return {"type": "string", "contentMediaType": "application/octet-stream"}
    raise NotImplementedError
