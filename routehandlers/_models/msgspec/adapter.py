"""The adapter to msgspec: structs, attrs, and the classes with fields of the standard library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..base import Fault, Mode, ModelField, Schemas, Strings
from ..parts.exact import Check, Exact
from ..parts.keys import values_of
from ..parts.memo import Memo
from ..parts.objects import Filter
from ..parts.strings import preparation
from .defaults import completer
from .depth import contains_itself, refuse_deep
from .faults import StringsError, faults_of
from .fields import as_struct, fields_of, is_made_with_msgspec, reads_lists, refuse_unknown_classes, shape_of
from .schemas import schemas_of
from .values import hides_values, parts_of

_BOM = b"\xef\xbb\xbf"

_encode = msgspec.json.Encoder().encode


class MsgspecAdapter:
    """Reads, checks and writes with msgspec."""

    name = "msgspec"
    errors: tuple[type[Exception], ...] = (msgspec.DecodeError,)

    def __init__(self) -> None:
        self._decoders: Memo[msgspec.json.Decoder[Any]] = Memo()
        self._fields: Memo[tuple[ModelField, ...] | None] = Memo()
        self._exact = Exact(self.fields)
        self._filter = Filter(self._exact, reads_names=False, shape_of=shape_of)

    def owns(self, model: Any) -> bool:
        """Return whether an annotation contains something of msgspec or attrs."""
        return is_made_with_msgspec(model)

    def can_check(self, model: Any) -> bool:
        """Return whether msgspec supports an annotation."""
        try:
            self._decoder(model)
        except TypeError:
            return False
        return True

    def from_json(self, model: Any) -> Callable[[bytes], Any]:
        """Return a function that parses and checks JSON."""
        decode = self._decoder(model).decode

        def parse(data: bytes) -> Any:
            try:
                return decode(data)
            except msgspec.DecodeError:
                if not data.startswith(_BOM):
                    raise
            except RecursionError:
                raise msgspec.ValidationError("Input is nested too deeply") from None
            except UnicodeDecodeError:  # of the versions before 0.22
                raise msgspec.DecodeError("Input is not UTF-8") from None
            return decode(data[len(_BOM) :])

        if contains_itself(model, self.fields):
            return self._completed(model, lambda data: refuse_deep(parse(data)))
        return self._completed(model, parse)

    def from_strings(self, model: Any) -> Callable[[Strings], Any]:
        """Return a function that makes a value of text."""
        self._decoder(model)  # raises an error for what msgspec cannot check
        target, finish = as_struct(model) if reads_lists(model) else (model, None)
        prepare = preparation(self.fields(model) or (), with_bools=True)

        def read(data: Strings) -> Any:
            if prepare is not None:
                data = prepare(data)
            try:
                value = msgspec.convert(data, target, strict=False)
                return value if finish is None else finish(value)
            except msgspec.ValidationError as error:
                raise StringsError(str(error)) from error.__cause__

        return self._completed(model, read)

    def from_objects(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that filters objects, and checks them."""
        self._decoder(model)
        project = self._filter.project(model)
        return self._completed(model, lambda value: msgspec.convert(project(value), model, from_attributes=True))

    def _completed(self, model: Any, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function whose values have their defaults."""
        complete = completer(model, self.fields)
        if complete is None:
            return make

        def make_complete(data: Any) -> Any:
            value = make(data)
            try:
                return complete(value)
            except RecursionError:
                raise msgspec.ValidationError("Input is nested too deeply") from None

        return make_complete

    def is_exact(self, model: Any) -> Check:
        """Return a function that says whether a value can be written as it is."""
        return self._exact.check(model)

    def to_json(self, model: Any) -> Callable[[Any], bytes]:
        """Return a function that writes JSON."""
        del model  # values know their classes
        return _encode

    def fields(self, model: Any) -> tuple[ModelField, ...] | None:
        """Return the fields of a model, or ``None`` if it has none."""
        return self._fields.get(model, fields_of)  # the other methods ask for the same models again and again

    def values(self, model: Any) -> Callable[[Any], tuple[Any, ...]] | None:
        """Return a function that takes the values of all fields."""
        fields = self.fields(model)
        if fields is None or hides_values(model, self.fields):
            return None
        return values_of(model, fields, parts_of)

    def with_all_set(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that copies a value as if each field had been sent: msgspec does not count them."""
        del model
        return lambda value: value

    def schemas(self, models: Sequence[tuple[Any, Mode]], reference: str) -> Schemas:
        """Return the JSON schemas of models."""
        return schemas_of([model for model, _ in models], reference)

    def faults(self, model: Any, error: Exception, data: Any) -> list[Fault]:
        """Return all that is wrong with data."""
        return faults_of(model, self.fields, error, data)

    def _decoder(self, model: Any) -> msgspec.json.Decoder[Any]:
        return self._decoders.get(model, _make_decoder)


def _make_decoder(model: Any) -> msgspec.json.Decoder[Any]:
    try:
        refuse_unknown_classes(model)
        return msgspec.json.Decoder(model)
    except (TypeError, NameError) as error:
        raise TypeError(f"msgspec cannot check it: {error}") from error
