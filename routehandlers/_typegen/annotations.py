"""Types of parameters as source code of the generated module."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from werkzeug.routing import BaseConverter
from werkzeug.routing.converters import NumberConverter

from .._routing.converters import BUILT_IN
from .._routing.segments import Kind, Segment
from .names import quoted


@dataclass(frozen=True)
class Annotation:
    """A type as source code.

    :param modules: The modules that it needs.
    """

    text: str
    modules: frozenset[str] = frozenset()


_ANY = Annotation("Any")
_TEXT = Annotation("str")

# href() accepts more than "params" contains: it writes values with str(), and a tuple is a list of segments too.
_WIDER = {
    Kind.DYNAMIC: Annotation("str | int"),
    Kind.CATCH_ALL: Annotation("list[str] | tuple[str, ...]"),
    Kind.OPTIONAL_CATCH_ALL: Annotation("list[str] | tuple[str, ...] | None"),
}


def param_annotation(segment: Segment, converters: Mapping[str, type[BaseConverter]]) -> Annotation:
    """Return the type of a parameter in ``context.params``. For an optional parameter, this is its type if present."""
    if segment.kind is Kind.DYNAMIC:
        return _TEXT
    if segment.kind is Kind.CONVERTED:
        known = {**BUILT_IN, **converters}
        return _converted(known[segment.converter or ""]) if segment.converter in known else _ANY
    return Annotation("list[str]")


def argument_annotation(segment: Segment, converters: Mapping[str, type[BaseConverter]]) -> Annotation:
    """Return the type that ``href()`` accepts for a parameter."""
    return _WIDER.get(segment.kind) or param_annotation(segment, converters)


def _converted(converter: type[BaseConverter]) -> Annotation:
    """Return the type of a converter's values, or ``Any`` if the converter does not declare it."""
    if converter.to_python is BaseConverter.to_python:
        return _TEXT
    # Werkzeug annotates the values of its number converters with Any.
    if issubclass(converter, NumberConverter) and converter.to_python is NumberConverter.to_python:
        return _written(converter.num_convert) or _ANY
    try:
        made = get_type_hints(converter.to_python).get("return", Any)
    except Exception:  # the user's annotations may name types that only checkers import
        return _ANY
    return _written(made) or _ANY


def _written(made: Any) -> Annotation | None:
    """Return a type as source code, or ``None`` if no module can import it."""
    if made is Any:
        return _ANY
    if made is type(None):
        return Annotation("None")
    if made is ...:
        return Annotation("...")
    origin, arguments = get_origin(made), get_args(made)
    if origin is None:
        return _named(made)
    if origin is Literal:
        return _literal(arguments)
    parts = [_written(argument) for argument in arguments]
    if origin in (Union, types.UnionType):
        return _joined(parts, " | ".join)
    outer = _named(origin)
    return _joined([outer, *parts], lambda texts: f"{texts[0]}[{', '.join(texts[1:])}]")


def _joined(parts: Sequence[Annotation | None], join: Callable[[list[str]], str]) -> Annotation | None:
    """Join types into one. Return ``None`` if one of them is ``None``."""
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return Annotation(join([part.text for part in found]), frozenset[str]().union(*(part.modules for part in found)))


def _literal(values: Sequence[Any]) -> Annotation | None:
    if any(type(value) not in (str, bytes, int, bool, type(None)) for value in values):  # a member of an Enum
        return None
    return Annotation(f"Literal[{', '.join(quoted(v) if isinstance(v, str) else repr(v) for v in values)}]")


def _named(made: Any) -> Annotation | None:
    """Return a class or a ``NewType`` by its name, or ``None`` if another module cannot import it."""
    if not isinstance(made, (type, NewType)):
        return None
    name: str = getattr(made, "__qualname__", "")
    module = _public_home(made.__module__, name, made)
    if module is None:
        return None
    return Annotation(name) if module == "builtins" else Annotation(f"{module}.{name}", frozenset({module}))


def _public_home(module: str, name: str, made: Any) -> str | None:
    """Return the module to import from: the package, if it exports the name from its private module."""
    if module == "__main__" or not _holds(module, name, made):
        return None
    package, _, last = module.rpartition(".")
    return package if last.startswith("_") and _holds(package, name, made) else module


def _holds(module: str, name: str, made: Any) -> bool:
    try:
        return attrgetter(name)(sys.modules[module]) is made
    except (KeyError, AttributeError):  # made in a function, or its module is gone
        return False


def importable_place(converter: type[BaseConverter]) -> str | None:
    """Return the place of a converter as ``"module:name"``, or ``None`` if it cannot be imported."""
    home = _public_home(converter.__module__, converter.__qualname__, converter)
    return f"{home}:{converter.__qualname__}" if home is not None else None
