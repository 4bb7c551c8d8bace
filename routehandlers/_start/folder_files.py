"""The files that speak for a folder, imported and checked: ``middleware.py``, ``error.py`` and their like."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .._routing.tree import FolderFile
from ..exceptions import InvalidRouteModuleError, RouteHandlersError, RouteModuleImportError
from .loader import ModuleLoader, argument_count, is_async, is_own, line_of


@dataclass(frozen=True)
class Expected:
    """A function that a file is to hold.

    :param parameters: What it is given, as many of them as it takes, from the first on.
    :param is_required: Whether the file means nothing without it.
    """

    name: str
    parameters: tuple[str, ...]
    is_required: bool = True

    @property
    def example(self) -> str:
        return f"def {self.name}({', '.join(self.parameters)}):"


EXPECTED = {
    "middleware": (Expected("middleware", ("request", "context")),),
    "error": (Expected("error", ("request", "exception")),),
    "not_found": (Expected("not_found", ("request",)),),
    "forbidden": (Expected("forbidden", ("request",)),),
    "unauthorized": (Expected("unauthorized", ("request",)),),
    "instrumentation": (
        Expected("register", (), is_required=False),
        Expected("on_request_error", ("error", "request", "context"), is_required=False),
    ),
}


@dataclass(frozen=True)
class FolderFunction:
    """One function of such a file.

    :param argument_count: How many of its parameters it takes.
    """

    folder_file: FolderFile
    module: ModuleType
    name: str
    function: Callable[..., Any]
    argument_count: int


def load_folder_files(
    loader: ModuleLoader, files: Iterable[FolderFile]
) -> tuple[list[FolderFunction], list[RouteHandlersError]]:
    """Import and check, and go on after mistakes so that all are known."""
    functions: list[FolderFunction] = []
    problems: list[RouteHandlersError] = []
    for folder_file in files:
        module = loader.import_file(folder_file.file, folder_file.folders)
        if isinstance(module, RouteModuleImportError):
            problems.append(module)
            continue
        mistakes = list(_find_mistakes(folder_file, module))
        if mistakes:
            problems += mistakes
            continue
        for expected in EXPECTED[folder_file.name]:
            function = vars(module).get(expected.name)
            if function is not None:
                count = argument_count(function, most=len(expected.parameters))
                assert count is not None, "it was checked"
                functions.append(FolderFunction(folder_file, module, expected.name, function, count))
    return functions, problems


def _find_mistakes(folder_file: FolderFile, module: ModuleType) -> Iterator[InvalidRouteModuleError]:
    expected = EXPECTED[folder_file.name]
    names: Mapping[str, Any] = vars(module)
    known = [function for function in expected if function.name in names]
    missing = [function for function in expected if function.is_required and function.name not in names]
    if missing or not known:
        examples = " or ".join(f"'{function.example}'" for function in expected)
        yield InvalidRouteModuleError(
            folder_file.file,
            f"It exports no function {' or '.join(repr(function.name) for function in expected)}."
            f"{_hint(module)} Write {examples}, or give the file another name.",
        )
    for function in known:
        mistake = _function_mistake(function, names[function.name])
        if mistake is not None:
            yield InvalidRouteModuleError(folder_file.file, mistake, line_of(module, function.name))


def _hint(module: ModuleType) -> str:
    own = [name for name, value in vars(module).items() if callable(value) and is_own(module, value)]
    return f" It has {own[0]!r}, which is not looked at." if own else ""


def _function_mistake(expected: Expected, function: object) -> str | None:
    name = expected.name
    if not callable(function) or inspect.isclass(function):
        return f"{name} is {function!r}. Write a function: '{expected.example}'."
    if is_async(function):
        return (
            f"{name} is asynchronous, and this library is not. Write '{expected.example}' and call blocking functions."
        )
    if argument_count(function, most=len(expected.parameters)) is None:
        given = ", ".join(expected.parameters) or "nothing"
        return f"{name} takes other parameters than it is given, which are: {given}. Write '{expected.example}'."
    return None
