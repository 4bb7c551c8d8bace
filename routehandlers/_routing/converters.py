"""Converters of Werkzeug for parameters, each with the weight of its kind.

Only these weights decide the precedence, never the order of files on the disk.
A converter that refuses a text returns ``REFUSED``, so that matching can
continue without its route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.routing.converters import FloatConverter, IntegerConverter, UUIDConverter

from .._hints import pass_in_code
from ..exceptions import InvalidConfigError, InvalidTreeError, RouteHandlersError
from .segments import Kind, Segment
from .spelling import restore
from .tree import RouteFile

REFUSED = object()


class _Plain(BaseConverter):
    """``[slug]``: one segment."""

    regex = r"[^/]+"
    part_isolating = True
    weight = 1_000


class _CatchAll(BaseConverter):
    """``[...slug]``: one segment or more. The flag ``s`` lets ``.`` match a newline, which ``%0A`` decodes to."""

    regex = r"(?s:.+)"
    part_isolating = False
    weight = 2_000

    def to_python(self, value: str) -> list[str]:
        return [restore(part) for part in value.split("/")]


class _OptionalCatchAll(_CatchAll):
    """``[[...slug]]``: like ``_CatchAll``, but tried after it."""

    weight = 3_000


class _Integer(IntegerConverter):
    r"""``[id=int]``. It accepts ASCII digits only; ``\d`` would accept the digits of all scripts."""

    regex = r"[0-9]+"


class _Float(FloatConverter):
    """``[price=float]``."""

    regex = r"[0-9]+\.[0-9]+"


BUILT_IN: dict[str, type[BaseConverter]] = {"int": _Integer, "float": _Float, "uuid": UUIDConverter}


def find_unknown_converters(
    routes: Iterable[RouteFile], converters: Mapping[str, type[BaseConverter]]
) -> list[RouteHandlersError]:
    """Return a problem for each file that uses an undefined converter."""
    known = sorted({*BUILT_IN, *converters})
    return [
        InvalidTreeError(
            f"The converter {segment.converter!r} of {segment.folder!r} is not defined:",
            [route.file],
            f"There are: {', '.join(known)}. Is it your own? {pass_in_code('converters')}",
        )
        for route in routes
        for segment in route.segments
        if segment.converter is not None and segment.converter not in known
    ]


def check_converters(converters: Mapping[str, Any]) -> None:
    """Refuse settings that are not Werkzeug converters.

    :raise InvalidConfigError: For the first one. The message contains its name.
    """
    for name, converter in converters.items():
        if not name.isidentifier() or not name.isascii():
            raise InvalidConfigError(f"converters: {name!r} cannot be written after '='. Use a plain identifier.")
        if not (isinstance(converter, type) and issubclass(converter, BaseConverter)):
            raise InvalidConfigError(
                f"converters: {name!r} is {converter!r}. Give a subclass of werkzeug.routing.BaseConverter."
            )


def converter_name(segment: Segment) -> str:
    """Return the name under which ``guarded`` has the converter of a parameter."""
    names = {Kind.DYNAMIC: "_plain", Kind.CATCH_ALL: "_catch_all", Kind.OPTIONAL_CATCH_ALL: "_optional_catch_all"}
    return names.get(segment.kind) or f"c_{segment.converter}"


def guarded(converters: Mapping[str, type[BaseConverter]]) -> dict[str, type[BaseConverter]]:
    """Return all converters by name, with the weight of their kind, which decides the precedence."""
    custom = {**BUILT_IN, **converters}
    # Converters at the same place are tried in Werkzeug's order of weights, then by name.
    ranked = sorted(custom, key=lambda name: (custom[name].weight, name))
    guarded: dict[str, type[BaseConverter]] = {
        "_plain": _Plain,
        "_catch_all": _CatchAll,
        "_optional_catch_all": _OptionalCatchAll,
    }
    for weight, name in enumerate(ranked, start=1):
        guarded[name] = guarded[f"c_{name}"] = _guard(custom[name], weight)
    return guarded


def _guard(converter: type[BaseConverter], rank: int) -> type[BaseConverter]:
    """Make a converter that returns ``REFUSED`` instead of raising, so that matching can continue without its rule."""

    class Guarded(converter):  # type: ignore[misc, valid-type]  # the base is a value
        weight = rank
        # A converter reads one segment. Werkzeug would guess this from a "/" in the regex, as in "[^/]+".
        part_isolating = True

        def to_python(self, value: str) -> Any:
            try:
                return super().to_python(restore(value))
            except (ValidationError, ValueError, OverflowError):
                # int() also raises ValueError for more than 4,300 digits.
                return REFUSED

    Guarded.__name__ = converter.__name__
    return Guarded
