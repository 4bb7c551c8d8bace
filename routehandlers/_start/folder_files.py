"""Import and check the files that apply to a whole folder: ``middleware.py``, ``error.py`` and similar files."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .._routing.tree import FolderFile
from ..exceptions import InvalidRouteModuleError, RouteHandlersError
from .arguments import argument_count, is_async
from .loader import ModuleLoader, is_own, line_of


@dataclass(frozen=True)
class Expected:
    """A function that a file should define.

    :param parameters: The arguments of a call. A function with fewer parameters gets the first ones.
    :param is_required: Whether the file is invalid without the function.
    """

    name: str
    parameters: tuple[str, ...]
    is_required: bool = True

    @property
    def example(self) -> str:
        return f"def {self.name}({', '.join(self.parameters)}):"


EXPECTED = {
    "middleware": (Expected("middleware", ("request", "context")),),
    "proxy": (Expected("proxy", ("request", "context")),),
    "error": (Expected("error", ("request", "exception")),),
    "not_found": (Expected("not_found", ("request",)),),
    "forbidden": (Expected("forbidden", ("request",)),),
    "unauthorized": (Expected("unauthorized", ("request",)),),
    "unprocessable": (Expected("unprocessable", ("request", "error")),),
    "instrumentation": (
        Expected("register", (), is_required=False),
        Expected("on_request_error", ("error", "request", "context"), is_required=False),
    ),
}


@dataclass(frozen=True)
class FolderFunction:
    """A function of a folder file.

    :param argument_count: Number of arguments that it takes.
    """

    folder_file: FolderFile
    module: ModuleType
    name: str
    function: Callable[..., Any]
    argument_count: int


def load_folder_files(
    loader: ModuleLoader, files: Iterable[FolderFile]
) -> tuple[list[FolderFunction], list[RouteHandlersError]]:
    """Import and check the files. Go on after a mistake, to report all of them."""
    functions: list[FolderFunction] = []
    problems: list[RouteHandlersError] = []
    for folder_file in files:
        module = loader.import_file(folder_file.file, folder_file.folders)
        if not isinstance(module, ModuleType):
            problems.append(module)
            continue
        mistakes = list(_find_mistakes(folder_file, module))
        if mistakes:
            problems += mistakes
            continue
        for expected in EXPECTED[folder_file.name]:
            function = vars(module).get(expected.name)
            if function is not None:
                count = argument_count(function, expected.parameters)
                assert count is not None, "_find_mistakes() has checked the parameters"
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
            f"It does not export a function {' or '.join(repr(function.name) for function in expected)}."
            f"{_hint(module)} Write {examples}, or give the file another name.",
        )
    for function in known:
        mistake = _function_mistake(function, names[function.name])
        if mistake is not None:
            yield InvalidRouteModuleError(folder_file.file, mistake, line_of(module, function.name))


def _hint(module: ModuleType) -> str:
    own = [name for name, value in vars(module).items() if callable(value) and is_own(module, value)]
    return f" The library ignores its function {own[0]!r}." if own else ""


def _function_mistake(expected: Expected, function: object) -> str | None:
    name = expected.name
    if not callable(function) or inspect.isclass(function):
        return f"{name} is {function!r}. Write a function: '{expected.example}'."
    if is_async(function):
        return (
            f"{name} is asynchronous, and this library is not. Write '{expected.example}' and call blocking functions."
        )
    if argument_count(function, expected.parameters) is None:
        given = ", ".join(expected.parameters) or "nothing"
        return f"{name} has the wrong parameters: it is called with {given}. Write '{expected.example}'."
    return None
