"""The routes of a tree as rules of Flask's map: listed by ``flask routes``, and built by ``url_for()``.

Flask matches by them too, so that its own routes keep their places among them.
Which route of the tree answers is decided by the tree, which sees the path as
it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from werkzeug.routing import BaseConverter, Rule, ValidationError
from werkzeug.routing.converters import FloatConverter, IntegerConverter, UUIDConverter

from .._routing.segments import Kind, Segment

# RFC 3986 section 3.3, pchar.
_PCHAR = "!$&'()*+,;=:@~"

# Flask's names of the converters that a tree has by itself.
_NAMED: Mapping[str, type[BaseConverter]] = {"int": IntegerConverter, "float": FloatConverter, "uuid": UUIDConverter}


class RouteEndpoint(str):
    """The endpoint of a route: ``api./blog/[...slug]``.

    Flask takes what precedes the last dot for the blueprint; here it is what
    precedes the pattern, which may have dots of its own.
    """

    __slots__ = ()

    def rpartition(self, separator: str, /) -> tuple[str, str, str]:
        blueprint, found, rest = self.partition("./")
        return (blueprint, ".", f"/{rest}") if separator == "." and found else super().rpartition(separator)


class _Segment(BaseConverter):
    """``[slug]``. A slash in it is written as ``%2F``."""

    def to_url(self, value: Any) -> str:
        return _written(str(value))


class _CatchAll(BaseConverter):
    """``[...slug]``, a list of segments."""

    regex = r"(?s:.+)"
    part_isolating = False
    weight = 200  # as Werkzeug's path

    def to_url(self, value: Any) -> str:
        if isinstance(value, str) or not value:
            raise ValidationError(f"A catch-all takes a list of segments, not {value!r}.")
        return "/".join(_written(str(part)) for part in value)


class _Rest(BaseConverter):
    """All that lies below a prefix. Every other rule comes first."""

    regex = r"(?s:.*)"
    part_isolating = False
    weight = 1_000_000


def _written(text: str) -> str:
    if text in {"", ".", ".."}:
        raise ValidationError(f"{text!r} cannot stand in a path.")
    return quote(text, safe=_PCHAR)


class RouteRule(Rule):
    """A rule of Flask's map that stands for a route.

    :param converters: By the name of the variable; names that no rule can have are spelled otherwise there.
    :param names: The names of the route's parameters by those of the variables.
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
        """Values by the names that Werkzeug can use. A list without segments is as if it were not there."""
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
    """The rules of a route; an optional catch-all has two, with its segments and without.

    :param prefix: Of the blueprint, without a slash at its end.
    :param custom: The application's converters.
    :param options: As ``werkzeug.routing.Rule`` takes them.
    """
    parts: list[str] = []
    converters: dict[str, type[BaseConverter]] = {}
    names: dict[str, str] = {}
    for segment in segments:
        if segment.kind is Kind.STATIC:
            if "<" in segment.name:  # nothing that a rule can spell; the rest below the prefix has it
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
    """A parameter as Flask's users would write it, and its converter."""
    if segment.kind is Kind.CONVERTED:
        name = segment.converter or ""
        return f"<{name}:{variable}>", custom.get(name) or _NAMED[name]
    if segment.kind is Kind.DYNAMIC:
        return f"<{variable}>", _Segment
    return f"<path:{variable}>", _CatchAll


def make_rest_rules(prefix: str, **options: Any) -> list[RouteRule]:
    """What lies below a prefix and has no other rule."""
    rest = RouteRule(f"{prefix}/<path:rest>", {"rest": _Rest}, {}, **options)
    return [rest, RouteRule(prefix or "/", {}, {}, **options)]
