"""What stands around the routes of an application: middleware, error files, instrumentation and transforms."""

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
    """What was found beside the routes, ready to be asked for.

    :param functions: Of the files that speak for a folder, those of outer folders first.
    :param folder_map: For URLs that no route answers; ``None`` where no file would answer for them.
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
        """A function of ``instrumentation.py``, if it is there."""
        found = next((item for item in self._functions if item.name == name), None)
        return None if found is None else lambda *arguments: found.function(*arguments[: found.argument_count])

    @cached_property
    def root_middleware(self) -> Middleware | None:
        """That of the application's own folder, which every request meets."""
        return next((middleware for middleware in self._middleware if not middleware.folders), None)

    @property
    def stand_before_all(self) -> bool:
        """Whether every request meets something."""
        return self.root_middleware is not None or not self.transforms.is_empty

    def middleware_of(self, folders: tuple[str, ...]) -> tuple[Middleware, ...]:
        """That of the folders below the application's, outermost first."""
        return tuple(
            middleware
            for middleware in self._middleware
            if middleware.folders and folders[: len(middleware.folders)] == middleware.folders
        )

    def error_files_of(self, folders: tuple[str, ...]) -> ErrorFiles:
        """Those that answer for what lies in a folder, the nearest first."""
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
