"""Paths of the document: templates of routes, and the parameters in them.

Two templates that differ only in the names of their parameters are one path to OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.routing import BaseConverter
from werkzeug.routing.converters import FloatConverter, IntegerConverter, UUIDConverter

from .._http.values.encoding import PCHAR
from .._routing.building import public_path
from .._routing.converters import converter_name, guarded
from .._routing.segments import CATCH_ALLS, PRECEDENCE, Kind, Segment

# The schemas of the built-in converters, and of their subclasses. Negative numbers match none of them.
_SCHEMAS: tuple[tuple[type[BaseConverter], dict[str, Any]], ...] = (
    (IntegerConverter, {"type": "integer", "minimum": 0}),
    (FloatConverter, {"type": "number", "minimum": 0}),
    (UUIDConverter, {"type": "string", "format": "uuid"}),
)
_BUILT_IN: dict[str, type[BaseConverter]] = {"int": IntegerConverter, "float": FloatConverter, "uuid": UUIDConverter}

# Syntax of Python that the regular expressions of JSON schemas (ECMA-262) do not have.
_ONLY_PYTHON = re.compile(r"\(\?[^:=!<]|\(\?<[^=!]|\\[AZ]|[*+?}]\+")

_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True)
class TemplatedPath:
    """A path of the document.

    :param text: Such as ``/items/{slug}``.
    :param segments: The segments in it. Those of an optional catch-all lack it in one of its two paths.
    :param is_bare: Whether it is the path of an optional catch-all without a value.
    """

    text: str
    segments: tuple[Segment, ...]
    is_bare: bool = False

    @property
    def shape(self) -> str:
        """The text without the names of its parameters. OpenAPI allows each shape once."""
        return re.sub(r"\{[^}]*\}", "{}", self.text)

    @property
    def parameters(self) -> tuple[Segment, ...]:
        """The segments with a value."""
        return tuple(segment for segment in self.segments if segment.is_parameter)


def templated_paths(segments: tuple[Segment, ...], *, trailing_slash: bool = False) -> list[TemplatedPath]:
    """Return the paths of a route: one, or two for an optional catch-all."""
    both = [TemplatedPath(_template(segments, trailing_slash=trailing_slash), segments)]
    if segments and segments[-1].kind is Kind.OPTIONAL_CATCH_ALL:
        bare = segments[:-1]
        both.insert(0, TemplatedPath(_template(bare, trailing_slash=trailing_slash), bare, is_bare=True))
    return both


def _template(segments: Iterable[Segment], *, trailing_slash: bool) -> str:
    parts = [
        f"{{{template_name(segment)}}}" if segment.is_parameter else quote(segment.name, safe=PCHAR)
        for segment in segments
    ]
    return public_path(f"/{'/'.join(parts)}", "", None, trailing_slash=trailing_slash)


def template_name(segment: Segment) -> str:
    """Return the name of a parameter in the document. Braces would end its template."""
    return _BRACES.sub("_", segment.name)


class Precedence:
    """The order in which routes at one place are tried.

    :param converters: The application's converters.
    """

    def __init__(self, converters: Mapping[str, type[BaseConverter]]) -> None:
        self._weights = {name: converter.weight for name, converter in guarded(converters).items()}

    def __call__(self, path: TemplatedPath) -> list[tuple[int, int, str]]:
        """Return the key of a path, to sort with: static segments come first, and optional catch-alls last."""
        key = [
            (PRECEDENCE.index(segment.kind), self._weights[converter_name(segment)], "")
            if segment.is_parameter
            else (0, 0, segment.name)
            for segment in path.segments
        ]
        # The path without the value of an optional catch-all is tried after a route.py in the parent folder.
        return [*key, (len(PRECEDENCE), 0, "")] if path.is_bare else key


def path_parameter(segment: Segment, converters: Mapping[str, type[BaseConverter]]) -> dict[str, Any]:
    """Return the parameter of a segment. The value of a catch-all is one string, with its slashes."""
    schema = converter_schema(segment.converter, converters) if segment.converter else {"type": "string"}
    parameter = {"name": template_name(segment), "in": "path", "required": True, "schema": schema}
    return {**parameter, "x-multiSegment": True} if segment.kind in CATCH_ALLS else parameter


def converter_schema(name: str, converters: Mapping[str, type[BaseConverter]]) -> dict[str, Any]:
    """Return the schema of the texts that a converter accepts.

    A class can name it itself, in an attribute ``openapi``. Otherwise it is that of the built-in converter that the
    class derives from, or a string with the regular expression of the class.
    """
    converter = converters.get(name) or _BUILT_IN[name]
    own = getattr(converter, "openapi", None)
    if isinstance(own, Mapping):
        return dict(own)
    for known, schema in _SCHEMAS:
        if issubclass(converter, known):
            return dict(schema)
    regex = converter.regex
    if regex == BaseConverter.regex or _ONLY_PYTHON.search(regex):
        return {"type": "string"}
    return {"type": "string", "pattern": f"^(?:{regex})$"}
