"""Generate the text of the module. The same routes and settings always give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from werkzeug.routing import BaseConverter

from .._routing.segments import Kind
from .._routing.tree import RouteFile
from .annotations import Annotation, argument_annotation, importable_place, param_annotation
from .names import class_names, is_plain, quoted, unused

# Every generated module begins with this text, which identifies it.
MARK = '# Written by "routehandlers typegen"'

# The two mypy codes are disabled on purpose: a TypedDict is not a dict[str, Any], and the overloads of single routes
# overlap with the last one, for all routes. Checkers know typing_extensions even if it is not installed.
_HEAD = f"""\
{MARK} from the folders of the routes: what you change here is lost.
# fmt: off
# isort: skip_file
# ruff: noqa
# mypy: disable-error-code="assignment, overload-overlap"
# pyright: reportMissingModuleSource=false, reportIncompatibleVariableOverride=false
\"\"\"The routes of this application, for type checkers and for href().\"\"\"

from __future__ import annotations
"""

# Names that the generated text may use, by the modules that export them.
_TYPING = ("Any", "Literal", "NoReturn", "TypedDict")
_FOR_CHECKERS = {
    "collections.abc": ("Mapping",),
    "routehandlers": ("RouteContext as _RouteContext",),
    "typing": ("overload",),
    "typing_extensions": ("NotRequired", "TypeVar"),
}

_QUERY = "_query: Mapping[str, Any] | None = None"

# Names that the module defines itself. No other TypedDict may have them.
_TAKEN = ("NoParams",)


@dataclass(frozen=True)
class _Param:
    name: str
    annotation: Annotation
    argument: Annotation
    is_optional: bool


@dataclass(frozen=True)
class _Route:
    pattern: str
    params: tuple[_Param, ...]
    class_name: str = "NoParams"


def generate(
    routes: Iterable[RouteFile],
    converters: Mapping[str, type[BaseConverter]],
    *,
    base_path: str = "",
    trailing_slash: bool = False,
) -> str:
    """Return the text of the module for the routes of an application.

    :param routes: Routes without conflicts, in any order.
    :param converters: The known custom converters. The values of unknown converters are ``Any``.
    """
    routes = sorted(routes, key=lambda route: route.pattern)
    described = _describe(routes, converters)
    names = {segment.converter or "" for route in routes for segment in route.segments}
    parts = [
        _route_alias(described),
        *(_typed_dict(route) for route in described if route.params),
        *([_NO_PARAMS] if any(not route.params for route in described) else []),
        _for_checkers(described),
        _at_run_time(base_path, trailing_slash, {name: converters[name] for name in sorted(names & set(converters))}),
    ]
    text = "\n".join(parts)
    return "\n".join([_HEAD, _imports(text, described), text])


def _describe(routes: Sequence[RouteFile], converters: Mapping[str, type[BaseConverter]]) -> list[_Route]:
    described = [
        (
            route,
            tuple(
                _Param(
                    segment.name,
                    param_annotation(segment, converters),
                    argument_annotation(segment, converters),
                    segment.kind is Kind.OPTIONAL_CATCH_ALL,
                )
                for segment in route.segments
                if segment.is_parameter
            ),
        )
        for route in routes
    ]
    names = iter(class_names((route.segments for route, params in described if params), _TAKEN))
    return [
        _Route(route.pattern, params, next(names)) if params else _Route(route.pattern, ())
        for route, params in described
    ]


def _imports(text: str, routes: Sequence[_Route]) -> str:
    """Return the imports that a text needs, and no others: strict checkers report unused imports."""
    words = set(re.findall(r"\w+", text))
    annotations = [one for route in routes for param in route.params for one in (param.annotation, param.argument)]
    modules = sorted({module for annotation in annotations for module in annotation.modules})
    always = ", ".join(["TYPE_CHECKING", *sorted({"TypeAlias", *(name for name in _TYPING if name in words)})])
    lines = [f"from typing import {always}", "", "if TYPE_CHECKING:", *(f"    import {module}" for module in modules)]
    for module, names in _FOR_CHECKERS.items():
        if used := [name for name in names if name.split()[-1] in words]:
            lines.append(f"    from {module} import {', '.join(used)}")
    return "\n".join([*lines, ""])


def _route_alias(routes: Sequence[_Route]) -> str:
    if not routes:
        return "Route: TypeAlias = NoReturn\n"
    return "\n".join(["Route: TypeAlias = Literal[", *(f"    {quoted(route.pattern)}," for route in routes), "]", ""])


_NO_PARAMS = '''
class NoParams(TypedDict):
    """The params of all routes that have none."""
'''


def _typed_dict(route: _Route) -> str:
    comment = f"\n# {quoted(route.pattern)}"
    fields = {
        param.name: f"NotRequired[{param.annotation.text}]" if param.is_optional else param.annotation.text
        for param in route.params
    }
    if all(map(is_plain, fields)):
        lines = [f"class {route.class_name}(TypedDict):", *(f"    {name}: {text}" for name, text in fields.items())]
    else:
        lines = [
            f"{route.class_name} = TypedDict({quoted(route.class_name)}, {{",
            *(f"    {quoted(name)}: {quoted(text)}," for name, text in fields.items()),
            "})",
        ]
    return "\n".join([comment, *lines, ""])


def _for_checkers(routes: Sequence[_Route]) -> str:
    if not routes:
        return "\n".join(["", "if TYPE_CHECKING:", "    RouteContext = _RouteContext", "", *_href(routes)])
    lines = ["", "if TYPE_CHECKING:", '    _R = TypeVar("_R", bound=Route, default=Route, covariant=True)', ""]
    lines += ["    class _Params:", *_getters(routes), ""]
    lines += ["    class RouteContext(_RouteContext[_R]):", "        params: _Params = _Params()", ""]
    return "\n".join([*lines, *_href(routes)])


def _getters(routes: Sequence[_Route]) -> list[str]:
    """Return overloads of ``__get__``: for each route with params, for the routes without, and for any route."""
    static = [route.pattern for route in routes if not route.params]
    getters = [([route.pattern], route.class_name) for route in routes if route.params]
    getters += [(static, "NoParams")] if static else []
    lines: list[str] = []
    for patterns, name in getters:
        of = _literal(patterns, " " * 8)
        lines += [
            "        @overload",
            f"        def __get__(self, context: RouteContext[{of}], owner: Any, /) -> {name}: ...",
        ]
    lines += [
        "        @overload",
        "        def __get__(self, context: RouteContext[Any], owner: Any, /) -> dict[str, Any]: ...",
        "        def __get__(self, context: Any, owner: Any, /) -> Any: ...",
    ]
    return lines


def _literal(patterns: Sequence[str], indent: str) -> str:
    if len(patterns) == 1:
        return f"Literal[{quoted(patterns[0])}]"
    return "\n".join(["Literal[", *(f"{indent}    {quoted(pattern)}," for pattern in patterns), f"{indent}]"])


def _href(routes: Sequence[_Route]) -> list[str]:
    """Return the overloads of ``href()``: one for all routes with the same arguments.

    Fewer overloads give shorter errors: a checker lists all of them for a wrong call.
    """
    groups: dict[str, list[str]] = {}
    for route in routes:
        groups.setdefault(_arguments(route.params), []).append(route.pattern)
    name = {arguments: unused("pattern", re.findall(r"\w+", arguments)) for arguments in groups}
    signatures = [
        f"    def href({name[arguments]}: {_literal(patterns, '    ')}, /, {arguments}) -> str:"
        for arguments, patterns in groups.items()
    ]
    lines: list[str] = []
    for signature in signatures if len(signatures) > 1 else []:
        lines += ["    @overload", f"{signature} ..."]
    if len(signatures) != 1:
        first = "pattern: Route" if not routes else "pattern: str"
        signatures = [f"    def href({first}, /, **params: Any) -> str:"]
    return [
        *lines,
        *signatures,
        '        """The URL of a route, with the base path and the prefix of the application."""',
        "        ...",
        "",
    ]


def _arguments(params: Sequence[_Param]) -> str:
    plain = [param for param in params if is_plain(param.name) and param.name != "_query"]
    others = [param for param in params if param not in plain]
    parts = [f"{param.name}: {param.argument.text}{' = None' * param.is_optional}" for param in plain]
    if not others:
        return ", ".join(["*", *parts, _QUERY])
    # A dictionary passed with "**" has values of one type and any keys, including "_query".
    values = others[0].argument.text if len(others) == 1 else "Any"
    rest = unused("params", [param.name for param in plain])
    return ", ".join(["*", *parts, "_query: Any = None", f"**{rest}: {values}"])


def _at_run_time(base_path: str, trailing_slash: bool, converters: Mapping[str, type[BaseConverter]]) -> str:
    arguments = ["get_args(Route)"]
    if base_path:
        arguments.append(f"base_path={quoted(base_path)}")
    if trailing_slash:
        arguments.append("trailing_slash=True")
    places = {name: place for name, converter in converters.items() if (place := importable_place(converter))}
    if places:
        items = ", ".join(f"{quoted(name)}: {quoted(place)}" for name, place in places.items())
        arguments.append(f"converters={{{items}}}")
    lines = ["else:", "    from typing import get_args", "", "    from routehandlers import RouteContext"]
    lines += ["    from routehandlers.typed_routes import Href", "", f"    href = Href({', '.join(arguments)})", ""]
    return "\n".join(lines)
