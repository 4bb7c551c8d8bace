"""The files that answer for failures below a folder, as values: ``error.py``, ``not_found.py`` and their like.

https://nextjs.org/docs/app/api-reference/file-conventions/error
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Which file answers for which status.
STATUSES = {"not_found": 404, "forbidden": 403, "unauthorized": 401}

FAILURE_FILES = ("error", *STATUSES)


@dataclass(frozen=True)
class ErrorFile:
    """One file, ready to be called.

    :param function: The one that is named like it.
    :param argument_count: How many of the request and, in ``error.py``, the exception it takes.
    """

    file: Path
    function: Callable[..., Any]
    argument_count: int

    def call(self, *arguments: Any) -> Any:
        return self.function(*arguments[: self.argument_count])


@dataclass(frozen=True)
class ErrorFiles:
    """All that answer for one folder, the nearest first.

    :param error: For exceptions that nobody planned.
    :param by_status: For what ``not_found()`` and its like raise.
    """

    error: tuple[ErrorFile, ...] = ()
    by_status: Mapping[int, tuple[ErrorFile, ...]] = field(default_factory=dict)


NO_ERROR_FILES = ErrorFiles()
