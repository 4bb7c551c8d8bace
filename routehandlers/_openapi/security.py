"""Guards: a ``middleware.py`` with ``security`` says which credentials the routes below it need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._patterns.regex import Budget
from .._routing.segments import CATCH_ALLS
from .._routing.spelling import to_matching
from .._runtime.around.matcher import Matcher
from .._runtime.around.middleware import Middleware
from .._start.folder_files import FolderFunction
from .._start.loader import line_of
from ..exceptions import InvalidRouteModuleError
from .paths import TemplatedPath

# The kinds of security schemes, with what each needs: https://spec.openapis.org/oas/v3.1.1#security-scheme-object
_NEEDED = {
    "apiKey": ("name", "in"),
    "http": ("scheme",),
    "mutualTLS": (),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
}

_EXAMPLE = 'security = {"bearer": {"type": "http", "scheme": "bearer"}}'

# Text for each converter that a path of the route could have; "x" for all others.
_SAMPLES = {"int": "1", "float": "1.5", "uuid": "00000000-0000-4000-8000-000000000000"}


@dataclass(frozen=True)
class Guard:
    """A middleware that asks for credentials.

    :param matcher: Selects the paths that it runs for; ``None`` for all below its folder.
    :param schemes: The security schemes by name. One of them is enough.
    """

    file: Path
    folders: tuple[str, ...]
    matcher: Matcher | None
    schemes: Mapping[str, Mapping[str, Any]]

    def covers(self, folders: tuple[str, ...], path: TemplatedPath) -> bool:
        """Return whether it runs for requests of a route.

        :param folders: The folders of the route.
        """
        if folders[: len(self.folders)] != self.folders:
            return False
        return self.matcher is None or any(self.matcher.match_path(text, Budget()) for text in _samples(path))


def _samples(path: TemplatedPath) -> Iterator[str]:
    """Yield paths that a route has, as matching text. A catch-all may have one segment or more."""
    parts = [_SAMPLES.get(part.converter or "", "x") if part.is_parameter else part.name for part in path.segments]
    yield to_matching(parts)
    if path.segments and path.segments[-1].kind in CATCH_ALLS:
        yield to_matching([*parts, "x"])


def read_guards(
    functions: Iterable[FolderFunction], middleware: Iterable[Middleware]
) -> tuple[list[Guard], list[InvalidRouteModuleError]]:
    """Return the guards of an application, outermost first, and the mistakes in their ``security``."""
    guards: list[Guard] = []
    problems: list[InvalidRouteModuleError] = []
    matchers = {one.file: one.matcher for one in middleware}
    for function in functions:
        file = function.folder_file.file
        if function.name not in {"middleware", "proxy"} or "security" not in vars(function.module):
            continue
        schemes = vars(function.module)["security"]
        guard = Guard(file, function.folder_file.folders, matchers.get(file), schemes)
        mistakes = [*scheme_mistakes("security", schemes, _EXAMPLE)] or [*_contradictions(guard, guards)]
        if guard.matcher is not None and not guard.matcher.decides_by_path:
            mistakes.append(
                "security describes routes, but the matcher of this middleware has conditions (has, missing) that"
                " depend on the request. Give it sources only, or remove security."
            )
        line = line_of(function.module, "security")
        problems += [InvalidRouteModuleError(file, mistake, line) for mistake in mistakes]
        if not mistakes:
            guards.append(guard)
    return guards, problems


def scheme_mistakes(what: str, schemes: Any, example: str) -> Iterator[str]:
    """Find what is wrong with security schemes by name."""
    if not isinstance(schemes, Mapping) or not schemes:
        yield f"{what} names no scheme: it is {schemes!r}. Write {example}."
        return
    for name, scheme in schemes.items():
        if not isinstance(scheme, Mapping) or scheme.get("type") not in _NEEDED:
            kinds = ", ".join(map(repr, _NEEDED))
            yield f"{what}: {name!r} is {scheme!r}. Give a dict whose 'type' is one of {kinds}: {example}."
            continue
        missing = [key for key in _NEEDED[scheme["type"]] if key not in scheme]
        if missing:
            yield f"{what}: {name!r} has no {missing[0]!r}, which the type {scheme['type']!r} needs."


def _contradictions(guard: Guard, others: Iterable[Guard]) -> Iterator[str]:
    for other in others:
        for name, scheme in guard.schemes.items():
            if other.schemes.get(name, scheme) != scheme:
                yield f"security: {name!r} is another scheme in {other.file}. Rename one of them."


def requirements(guards: Sequence[Guard]) -> list[dict[str, list[str]]]:
    """Return what a request needs to pass all of these guards: one of the schemes of each."""
    needed: list[dict[str, list[str]]] = [{}]
    for guard in guards:
        needed = [{**before, name: []} for before in needed for name in guard.schemes]
    return [one for index, one in enumerate(needed) if one and one not in needed[:index]]
