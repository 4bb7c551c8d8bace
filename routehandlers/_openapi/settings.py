"""Settings of operations and documents, as users write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timezone
from typing import Any

SPEC_VERSIONS = {"3.1": "3.1.1", "3.2": "3.2.0"}
"""The versions of OpenAPI that documents can have, with the exact number that they contain."""

_ATTRIBUTE = "__routehandlers_operation__"


@dataclass(frozen=True)
class OperationSettings:
    """The arguments of ``operation()``. ``None`` leaves a value as the library derives it."""

    operation_id: str | None = None
    tags: tuple[str, ...] | None = None
    responses: Mapping[int | str, Any] | None = None
    examples: Mapping[str, Any] | None = None
    links: Mapping[str, Any] | None = None
    callbacks: Mapping[str, Any] | None = None
    deprecated: bool | date | None = None
    security: Sequence[Mapping[str, Sequence[str]]] | None = None
    hidden: bool | None = None

    @property
    def deprecated_since(self) -> int | None:
        """The time of the header ``Deprecation``, in seconds since 1970; ``None`` if the operation is not deprecated.

        It is 0 if the date is unknown.
        """
        if not self.deprecated:
            return None
        if not isinstance(self.deprecated, date):
            return 0
        moment = self.deprecated
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return int(moment.timestamp())


NO_SETTINGS = OperationSettings()


def attach(function: Any, settings: OperationSettings) -> None:
    """Add settings to a function. Those that it has already stay where the new ones are ``None``."""
    given = {item.name: value for item in fields(settings) if (value := getattr(settings, item.name)) is not None}
    setattr(function, _ATTRIBUTE, replace(settings_of(function), **given))


def settings_of(function: object) -> OperationSettings:
    """Return the settings of a handler, or of the function that it wraps."""
    for inner in wrapped_functions(function):
        found = getattr(inner, _ATTRIBUTE, None)
        if isinstance(found, OperationSettings):
            return found
    return NO_SETTINGS


def wrapped_functions(function: object) -> Iterator[Any]:
    """Yield a callable, then the functions inside of it, which ``functools.wraps`` and ``partial`` name."""
    seen: set[int] = set()
    inner: Any = function
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        wrapped = getattr(inner, "__wrapped__", None)
        inner = wrapped if wrapped is not None else getattr(inner, "func", None)


@dataclass(frozen=True)
class DocumentSettings:
    """The constants of an ``openapi.py``.

    :param change: The function ``openapi(document)``, which makes the last changes.
    """

    info: Mapping[str, Any] = field(default_factory=dict)
    servers: Sequence[Mapping[str, Any]] | None = None
    tags: Sequence[Mapping[str, Any]] | None = None
    external_docs: Mapping[str, Any] | None = None
    security_schemes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spec_version: str = "3.1"
    viewer: str | None = None
    change: Callable[[dict[str, Any]], Any] | None = None


# A title from the name of a folder would differ from machine to machine.
DEFAULT_INFO = {"title": "API", "version": "0.1.0"}
