"""Choose the adapter that checks a model.

A library is imported only when a model needs it: importing one takes 26–41 ms.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .base import ModelAdapter
from .parts.annotations import class_of, is_attrs, walk

if TYPE_CHECKING:
    from .msgspec.adapter import MsgspecAdapter

_MSGSPEC = frozenset({"msgspec"})
# msgspec would ignore the limits of annotated_types.
_PYDANTIC = frozenset({"annotated_types", "pydantic", "pydantic_core", "pydantic_extra_types"})


def adapter_for(model: Any, extra_adapters: Iterable[ModelAdapter] = ()) -> ModelAdapter | None:
    """Return the adapter that checks a model, or ``None`` if no library for it is installed.

    The extra adapters come first. What contains a class of a library belongs to it. All else, such as a dataclass or
    ``list[int]``, is checked by msgspec if it is installed and can check it, else by pydantic.

    :param extra_adapters: Those of the setting ``model_adapters``.
    """
    for adapter in extra_adapters:
        if adapter.owns(model):
            return adapter
    parts = list(walk(model))
    if any(_is_of_pydantic(part) for part in parts):
        return _pydantic() if _is_installed("pydantic") else None
    if any(_is_of_msgspec(part) for part in parts):
        return _msgspec() if _is_installed("msgspec") else None
    if _is_installed("msgspec"):
        own = _msgspec()
        if own.can_check(model) or not _is_installed("pydantic"):
            return own
    return _pydantic() if _is_installed("pydantic") else None


def _is_of_pydantic(part: Any) -> bool:
    if hasattr(part, "__pydantic_fields__") or hasattr(part, "__get_pydantic_core_schema__"):
        return True
    return _package(part) in _PYDANTIC


def _is_of_msgspec(part: Any) -> bool:
    return hasattr(class_of(part), "__struct_fields__") or is_attrs(part) or _package(part) in _MSGSPEC


def _package(part: Any) -> str:
    """Return the name of the package of a class, or of the class of an object."""
    cls = part if isinstance(part, type) else type(part)
    return cls.__module__.partition(".")[0]


def _is_installed(library: str) -> bool:
    return library in sys.modules or find_spec(library) is not None


@cache
def _pydantic() -> ModelAdapter:
    from .pydantic.adapter import PydanticAdapter

    return PydanticAdapter()


@cache
def _msgspec() -> MsgspecAdapter:
    from .msgspec.adapter import MsgspecAdapter

    return MsgspecAdapter()
