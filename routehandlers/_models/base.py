"""The protocol of adapters, and the values that they exchange with the rest of the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

Mode = Literal["input", "output"]
"""Which of the two schemas of a model is wanted: what it accepts, or what it writes."""

Strings = Mapping[str, "str | list[str] | Any"]
"""Fields as text, by the name that clients send: one value, or a list for a field that takes several.

Fields of a form may also be files.
"""


@dataclass(frozen=True)
class ModelField:
    """A field of a model.

    :param name: The attribute of the value.
    :param alias: The name that clients send, and that JSON has. It is the name itself if there is no alias.
    :param annotation: Type of the field, resolved.
    :param is_required: Whether it has no default.
    :param is_list: Whether it takes several values of a query, header or form: ``list[int]``, ``set[str]`` and so on,
        also if optional.
    :param is_file: Whether it takes a file of a form.
    :param other_names: Further names that clients may send instead of the alias.
    """

    name: str
    alias: str
    annotation: Any
    is_required: bool
    is_list: bool = False
    is_file: bool = False
    other_names: tuple[str, ...] = ()

    @property
    def has_alias(self) -> bool:
        """Whether the model names the field differently from its attribute."""
        return self.alias != self.name


FieldsOf = Callable[[Any], tuple[ModelField, ...] | None]
"""Returns the fields of a model, as ``ModelAdapter.fields`` does."""


class Fault(NamedTuple):
    """One thing that is wrong with data.

    :ivar detail: A sentence for the client, such as ``"Field required."``.
    :ivar path: The way to the value: keys and indexes of the data as it was sent.
    """

    detail: str
    path: tuple[str | int, ...] = ()


class Schemas(NamedTuple):
    """JSON schemas of several models.

    :ivar schemas: One for each model that was asked for, in this order. Named models are references.
    :ivar components: The schemas of the named models, by name.
    """

    schemas: list[dict[str, Any]]
    components: dict[str, dict[str, Any]]


class ModelAdapter(Protocol):
    """What a library of models can do for inputs, responses and the OpenAPI document.

    Methods that take a model and return a function are called at start; only the functions are called in requests.
    A *model* is any annotation that the library can check: a class, ``list[Item]``, ``Item | Draft``.
    """

    name: str
    """The name of the library, for messages."""

    errors: tuple[type[Exception], ...]
    """What the functions below raise for invalid data."""

    def owns(self, model: Any) -> bool:
        """Return whether this adapter checks values of a model."""
        ...

    def from_json(self, model: Any) -> Callable[[bytes], Any]:
        """Return a function that parses and checks JSON. Its checks are those of the library for JSON.

        It also refuses what JSON lacks and some libraries accept, such as ``NaN``.

        :raise TypeError: If the library cannot check the model.
        """
        ...

    def from_strings(self, model: Any) -> Callable[[Strings], Any]:
        """Return a function that makes a value of text: ``"1"`` is a valid ``int``."""
        ...

    def from_objects(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that makes a value of objects: a dict, a row of a database, an instance of a subclass.

        The result has the fields of the model and no others, at every level.
        """
        ...

    def is_exact(self, model: Any) -> Callable[[Any], bool]:
        """Return a function that says whether a value can be written as it is, without ``from_objects()``.

        It is true for an instance of exactly the model whose nested models, also in lists, are exact too. The libraries
        write all fields of a subclass, so a check of the outermost value is not enough.
        """
        ...

    def to_json(self, model: Any) -> Callable[[Any], bytes]:
        """Return a function that writes values of a model as JSON."""
        ...

    def fields(self, model: Any) -> tuple[ModelField, ...] | None:
        """Return the fields of a model, or ``None`` if it is no class with fields."""
        ...

    def values(self, model: Any) -> Callable[[Any], tuple[Any, ...]] | None:
        """Return a function that takes the values of all fields out of a valid value, for a cache key.

        It is in the order of ``fields()``. Nothing is left out: neither secrets nor fields that JSON excludes.
        ``None`` if not all that a handler could see lies in the fields. ``make_key()`` raises a ``TypeError`` for
        values whose text may hide a difference, such as those of the application's own classes.
        """
        ...

    def with_all_set(self, model: Any) -> Callable[[Any], Any]:
        """Return a function that copies a valid value as if each field had been sent."""
        ...

    def schemas(self, models: Sequence[tuple[Any, Mode]], reference: str) -> Schemas:
        """Return the JSON schemas (2020-12) of models.

        :param reference: The format of references, such as ``"#/components/schemas/{name}"``.
        """
        ...

    def faults(self, model: Any, error: Exception, data: Any) -> list[Fault]:
        """Return all that is wrong with data, from the exception that one of the functions raised.

        :param data: The data as it was sent: parsed JSON, or the strings.
        """
        ...
