"""The inputs and responses that a handler declares, from its signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .._models.base import ModelAdapter, ModelField

Place = Literal["params", "query", "headers", "cookies", "body", "form"]

PLACES: tuple[Place, ...] = ("params", "query", "headers", "cookies", "body", "form")
"""The names of parameters that are inputs, in the order in which they are checked."""


@dataclass(frozen=True)
class DeclaredInput:
    """An input of a handler.

    :param model: The annotation, resolved.
    :param fields: The fields of the model. A body may have none: ``list[Item]``.
    :param is_required: Whether the parameter has no default. A body with a default may be missing.
    """

    place: Place
    model: Any
    adapter: ModelAdapter
    fields: tuple[ModelField, ...]
    is_required: bool = True


@dataclass(frozen=True)
class DeclaredResponse:
    """A response of a handler.

    :param model: The type of the body, or of each element of a stream; ``None`` for a response without a body, and
        ``Any`` for a body that is not checked.
    :param adapter: ``None`` for a response without a body, and for one that is not checked.
    :param media_type: ``application/json``; ``application/jsonl`` and ``text/event-stream`` are streams.
    """

    status: int
    model: Any
    adapter: ModelAdapter | None
    media_type: str = "application/json"


@dataclass(frozen=True)
class Signature:
    """All that a handler declares.

    :param positional: Names of the arguments ``request`` and ``context`` that it takes, as the handler calls them.
    :param inputs: By place, in the order of ``PLACES``.
    :param responses: By status; empty if the return annotation declares nothing.
    :param also: Other types that the return annotation allows. They are sent unchecked.
    :param named_from: Index of the first of the arguments ``positional`` that is passed by its name.
    """

    positional: tuple[str, ...]
    inputs: Mapping[Place, DeclaredInput] = field(default_factory=dict)
    responses: tuple[DeclaredResponse, ...] = ()
    also: tuple[type, ...] = ()
    named_from: int = 2
