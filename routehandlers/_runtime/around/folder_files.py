"""Files and settings around the routes: middleware, error files, instrumentation and transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from ..._routing.folders import FolderMap
from ..._start.folder_files import FolderFunction
from ..scope.error_files import NO_ERROR_FILES, STATUSES, ErrorFile, ErrorFiles
from .instrumentation import Instrumentation
from .middleware import Middleware
from .transforms import Transforms


class FolderFiles:
    """The files that were found beside the routes.

    :param functions: Functions of the files that apply to a folder, outer folders first.
    :param folder_map: Finds folders for URLs without a route; ``None`` if no file would answer them.
    """

    def __init__(
        self,
        functions: Iterable[FolderFunction],
        middleware: Sequence[Middleware],
        transforms: Transforms,
        folder_map: FolderMap | None,
    ) -> None:
        self._middleware = middleware
        self._functions = list(functions)
        self.transforms = transforms
        self.folder_map = folder_map
        self.instrumentation = Instrumentation(self.named("register"))

    def named(self, name: str) -> Callable[..., Any] | None:
        """Return a function of ``instrumentation.py``, or ``None`` if it is not defined."""
        found = next((item for item in self._functions if item.name == name), None)
        return None if found is None else lambda *arguments: found.function(*arguments[: found.argument_count])

    @cached_property
    def root_middleware(self) -> Middleware | None:
        """Middleware of the application's own folder, which applies to all paths."""
        return next((middleware for middleware in self._middleware if not middleware.folders), None)

    @property
    def stand_before_all(self) -> bool:
        """Whether middleware or transforms apply to all requests."""
        return self.root_middleware is not None or not self.transforms.is_empty

    def middleware_of(self, folders: tuple[str, ...]) -> tuple[Middleware, ...]:
        """Return the middleware of folders below the root, outermost first."""
        return tuple(
            middleware
            for middleware in self._middleware
            if middleware.folders and folders[: len(middleware.folders)] == middleware.folders
        )

    def error_files_of(self, folders: tuple[str, ...]) -> ErrorFiles:
        """Return the error files that apply to a folder, the nearest first."""
        near = [
            function
            for function in self._functions
            if folders[: len(function.folder_file.folders)] == function.folder_file.folders
        ]
        near.sort(key=lambda function: len(function.folder_file.folders), reverse=True)

        def named(name: str) -> tuple[ErrorFile, ...]:
            return tuple(
                ErrorFile(function.folder_file.file, function.function, function.argument_count)
                for function in near
                if function.name == name
            )

        by_status = {status: files for name, status in STATUSES.items() if (files := named(name))}
        error = named("error")
        return ErrorFiles(error, by_status) if error or by_status else NO_ERROR_FILES
