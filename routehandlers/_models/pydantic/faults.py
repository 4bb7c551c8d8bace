"""Faults from pydantic's exceptions, without the values that were sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..base import Fault
from ..parts.pointers import MOST_FAULTS, resolve, sentence

# Above this number, making the list takes longer than reading the data.
_MOST_ERRORS = 10_000

# Messages that contain a part of the value.
_WITHOUT_VALUE: Mapping[str, Callable[[ErrorDetails], str]] = {
    "union_tag_invalid": lambda error: f"Input should have one of the tags {error.get('ctx', {}).get('expected_tags')}",
    "uuid_parsing": lambda _: "Input should be a valid UUID",
    "bytes_invalid_encoding": lambda _: "Input should be valid text of its encoding",
    "json_invalid": lambda error: f"Invalid JSON: {error.get('ctx', {}).get('error')}",
    "dataclass_type": lambda _: "Input should be an object",
    "dataclass_exact_type": lambda _: "Input should be an object",
    "model_type": lambda _: "Input should be an object",
    "model_attributes_type": lambda _: "Input should be an object",
    "recursion_loop": lambda _: "Input is nested too deeply",
}

_PREFIXES = ("Value error, ", "Assertion failed, ")


def faults_of(error: Exception, data: Any) -> list[Fault]:
    """Return all that is wrong with data, once each."""
    assert isinstance(error, ValidationError)
    number = error.error_count()
    if number > _MOST_ERRORS:
        return [Fault(f"{number} values are invalid.")]
    errors = error.errors(include_url=False, include_input=False)
    # Alternatives of a union may say the same of the same value.
    faults = dict.fromkeys(_fault(item, data) for item in errors)
    return list(faults)[:MOST_FAULTS]


def _fault(error: ErrorDetails, data: Any) -> Fault:
    kind = error["type"]
    text = _WITHOUT_VALUE[kind](error) if kind in _WITHOUT_VALUE else error["msg"]
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    if text.startswith("value is not a valid email address"):
        text = "value is not a valid email address"  # the rest quotes the address
    return Fault(sentence(text), resolve(error["loc"], data, is_missing=kind == "missing"))
