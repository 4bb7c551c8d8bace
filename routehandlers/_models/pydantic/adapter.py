"""The adapter to pydantic: its models, its dataclasses, and annotations made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import InitErrorDetails

from ..base import Fault, Mode, ModelField, Schemas, Strings
from ..parts.annotations import is_named_tuple
from ..parts.exact import Check, Exact
from ..parts.keys import values_of
from ..parts.memo import Memo
from ..parts.objects import Filter
from ..parts.rows import Shape
from ..parts.strings import preparation
from .faults import faults_of
from .fields import extras_of, fields_of, is_made_with_pydantic
from .schemas import schemas_of
from .values import count_all_as_set, hides_values, parts_of

_BOM = b"\xef\xbb\xbf"


class PydanticAdapter:
    """Reads, checks and writes with pydantic."""

    name = "pydantic"
    errors: tuple[type[Exception], ...] = (ValidationError,)

    def __init__(self) -> None:
        self._types: Memo[TypeAdapter[Any]] = Memo()
        self._fields: Memo[tuple[ModelField, ...] | None] = Memo()
        self._exact = Exact(self.fields)
        self._filter = Filter(self._exact, reads_names=True, shape_of=_shape_of)

    def owns(self, model: Any) -> bool:
        """Return whether an annotation contains something of pydantic."""
        return is_made_with_pydantic(model)

    def from_json(self, model: Any) -> Callable[[bytes], Any]:
        """Return a function that parses and checks JSON."""
        validate = self._type(model).validator.validate_json

        def parse(data: bytes) -> Any:
            # pydantic accepts these numbers, which JSON lacks. Not "in", which takes three times as long for bytes.
            if data.find(b"NaN") >= 0 or data.find(b"Infinity") >= 0:
                _refuse_constants(data)
            try:
                return validate(data)
            except ValidationError:
                if not data.startswith(_BOM):
                    raise
            return validate(data[len(_BOM) :])

        return parse

    def from_strings(self, model: Any) -> Callable[[Strings], Any]:
        """Return a function that makes a value of text. Models that are strict accept text here too."""
        # Not validate_strings(), which accepts neither lists nor files.
        validate = partial(self._type(model).validator.validate_python, strict=False)
        fields = self.fields(model) or ()
        prepare = preparation(fields, with_bools=False)
        if is_named_tuple(model):
            # pydantic calls the tuple with all names.
            known = frozenset(name for field in fields for name in (field.alias, *field.other_names))
            prepare_known = prepare or _same
            return lambda data: validate({name: text for name, text in prepare_known(data).items() if name in known})
        if prepare is None:
            return validate
        return lambda data: validate(prepare(data))

    def from_objects(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that filters objects, and checks them."""
        project = self._filter.project(model)
        check = self._type(model).validator.validate_python
        validate = partial(check, from_attributes=True, by_alias=True, by_name=True)
        return lambda value: validate(project(value))

    def is_exact(self, model: Any) -> Check:
        """Return a function that says whether a value can be written as it is."""
        return self._exact.check(model)

    def to_json(self, model: Any) -> Callable[[Any], bytes]:
        """Return a function that writes JSON, with the aliases of fields."""
        write: Callable[[Any], bytes] = partial(self._type(model).serializer.to_json, by_alias=True)
        return write

    def fields(self, model: Any) -> tuple[ModelField, ...] | None:
        """Return the fields of a model, or ``None`` if it has none."""
        return self._fields.get(model, fields_of)

    def values(self, model: Any) -> Callable[[Any], tuple[Any, ...]] | None:
        """Return a function that takes the values of all fields."""
        fields = self.fields(model)
        if fields is None or hides_values(model, self.fields):
            return None
        return values_of(model, fields, parts_of)

    def with_all_set(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that copies a value as if each field had been sent."""
        del model  # values know their classes
        return count_all_as_set

    def schemas(self, models: Sequence[tuple[Any, Mode]], reference: str) -> Schemas:
        """Return the JSON schemas of models."""
        return schemas_of([(self._type(model), mode) for model, mode in models], reference)

    def faults(self, model: Any, error: Exception, data: Any) -> list[Fault]:
        """Return all that is wrong with data."""
        del model  # the exception says all
        return faults_of(error, data)

    def _type(self, model: Any) -> TypeAdapter[Any]:
        return self._types.get(model, _make_type)


def _make_type(model: Any) -> TypeAdapter[Any]:
    try:
        made = TypeAdapter[Any](model)
        made.rebuild()
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        # The first line says what is wrong. The others advise to change the configuration of pydantic.
        raise TypeError(f"pydantic cannot check it: {str(error).splitlines()[0]}") from error
    return made


def _same(data: Any) -> Any:
    return data


def _shape_of(cls: Any) -> Shape:
    if is_named_tuple(cls):
        return Shape(
            is_list=True, defaults={name: partial(_same, value) for name, value in cls._field_defaults.items()}
        )
    return Shape(reads_rows=issubclass(cls, BaseModel) and extras_of(cls) == "ignore")


class _NotJSONError(Exception):
    """A document contains a number that JSON lacks."""


def _raise_not_json(name: str) -> Any:
    raise _NotJSONError(f"{name} is not JSON")


def _refuse_constants(data: bytes) -> None:
    """Raise an error if a document contains ``NaN`` or ``Infinity`` outside of text."""
    try:
        json.loads(data, parse_constant=_raise_not_json)
    except _NotJSONError as error:
        details = InitErrorDetails(type="json_invalid", loc=(), input=None, ctx={"error": str(error)})
        raise ValidationError.from_exception_data("JSON", [details]) from None
    except (ValueError, RecursionError):
        return  # pydantic says what is wrong
