"""Check at start what the module of a generated metadata file exports."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from types import ModuleType

from .._hints import snake_case
from .._routing.metadata_files import MetadataFile
from .._routing.tree import RouteFile
from .._start.arguments import is_async, named_arguments
from .._start.loader import is_own, line_of
from .._start.segment_config import METHODS, find_mistakes
from ..exceptions import InvalidRouteModuleError

IMAGES = frozenset({"icon", "apple_icon", "opengraph_image", "twitter_image"})

# The functions that list ids, and the parameters that each may take.
_IMAGE_LISTER, _SITEMAP_LISTER = "generate_image_metadata", "generate_sitemaps"
_OFFERED = {_IMAGE_LISTER: ("params",), _SITEMAP_LISTER: ()}


def lister_of(kind: str) -> str | None:
    """Return the name of the function that lists the ids of a kind, or ``None`` if the kind has no ids."""
    return _IMAGE_LISTER if kind in IMAGES else _SITEMAP_LISTER if kind == "sitemap" else None


def find_generated_mistakes(
    route: RouteFile, metadata: MetadataFile, module: ModuleType
) -> Iterator[InvalidRouteModuleError]:
    """Find every mistake in the exports of a module."""
    for name, message in _mistakes(metadata.kind, route.file.name, module):
        yield InvalidRouteModuleError(route.file, message, line_of(module, name))


def _mistakes(kind: str, file: str, module: ModuleType) -> Iterator[tuple[str, str]]:
    names = vars(module)
    own = {name: value for name, value in names.items() if is_own(module, value)}
    # Metadata files have no GET, so a helper called "get" is not a typing mistake here.
    yield from find_mistakes(names, {name: value for name, value in own.items() if name.upper() not in METHODS})
    lister = lister_of(kind)
    parameters = ("id", "params") if kind in IMAGES else ("id",) if lister in names else ()
    yield from _function_mistakes(kind, names.get(kind), parameters, {"id", "params"})
    for other, offered in _OFFERED.items():
        if other in names and other != lister:
            yield other, f"{other}() has no meaning in {file}. Remove or rename it."
        elif other in names:
            yield from _function_mistakes(other, names[other], offered, offered)
    for name, (is_valid, expected) in _CONSTANTS.items():
        if name in names and not is_valid(names[name]):
            yield name, f"{name} is {names[name]!r}. Give {expected}."
    meanings = {kind, *_CONSTANTS, *([lister] if lister else [])}
    for name in own:
        meant = snake_case(name)
        # "contentType" is Next's spelling. "SIZE" is the user's own constant.
        if name[0].islower() and meant != name and meant in meanings - names.keys():
            yield name, f"It exports {name!r}. Did you mean {meant!r}?"


def _function_mistakes(
    name: str, function: object, parameters: Collection[str], offered: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Find what prevents the library from calling a function.

    :param parameters: The parameters in the example of the message.
    :param offered: The parameters that the function may take.
    """
    example = f"'def {name}({', '.join(parameters)}):'"
    if not callable(function) or inspect.isclass(function):
        yield name, f"It does not export a function {name!r}. Write {example}."
    elif is_async(function):
        yield name, f"{name} is asynchronous, and this library is not. Write {example} and call blocking functions."
    elif named_arguments(function, offered) is None:
        yield name, f"{name} has the wrong parameters. Write {example}; you can leave out parameters."


def _is_size(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"width", "height"}
        and all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in value.values())
    )


_CONSTANTS: dict[str, tuple[Callable[[object], bool], str]] = {
    "size": (_is_size, "a width and a height in pixels: {'width': 1200, 'height': 630}"),
    "content_type": (lambda value: isinstance(value, str) and "/" in value, "a type such as 'image/png'"),
    "alt": (lambda value: isinstance(value, str), "a text"),
}
