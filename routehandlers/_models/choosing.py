"""Choose the adapter of a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .base import ModelAdapter


def adapter_for(model: Any, extra: Iterable[ModelAdapter] = ()) -> ModelAdapter | None:
    """Return the first adapter that owns a model."""
    return next((adapter for adapter in extra if adapter.owns(model)), None)
