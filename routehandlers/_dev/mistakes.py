"""Mistakes that keep an application from being loaded, each with its file and line."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .._project.frames import UserFrames
from ..exceptions import (
    AppFolderError,
    InvalidAppError,
    InvalidRouteModuleError,
    InvalidSegmentError,
    InvalidStaticParamsError,
    InvalidTreeError,
    RouteHandlersError,
    RouteModuleImportError,
    UnknownApplicationError,
)

# Lines of code before and after the line of a mistake.
_AROUND = 4


@dataclass(frozen=True)
class Mistake:
    """A mistake of the user.

    :param summary: It in one line.
    :param text: All that is known, without the place: a message, or a traceback.
    :param file: The file or folder, if it is known.
    :param line: The line, counted from 1. The first one stands for the whole file.
    :param columns: First column and the one behind the last, counted from 0, if they are known.
    """

    summary: str
    text: str
    file: Path | None = None
    line: int | None = None
    columns: tuple[int, int] | None = None

    @property
    def place(self) -> str:
        """File and line as editors and terminals open them, or an empty text."""
        if self.file is None:
            return ""
        return f"{self.file}:{self.line}" if self.line is not None else f"{self.file}"

    def code(self) -> list[tuple[int, str]]:
        """Return the lines around the mistake, with their numbers."""
        if self.file is None or self.line is None:
            return []
        linecache.checkcache(str(self.file))
        lines = linecache.getlines(str(self.file))
        first = max(1, self.line - _AROUND)
        return [(first + index, text.rstrip()) for index, text in enumerate(lines[first - 1 : self.line + _AROUND])]

    def caret(self) -> str:
        """Return the line that stands below the line of code and marks the columns, or an empty text."""
        shown = dict(self.code()).get(self.line or 0)
        if self.columns is None or shown is None:
            return ""
        # Tabs stay, so that the mark stands below the code.
        before = "".join("\t" if letter == "\t" else " " for letter in shown[: self.columns[0]].ljust(self.columns[0]))
        return before + "^" * max(1, self.columns[1] - self.columns[0])


def find_mistakes(error: BaseException, frames: UserFrames) -> list[Mistake]:
    """Return the mistakes that an exception while loading tells of."""
    return list(_mistakes(error, frames))


def _mistakes(error: BaseException, frames: UserFrames) -> Iterator[Mistake]:
    match error:
        case InvalidAppError():
            for problem in error.problems:
                yield from _mistakes(problem, frames)
        case RouteModuleImportError():
            yield from _mistakes(error.error, frames)
        case AppFolderError():
            yield _at(error.folder, f"The folder {error.folder} is gone. dev waits until it is there again.")
        case InvalidRouteModuleError():
            yield _at(error.file, error.message, error.line)
        case InvalidStaticParamsError():
            yield _at(error.file, f"generate_static_params() of {error.pattern}: {error.message}")
        case InvalidSegmentError():
            yield _at(error.path, f"{error.folder!r} is not a segment: {error.remedy}")
        case InvalidTreeError():
            yield _at(error.files[0] if error.files else None, str(error))
        case UnknownApplicationError():
            yield _at(None, str(error))
        case RouteHandlersError() if frames.last_own(error) is None:
            yield _setting_mistake(str(error))
        case SyntaxError(filename=str(name), lineno=int(number)) if number and Path(name).is_file():
            yield Mistake(summary_of(error), frames.format(error), Path(name), number, _columns(error))
        case _:
            own = frames.last_own(error)
            place = Path(own.tb_frame.f_code.co_filename) if own is not None else None
            line = own.tb_lineno if own is not None else None
            yield Mistake(summary_of(error), frames.format(error), place, line)


def _at(place: Path | None, message: str, line: int | None = None) -> Mistake:
    if line is None and place is not None and place.is_file():
        line = 1
    return Mistake(message.partition("\n")[0], message, place, line)


def _setting_mistake(message: str) -> Mistake:
    """Return a mistake in the settings, which are in ``.env`` or ``pyproject.toml``, or in the environment.

    Settings that Python code gives are found by the frame of the code.
    """
    words = set(re.findall(r"\w+", message))
    for name in (".env", "pyproject.toml"):
        file = Path.cwd() / name
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        if str(file) in message and (position := re.search(r"at line (\d+)", message)) is not None:  # it is not TOML
            return _at(file, message, int(position[1]))
        for number, text in enumerate(lines, 1):
            if (found := re.match(r"\s*(?:export\s+)?(\w+)\s*=", text)) is not None and found[1] in words:
                return _at(file, message, number)
        if str(file) in message:
            return _at(file, message)
    return _at(None, message)


def summary_of(error: BaseException) -> str:
    """Return an exception in one line."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return traceback.format_exception_only(type(error), error)[0].partition("\n")[0]


def _columns(error: SyntaxError) -> tuple[int, int] | None:
    if not error.offset or error.offset < 1:
        return None
    is_one_line = error.end_lineno == error.lineno and error.end_offset is not None
    end = error.end_offset if is_one_line and error.end_offset is not None else error.offset
    return error.offset - 1, max(end - 1, error.offset)
