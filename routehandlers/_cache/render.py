"""What one render says of itself while it runs: what it read, how long it holds, and its tags."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path

from ..cache_handlers.entry import Mark
from ..exceptions import DynamicUsageError
from .key import check_tags


class Reading(Enum):
    """What happens when a render reads something of one client."""

    DYNAMIC = "dynamic"
    """It gets it, and is not stored."""

    EMPTY = "empty"
    """It sees nothing there: ``dynamic = "force-static"``."""

    ERROR = "error"
    """It is told: ``dynamic = "error"``, and in functions of ``cached()``."""

    STOP = "stop"
    """It ends: in a refresh there is no client."""


class TurnedDynamicError(BaseException):
    """Ends a refresh that wants to read of a client. It is no ``Exception``: no handler goes on with nothing."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"it uses what only one client or moment has: {self.what}"


class Render:
    """The record of one render.

    :param mark: Taken before it began.
    :param where: Whose it is, for messages.
    :param revalidate: Its period to begin with; what it uses lowers it.
    :param expire: Seconds until it is not served any more.
    :param is_value: Whether it is one of ``cached()`` or ``fetch()``, and not an answer.
    :param when_dynamic: Called once, at the first thing read that is a client's.
    :ivar dynamic: What was read, or nothing.
    :ivar line: The file and line of the user's that read it: in ``debug``, and where it is a mistake.
    """

    def __init__(
        self,
        where: str,
        mark: Mark,
        reading: Reading,
        *,
        tags: Iterable[str] = (),
        revalidate: float | None = None,
        expire: float,
        is_value: bool = False,
        debug: bool = False,
        when_dynamic: Callable[[], None] = lambda: None,
    ) -> None:
        self.where = where
        self.mark = mark
        self.reading = reading
        self.dynamic = ""
        self.line = ""
        self.is_over = False
        self.is_value = is_value
        self.expire = expire
        self._tags = dict.fromkeys(tags)
        self._revalidate = revalidate
        self._life: tuple[float | None, float] | None = None
        self._debug = debug
        self._when_dynamic = when_dynamic

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the entry, without duplicates."""
        return tuple(self._tags)

    @property
    def revalidate(self) -> float | None:
        """Its period in seconds; ``None`` for as long as possible."""
        return self._revalidate if self._life is None else self._life[0]

    def read(self, what: str) -> None:
        """Take note that something of one client was read.

        :raise DynamicUsageError: Where that is a mistake.
        """
        if self.is_over or self.reading is Reading.EMPTY:
            return
        if self.reading is Reading.ERROR:
            raise DynamicUsageError(self.where, what)
        self.turn_dynamic(what)

    def turn_dynamic(self, what: str, *, has_line: bool = True) -> None:
        """Take note of something for which the render cannot be stored, whoever it is for.

        :param has_line: Whether a line of the user's is doing it just now.
        """
        if self.is_over:
            return
        if self.reading is Reading.STOP:
            self._note(what, has_line=has_line)
            raise TurnedDynamicError(what)
        if not self.dynamic:
            self._note(what, has_line=has_line)
            self._when_dynamic()

    def _note(self, what: str, *, has_line: bool) -> None:
        self.dynamic = what
        is_told = self._debug or self.reading is Reading.STOP
        self.line = _line_of_user() if has_line and is_told else ""

    def add_tags(self, tags: Iterable[str]) -> None:
        """Add tags to the entry."""
        self._tags.update(dict.fromkeys(check_tags(tags)))

    def lower(self, revalidate: float | None) -> None:
        """It uses something that is fresh for so long only. An explicit life counts more."""
        if revalidate is not None:
            self._revalidate = revalidate if self._revalidate is None else min(self._revalidate, revalidate)

    def set_life(self, revalidate: float | None, expire: float) -> None:
        """State its life, whatever it uses. Of several the shorter counts."""
        if self._life is not None:
            earlier = self._life[0]
            if revalidate is None or (earlier is not None and earlier < revalidate):
                revalidate = earlier
        self._life = revalidate, expire
        self.expire = min(self.expire, expire)


_PACKAGE = str(Path(__file__).parent.parent)

# Whoever installs an application has it there, too, so that other files there are the second choice.
_INSTALLED = f"{os.sep}site-packages{os.sep}"
_MACHINERY = tuple(f"{os.sep}{name}{os.sep}" for name in ("werkzeug", "flask", "jinja2"))


def _line_of_user() -> str:
    """The nearest file and line of the user's own, or else of a library that is no machinery."""
    installed = ""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_PACKAGE, "<")):
            if _INSTALLED not in file:
                return f"{file}:{frame.f_lineno}"
            if not installed and not any(name in file for name in _MACHINERY):
                installed = f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return installed
