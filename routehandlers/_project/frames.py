"""Tracebacks that begin in the user's files."""

from __future__ import annotations

import logging
import os
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from itertools import dropwhile
from pathlib import Path
from types import TracebackType
from typing import Any

from ..exceptions import RouteHandlersError

_PACKAGE = f"{Path(__file__).parent.parent}{os.sep}"
_MACHINERY = (_PACKAGE, "<frozen importlib")
# Python 3.11 and later contain some modules in frozen form, such as os.
_LIBRARIES = ("<frozen ", *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class UserFrames:
    """Know the files of the user.

    :param folders: The folders of the routes, which may be installed like a library. More may be added later.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def trim(self, error: BaseException) -> BaseException:
        """Remove frames of this library from the tracebacks of an exception and of all exceptions behind it.

        Frames outside of the first one of the user are left out, and so is what this library does between two of
        them. What the user called stays; of a mistake that this library reports, only the frame that raised it. A
        ``SyntaxError`` has its place itself. A traceback without a frame of the user begins outside of this library.
        """
        for each in _chain(error):
            trace = list(_frames(each.__traceback__))
            own = [index for index, frame in enumerate(trace) if self.is_own(frame)]
            first, last = (own[0], own[-1] + 1) if own else (0, 0)
            between = [frame for frame in trace[first:last] if not _is_machinery(frame)]
            each.__traceback__ = _joined([*between, *_called(each, trace[last:], is_by_user=bool(own))])
        return error

    def is_own(self, frame: TracebackType) -> bool:
        """Return whether a frame runs code of the user."""
        file = _file(frame)
        if file.startswith(tuple(f"{folder}{os.sep}" for folder in self._folders)):
            return True
        return not file.startswith((*_MACHINERY, *_LIBRARIES))

    def last_own(self, error: BaseException) -> TracebackType | None:
        """Return the innermost frame of the user, or ``None``."""
        return next((frame for frame in reversed(list(_frames(error.__traceback__))) if self.is_own(frame)), None)

    def format(self, error: BaseException) -> str:
        """Return the traceback of an exception as text."""
        return "".join(traceback.format_exception(self.trim(error)))

    def trim_logs(self) -> None:
        """Trim the tracebacks in the log of this library, for example those of ``after()``."""
        logging.getLogger("routehandlers").addFilter(self._trim_record)

    def _trim_record(self, record: logging.LogRecord) -> bool:
        error: Any = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self.trim(error)
            record.exc_info = (type(error), error, error.__traceback__)
        return True


def _called(error: BaseException, frames: list[TracebackType], *, is_by_user: bool) -> list[TracebackType]:
    """Return the frames to show of those inside the last one of the user."""
    if not all(map(_is_machinery, frames)):
        return frames if is_by_user else list(dropwhile(_is_machinery, frames))
    if isinstance(error, SyntaxError):
        return []
    return frames[-1:] if isinstance(error, RouteHandlersError) else frames


def _is_machinery(frame: TracebackType) -> bool:
    return _file(frame).startswith(_MACHINERY)


def _file(frame: TracebackType) -> str:
    return frame.tb_frame.f_code.co_filename


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _joined(frames: list[TracebackType]) -> TracebackType | None:
    joined: TracebackType | None = None
    for frame in reversed(frames):
        joined = TracebackType(joined, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return joined


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its causes and contexts, and the members of groups."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
