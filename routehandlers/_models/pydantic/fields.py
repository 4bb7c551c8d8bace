"""Fields of pydantic's models, with all the names that clients may send."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, Json, RootModel
from pydantic.fields import FieldInfo

from ..base import ModelField
from ..parts.annotations import class_of, hints, walk
from ..parts.fields import make_field, record_fields

_PACKAGES = frozenset({"annotated_types", "pydantic", "pydantic_core", "pydantic_extra_types"})


def is_made_with_pydantic(model: Any) -> bool:
    """Return whether an annotation contains a model, a dataclass or a type of pydantic."""
    return any(_is_of_pydantic(part) for part in walk(model))


def _is_of_pydantic(part: Any) -> bool:
    if hasattr(part, "__pydantic_fields__") or hasattr(part, "__get_pydantic_core_schema__"):
        return True
    cls = part if isinstance(part, type) else type(part)
    return cls.__module__.partition(".")[0] in _PACKAGES


def fields_of(model: Any) -> tuple[ModelField, ...] | None:
    """Return the fields of a class that pydantic checks, or ``None`` if it has none."""
    cls = class_of(model)
    if cls is None or issubclass(cls, RootModel):
        return None
    if issubclass(cls, BaseModel):
        if not cls.__pydantic_complete__:  # it names classes that were defined later
            cls.model_rebuild(raise_errors=False)
        infos: Mapping[str, FieldInfo] = cls.__pydantic_fields__
        return tuple(_field(name, info.annotation, info, cls.model_config) for name, info in infos.items())
    records = record_fields(model)
    if records is None:
        return None
    config: Mapping[str, Any] = getattr(cls, "__pydantic_config__", {})
    known: Mapping[str, FieldInfo] = getattr(cls, "__pydantic_fields__", {})
    types = hints(model)
    fields = []
    for record in records:
        info = known.get(record.name) or _annotated_info(types[record.name])
        if info is None:
            fields.append(record)
        elif info.init is not False:  # pydantic ignores what clients send for fields without init
            field = _field(record.name, record.annotation, info, config)
            fields.append(field if known else dataclasses.replace(field, is_required=record.is_required))
    return tuple(fields)


def extras_of(cls: Any) -> str:
    """Return what a class does with names that it lacks: ``"ignore"``, ``"forbid"`` or ``"allow"``."""
    config = getattr(cls, "model_config" if issubclass(cls, BaseModel) else "__pydantic_config__", None) or {}
    extra: str | None = config.get("extra")
    return extra or "ignore"


def _annotated_info(annotation: Any) -> FieldInfo | None:
    """Return what ``Annotated[int, Field(alias="n")]`` says, in a class that is not of pydantic."""
    while get_origin(annotation) is not Annotated:
        arguments = get_args(annotation)
        if not arguments or type(annotation).__name__ == "UnionType":
            return None
        annotation = arguments[0]
    return next((item for item in annotation.__metadata__ if isinstance(item, FieldInfo)), None)


def _field(name: str, annotation: Any, info: FieldInfo, config: Mapping[str, Any]) -> ModelField:
    alias, *others = _names(name, info, config)
    several: bool | None = None
    if any(item is Json or type(item) is Json for item in info.metadata):
        several = False  # one text of JSON
    elif isinstance(info.validation_alias, AliasPath):
        several = True  # the path goes on with the position
    return make_field(name, annotation, info.is_required(), alias=alias, other_names=tuple(others), is_list=several)


def _names(name: str, info: FieldInfo, config: Mapping[str, Any]) -> list[str]:
    """Return the names of a field for clients, the first choice first."""
    choices: list[Any] = []
    if config.get("validate_by_alias") is not False:
        alias = info.validation_alias if info.validation_alias is not None else info.alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    names = [choice.path[0] if isinstance(choice, AliasPath) else choice for choice in choices]
    if config.get("validate_by_name") or config.get("populate_by_name"):
        names.append(name)
    found = list(dict.fromkeys(str(one) for one in names if one is not None))
    return found or [name]
