"""Build a path from a pattern and the values of its parameters, the reverse of ``.segment_tree``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

from werkzeug.routing import BaseConverter, Map

from .._http.values.encoding import PCHAR
from ..exceptions import UnknownRouteError
from .converters import REFUSED
from .segments import Kind, Segment


class PathBuilder:
    """Builds paths of routes.

    :param converters: By name, with the weight of their kind, as ``guarded`` returns them.
    """

    def __init__(self, converters: Mapping[str, type[BaseConverter]]) -> None:
        self._converters = converters
        # Converters need a map, but no rules in it.
        self._map = Map(converters=converters)

    def make_converter(self, name: str) -> BaseConverter:
        """Make a converter as a rule does."""
        return self._converters[name](self._map)

    def build(self, pattern: str, segments: Sequence[Segment], values: Mapping[str, Any]) -> str:
        """Build the percent-encoded path of a route.

        :param pattern: For messages.
        :raise UnknownRouteError: If a parameter is missing, unknown, or not possible in a path.
        """
        names = [segment.name for segment in segments if segment.is_parameter]
        if unknown := sorted(set(values) - set(names)):
            raise UnknownRouteError(
                f"{pattern!r} has no parameter {unknown[0]!r}. Its parameters: {', '.join(names) or 'none'}."
            )
        parts = [part for segment in segments for part in self._build_segment(pattern, segment, values)]
        return "/" + "/".join(parts)

    def _build_segment(self, pattern: str, segment: Segment, values: Mapping[str, Any]) -> list[str]:
        if segment.kind is Kind.STATIC:
            return [quote(segment.name, safe=PCHAR)]
        value = values.get(segment.name)
        if segment.kind is Kind.OPTIONAL_CATCH_ALL and not value:
            return []
        if value is None:
            raise UnknownRouteError(f"{pattern!r} needs a value for {segment.name!r}.")
        if segment.kind in (Kind.DYNAMIC, Kind.CONVERTED):
            return [self._build_value(pattern, segment, value)]
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) or not value:
            raise UnknownRouteError(f"{segment.name!r} of {pattern!r} takes a list of segments, not {value!r}.")
        return [self._build_value(pattern, segment, part) for part in value]

    def _build_value(self, pattern: str, segment: Segment, value: Any) -> str:
        text = str(value)
        if segment.converter is not None:
            text = self._convert(pattern, segment, value)
        if text in {"", ".", ".."} or "\0" in text:
            raise UnknownRouteError(f"{segment.name!r} of {pattern!r} cannot be {value!r} in a path.")
        if segment.converter is not None:
            return text
        try:
            return quote(text, safe=PCHAR)
        except UnicodeEncodeError:
            raise UnknownRouteError(
                f"{segment.name!r} of {pattern!r} cannot be {value!r}: it is not valid UTF-8."
            ) from None

    def _convert(self, pattern: str, segment: Segment, value: Any) -> str:
        """Return a value as its converter writes it in a URL. The converter must be able to read it back."""
        converter = self.make_converter(segment.converter or "")
        made, is_read = "", False
        try:
            made = converter.to_url(value)
            read = unquote(made)
            is_read = bool(re.fullmatch(converter.regex, read)) and converter.to_python(read) is not REFUSED
        except (ValueError, TypeError):
            pass  # is_read stays False
        if not is_read:
            raise UnknownRouteError(f"{segment.folder!r} of {pattern!r} does not accept {value!r}.")
        return made.replace("/", "%2F")


def public_path(path: str, base_path: str, query: Mapping[str, Any] | None, *, trailing_slash: bool) -> str:
    """Return a path as clients see it: below the base path, and with a slash at the end if the setting requires it.

    :param query: Parameters of the query; a value may be a list.
    """
    has_slash = trailing_slash and not path.startswith("/.well-known/") and "." not in path.rpartition("/")[2]
    if has_slash and path != "/":
        path += "/"
    if base_path:
        path = base_path + ("" if path == "/" and not trailing_slash else path)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
