"""The constants with which a route module configures its route, such as ``revalidate = 60``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .._hints import closest
from .._http.request.vary import is_vary
from .arguments import is_async, is_callable_alone

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The names that a handler can have: the methods in Next's manual."""

_FETCH_CACHE = (
    "auto",
    "default-cache",
    "only-cache",
    "force-cache",
    "force-no-store",
    "default-no-store",
    "only-no-store",
)


@dataclass(frozen=True)
class SegmentConfig:
    """The constants of a route, with Next's defaults.

    https://nextjs.org/docs/app/api-reference/file-conventions/route-segment-config

    :param revalidate: Seconds, ``False`` for as long as possible, or ``None`` if the module does not set it.
    :param max_content_length: Maximum body size in bytes, instead of the application's limit.
    :param max_form_memory_size: Maximum bytes of a text field of a multipart form, likewise.
    :param max_form_parts: Maximum number of fields and files of a form, likewise.
    :param vary: Parts of the request that belong to the cache key beside the path.
    :param public: Whether shared caches may store a response to a request with credentials.
    """

    dynamic: Literal["auto", "force-dynamic", "error", "force-static"] = "auto"
    dynamic_params: bool = True
    revalidate: float | Literal[False] | None = None
    fetch_cache: str = "auto"
    runtime: str = "nodejs"
    preferred_region: str | tuple[str, ...] = "auto"
    max_duration: float | None = None
    generate_static_params: Callable[..., Any] | None = None
    max_content_length: int | None = None
    max_form_memory_size: int | None = None
    max_form_parts: int | None = None
    vary: tuple[str, ...] = ()
    public: bool = False

    @property
    def is_cacheable(self) -> bool:
        """Whether the constants turn on the cache for ``GET``."""
        if self.dynamic == "force-dynamic" or (self.revalidate == 0 and self.revalidate is not False):
            return False
        return (
            self.revalidate is not None
            or self.dynamic in {"force-static", "error"}
            or self.generate_static_params is not None
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)


def _is_strings(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _one_of(*values: str) -> tuple[Callable[[object], bool], str]:
    return (lambda value: value in values), "one of " + ", ".join(map(repr, values))


# Each constant with a check of its value, and the text for the message.
_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "dynamic": _one_of("auto", "force-dynamic", "error", "force-static"),
    "dynamic_params": (lambda value: isinstance(value, bool), "True or False"),
    "revalidate": (
        lambda value: value is False or _is_number(value),
        "a number of seconds from 0 on, or False for as long as possible",
    ),
    "fetch_cache": _one_of(*_FETCH_CACHE),
    "runtime": _one_of("nodejs", "edge"),
    "preferred_region": (lambda value: isinstance(value, str) or _is_strings(value), "a region, or a list of regions"),
    "max_duration": (lambda value: _is_number(value) and value != 0, "a number of seconds above 0"),
    "generate_static_params": (callable, "a function that returns a list of params"),
    "max_content_length": (_is_count, "a number of bytes"),
    "max_form_memory_size": (_is_count, "a number of bytes"),
    "max_form_parts": (_is_count, "a number of fields"),
    "vary": (
        lambda value: isinstance(value, (list, tuple)) and all(map(is_vary, value)),
        'a tuple of strings: header names, "search_params:NAME" and "cookie:NAME", such as ("accept-language",)',
    ),
    "public": (lambda value: isinstance(value, bool), "True or False"),
}


def read_config(names: dict[str, Any]) -> SegmentConfig:
    """Read the constants of a module in which ``find_mistakes`` found no mistake."""
    given = {name: names[name] for name in _RULES if name in names}
    for name in ("vary", "preferred_region"):
        if isinstance(given.get(name), list):
            given[name] = tuple(given[name])
    return SegmentConfig(**given)


def find_mistakes(names: dict[str, Any], own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Find the mistakes in the names of a module. Yield each as the name and a message.

    :param names: The module's globals.
    :param own: The globals that the module defines itself, without imported names.
    """
    for name, (is_valid, expected) in _RULES.items():
        if name in names and not is_valid(names[name]):
            yield name, f"{name} is {names[name]!r}. Give {expected}."
    yield from _static_params_mistakes(names.get("generate_static_params"))
    if names.get("dynamic_params") is False and "generate_static_params" not in names:
        yield (
            "dynamic_params",
            "dynamic_params = False allows only the params that generate_static_params() lists, but the file has no"
            " generate_static_params(). Write one, or remove dynamic_params.",
        )
    for name, value in own.items():
        if not name.startswith("_") and (meant := _meant(name, value)) is not None and meant not in names:
            yield name, f"It exports {name!r}. Did you mean {meant!r}?"


def _static_params_mistakes(function: object) -> Iterator[tuple[str, str]]:
    """Find what prevents the library from calling ``generate_static_params()``."""
    name, example = "generate_static_params", "'def generate_static_params():'"
    if not callable(function):
        return  # missing, or reported already
    if isinstance(function, type):
        yield name, f"{name} is {function!r}. Write a function: {example}."
    elif is_async(function):
        yield name, f"{name} is asynchronous, and this library is not. Write {example} and call blocking functions."
    elif not is_callable_alone(function):
        yield (
            name,
            f"{name} has the wrong parameters: it is called with nothing. Write {example}, and list the params of all"
            " folders of the path together.",
        )


def _meant(name: str, value: object) -> str | None:
    """Return the name of the convention that a misspelled name probably means, or ``None``.

    Only another case, Next's spelling and small typing mistakes count. The
    user's own names, such as ``get_items`` and ``POSTS``, are not mistakes.
    """
    if name in METHODS or name in _RULES:
        return None
    if name.upper() in METHODS:
        # "def get" is a mistake. "options = {…}" is the user's own name.
        return name.upper() if callable(value) and not isinstance(value, type) else None
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    if snake in _RULES:
        return snake
    candidates: tuple[str, ...]
    if callable(value):
        candidates = METHODS if name.isupper() else ("generate_static_params",)
    else:
        candidates = tuple(rule for rule in _RULES if len(rule) >= 7)
    return closest(name, candidates, similarity=0.88)
