"""The error files of a folder as values: ``error.py``, ``not_found.py``, ``unprocessable.py`` and so on.

https://nextjs.org/docs/app/api-reference/file-conventions/error
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The status that each file answers.
STATUSES = {"not_found": 404, "forbidden": 403, "unauthorized": 401, "unprocessable": 422}

FAILURE_FILES = ("error", *STATUSES)


@dataclass(frozen=True)
class ErrorFile:
    """One error file and its function.

    :param function: The function with the name of the file.
    :param argument_count: Number of arguments that it takes: the request and, in ``error.py`` and
        ``unprocessable.py``, the exception.
    """

    file: Path
    function: Callable[..., Any]
    argument_count: int

    def call(self, *arguments: Any) -> Any:
        return self.function(*arguments[: self.argument_count])


@dataclass(frozen=True)
class ErrorFiles:
    """The error files that apply to one folder, the nearest first.

    :param error: Files for unexpected exceptions.
    :param by_status: Files for ``not_found()``, ``forbidden()``, ``unauthorized()`` and invalid inputs, by status.
    """

    error: tuple[ErrorFile, ...] = ()
    by_status: Mapping[int, tuple[ErrorFile, ...]] = field(default_factory=dict)


NO_ERROR_FILES = ErrorFiles()
