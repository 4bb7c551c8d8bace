"""Make Werkzeug rules of routes, for ``app.url_map`` and for the map of a Flask application.

Users and tools read these rules. They have the user's names of parameters and converters. Requests are matched by
``.segment_tree``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.routing import BaseConverter, Map, Rule, ValidationError

from .._http.values.encoding import PCHAR
from .converters import BUILT_IN
from .segments import PRECEDENCE, Kind, Segment

if TYPE_CHECKING:
    from .tree import RouteFile


class _Segment(BaseConverter):
    """``[slug]``. A slash in its value is written as ``%2F``."""

    def to_url(self, value: Any) -> str:
        return _written(str(value))


class _CatchAll(BaseConverter):
    """``[...slug]``, a list of segments."""

    regex = r"(?s:.+)"
    part_isolating = False
    weight = 200  # that of Werkzeug's PathConverter

    def to_python(self, value: str) -> list[str]:
        return value.split("/")

    def to_url(self, value: Any) -> str:
        if isinstance(value, str) or not value:
            raise ValidationError(f"A catch-all takes a list of segments, not {value!r}.")
        return "/".join(_written(str(part)) for part in value)


def _written(text: str) -> str:
    if text in {"", ".", ".."}:
        raise ValidationError(f"A segment of a path cannot be {text!r}.")
    return quote(text, safe=PCHAR)


class RouteRule(Rule):
    """A rule that represents a route.

    :param converters: By the name of the variable. Names that a rule cannot contain are changed for it.
    :param names: The names of the route's parameters, by the names of the variables.
    """

    def __init__(
        self,
        string: str,
        converters: Mapping[str, type[BaseConverter]],
        names: Mapping[str, str],
        **options: Any,
    ) -> None:
        super().__init__(string, **options)
        self._own = converters
        self._names = names

    def get_empty_kwargs(self) -> Mapping[str, Any]:
        return {**super().get_empty_kwargs(), "converters": self._own, "names": self._names}

    def get_converter(
        self, variable_name: str, converter_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> BaseConverter:
        own = self._own.get(variable_name)
        return super().get_converter(variable_name, converter_name, args, kwargs) if own is None else own(self.map)

    def _variables(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by the names of the rule's variables, without empty lists."""
        renamed = {name: variable for variable, name in self._names.items()}
        return {
            renamed.get(name, name): value
            for name, value in values.items()
            if name not in renamed or value not in ([], ())
        }

    def suitable_for(self, values: Mapping[str, Any], method: str | None = None) -> bool:
        return super().suitable_for(self._variables(values), method)

    def build(self, values: Mapping[str, Any], append_unknown: bool = True) -> tuple[str, str] | None:
        return super().build(self._variables(values), append_unknown)


def make_rules(
    prefix: str, segments: Sequence[Segment], custom: Mapping[str, type[BaseConverter]], **options: Any
) -> list[RouteRule]:
    """Make the rules of a route. An optional catch-all has two, with its segments and without.

    :param prefix: The path before the route, without a slash at its end.
    :param custom: The application's converters.
    :param options: As ``werkzeug.routing.Rule`` takes them.
    """
    parts: list[str] = []
    converters: dict[str, type[BaseConverter]] = {}
    names: dict[str, str] = {}
    for segment in segments:
        if segment.kind is Kind.STATIC:
            if "<" in segment.name:  # a rule cannot contain it; the catch-all rule of the prefix matches it
                return []
            parts.append(segment.name)
            continue
        variable = _variable(segment.name, names)
        names[variable] = segment.name
        text, converters[variable] = _spelled(segment, variable, custom)
        parts.append(text)
    paths = [parts]
    if segments and segments[-1].kind is Kind.OPTIONAL_CATCH_ALL:
        paths.append(parts[:-1])
    return [RouteRule("/".join([prefix, *path]) or "/", converters, names, **options) for path in paths]


def _variable(name: str, taken: Mapping[str, str]) -> str:
    variable = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    variable = variable if variable[:1].isalpha() or variable[:1] == "_" else f"_{variable}"
    while variable in taken:
        variable += "_"
    return variable


def _spelled(
    segment: Segment, variable: str, custom: Mapping[str, type[BaseConverter]]
) -> tuple[str, type[BaseConverter]]:
    """Return a parameter as users of Werkzeug and Flask would write it, and its converter."""
    if segment.kind is Kind.CONVERTED:
        name = segment.converter or ""
        return f"<{name}:{variable}>", custom.get(name) or BUILT_IN[name]
    if segment.kind is Kind.DYNAMIC:
        return f"<{variable}>", _Segment
    return f"<path:{variable}>", _CatchAll


def make_url_map(routes: Iterable[RouteFile], custom: Mapping[str, type[BaseConverter]], prefix: str) -> Map:
    """Make a map of all routes. The endpoint of each rule is the pattern of its route.

    Routes with ``<`` in a folder name are left out, since a rule cannot contain it.

    :param custom: The application's converters.
    :param prefix: The path before every route, without a slash at its end.
    """
    # Werkzeug tries rules of equal weight in the order in which they were added.
    in_order = sorted(routes, key=lambda route: [_precedence(segment) for segment in route.segments])
    return Map(
        [rule for route in in_order for rule in make_rules(prefix, route.segments, custom, endpoint=route.pattern)],
        strict_slashes=False,
        merge_slashes=False,
        redirect_defaults=False,
    )


def _precedence(segment: Segment) -> tuple[int, str]:
    return PRECEDENCE.index(segment.kind), segment.converter or segment.name
