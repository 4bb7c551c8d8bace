"""Write and parse JSON for responses and requests."""

from __future__ import annotations

import dataclasses
import decimal
import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import date, time
from enum import Enum
from typing import Any

from ..._hints import shorten
from .current import SCOPE

# Converts a value that JSON lacks, or raises TypeError, as ``default`` of ``json.dumps`` does.
Default = Callable[[Any], Any]

# The result of convert_own() for a value that the application cannot convert.
NOT_CONVERTED = object()


def _default(value: Any) -> Any:
    """Convert a value that JSON lacks. The function of the application comes first, so it can also write dates."""
    own = _default_of_application()
    if own is None:
        return _convert(value)
    try:
        return own(value)
    except TypeError as error:
        try:
            return _convert(value)
        except TypeError as unknown:
            raise unknown from error


def _default_of_application() -> Default | None:
    """Return the function of the application whose request is being answered, if there is one."""
    scope = SCOPE.get(None)
    return None if scope is None else scope.json_default


def _convert(value: Any) -> Any:
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass_instance(value):
        # Not asdict(), which copies all values deeply, and so fails for some of them.
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    to_html = getattr(value, "__html__", None)
    if to_html is not None:
        return str(to_html())
    raise TypeError(
        f"JSON cannot represent {type(value).__name__}: {shorten(value)}. Convert it, or give RouteHandlers a function"
        " for such values as json_encoder."
    )


def is_dataclass_instance(value: object) -> bool:
    """Return whether a value is an instance of a dataclass, and not the class."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def convert_own(value: object) -> Any:
    """Return an object of a class of the user as the application writes it in JSON, or ``NOT_CONVERTED``."""
    own = _default_of_application()
    if own is None or type(value).__module__ == "builtins":
        return NOT_CONVERTED
    try:
        return own(value)
    except TypeError:
        return NOT_CONVERTED


# Compact, in the order of the data, and with UTF-8 instead of escapes.
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_default, allow_nan=False)


def _make_chunks() -> Callable[[Any, int], Iterable[str]] | None:
    """Return the encoder's own function in C, without the set-up that ``encode`` repeats for every document.

    JSONEncoder makes a new C encoder at each call, which takes longer than
    encoding a small document. Interpreters without it return ``None``.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return None
    quote = json.encoder.encode_basestring  # what ensure_ascii=False uses
    chunks: Callable[[Any, int], Iterable[str]] = make(None, _default, quote, None, ":", ",", False, False, False)
    return chunks


_chunks = _make_chunks()


def dumps(data: Any) -> bytes:
    """Return JSON text in UTF-8.

    :raise TypeError: For a type that JSON cannot represent.
    :raise ValueError: For NaN and the infinities, which JSON lacks.
    """
    try:
        text = "".join(_chunks(data, 0)) if _chunks is not None else _encoder.encode(data)
    except RecursionError:
        text = _encoder.encode(data)  # its error names the object that contains itself
    try:
        return text.encode()
    except UnicodeEncodeError:
        # An escape in a request can contain half a surrogate pair. Write it as an escape again, as JavaScript does.
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


# One decoder for all documents: with these parameters, json.loads() would make a new one at each call.
_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode


def loads(body: bytes) -> Any:
    """Parse a body as JSON.

    A BOM is ignored. Names and numbers that are not JSON, such as ``NaN``, are refused.

    :raise ValueError: If the body is not JSON or not UTF-8. The message names the place of the mistake.
    """
    try:
        return _decode(body.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg[0].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        # For a number of more than 4,300 digits Python's message is advice for programmers, not for clients.
        raise ValueError("a number has too many digits" if "digits" in str(error) else str(error)) from None
