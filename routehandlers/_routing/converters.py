"""What a parameter matches: Werkzeug's converters, each with the weight of its kind.

Precedence is decided by these weights and by nothing on the disk. A converter
that refuses a value says so by a value, so that matching can go on without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.routing import BaseConverter, ValidationError
from werkzeug.routing.converters import FloatConverter, IntegerConverter, UUIDConverter

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
    """``[...slug]``: one segment or more. ``.`` would stop at a newline, which ``%0A`` can bring."""

    regex = r"(?s:.+)"
    part_isolating = False
    weight = 2_000

    def to_python(self, value: str) -> list[str]:
        return [restore(part) for part in value.split("/")]


class _OptionalCatchAll(_CatchAll):
    """``[[...slug]]``: as ``_CatchAll``, and tried after it."""

    weight = 3_000


class _Integer(IntegerConverter):
    r"""``[id=int]``, in the digits that URLs have: ``\d`` would take those of every script."""

    regex = r"[0-9]+"


class _Float(FloatConverter):
    """``[price=float]``."""

    regex = r"[0-9]+\.[0-9]+"


BUILT_IN: dict[str, type[BaseConverter]] = {"int": _Integer, "float": _Float, "uuid": UUIDConverter}


def find_unknown_converters(
    routes: Iterable[RouteFile], converters: Mapping[str, type[BaseConverter]]
) -> list[RouteHandlersError]:
    """One problem for each file that names a converter nobody defined."""
    known = sorted({*BUILT_IN, *converters})
    return [
        InvalidTreeError(
            f"{segment.folder!r} names a converter {segment.converter!r} that nobody defined:",
            [route.file],
            f"There are: {', '.join(known)}. Add your own with RouteHandlers(…, converters={{…}}).",
        )
        for route in routes
        for segment in route.segments
        if segment.converter is not None and segment.converter not in known
    ]


def check_converters(converters: Mapping[str, Any]) -> None:
    """Refuse settings that are no Werkzeug converters.

    :raise InvalidConfigError: With the name of the first that is not.
    """
    for name, converter in converters.items():
        if not name.isidentifier() or not name.isascii():
            raise InvalidConfigError(f"converters: {name!r} cannot be written after '='. Use a plain identifier.")
        if not (isinstance(converter, type) and issubclass(converter, BaseConverter)):
            raise InvalidConfigError(
                f"converters: {name!r} is {converter!r}. Give a subclass of werkzeug.routing.BaseConverter."
            )


def converter_name(segment: Segment) -> str:
    names = {Kind.DYNAMIC: "_plain", Kind.CATCH_ALL: "_catch_all", Kind.OPTIONAL_CATCH_ALL: "_optional_catch_all"}
    return names.get(segment.kind) or f"c_{segment.converter}"


def guarded(converters: Mapping[str, type[BaseConverter]]) -> dict[str, type[BaseConverter]]:
    """Every converter with the weight of its kind, so that precedence is ours and not the disk's."""
    custom = {**BUILT_IN, **converters}
    # Several converters at one place keep Werkzeug's order among themselves, then the alphabet's.
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
    """A converter that says no by a value, so that matching can go on without its rule."""

    class Guarded(converter):  # type: ignore[misc, valid-type]  # the base is a value
        weight = rank
        # A converter sees one segment. Werkzeug guesses from a "/" in the regex, as in "[^/]+".
        part_isolating = True

        def to_python(self, value: str) -> Any:
            try:
                return super().to_python(restore(value))
            except (ValidationError, ValueError, OverflowError):
                # ValueError is also what int() says of more than 4,300 digits.
                return REFUSED

    Guarded.__name__ = converter.__name__
    return Guarded
