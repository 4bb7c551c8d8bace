"""Record of a render while it runs: what it read, how long its result is fresh, and its tags."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path

from ..cache_handlers.entry import Mark
from ..exceptions import DynamicUsageError, PurgeInRenderError
from .key import check_tags


class Reading(Enum):
    """What happens when a render reads data of the client."""

    DYNAMIC = "dynamic"
    """It gets the data, and its result is not stored."""

    EMPTY = "empty"
    """It gets empty data: ``dynamic = "force-static"``."""

    ERROR = "error"
    """Reading raises ``DynamicUsageError``: ``dynamic = "error"``, and functions of ``cached()``."""

    STOP = "stop"
    """The render ends: a refresh has no client."""


class TurnedDynamicError(BaseException):
    """Ends a refresh that reads data of a client. Not an ``Exception``, so that handlers do not catch it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"it depends on the client or the time: {self.what}"


class Render:
    """Record of one render.

    :param where: Name of the route or function, for messages.
    :param mark: Taken before the render starts.
    :param revalidate: Seconds until the result is stale. Values that the render uses can lower it.
    :param expire: Seconds until the result is no longer served.
    :param is_value: Whether the result is a value of ``cached()`` or ``fetch()``, and not a response.
    :param when_dynamic: Called once, when the render first reads data of the client.
    :ivar dynamic: What was read first, or an empty string.
    :ivar line: File and line in the user's code that read it. Only set with ``debug`` and in a refresh.
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
        """Seconds until the result is stale; ``None`` for as long as possible."""
        return self._revalidate if self._life is None else self._life[0]

    def read(self, what: str) -> None:
        """Record that data of the client was read.

        :raise DynamicUsageError: If this render must not read it.
        """
        if self.reading is Reading.ERROR:  # also in after(), as in Next
            raise DynamicUsageError(self.where, what)
        if not self.is_over and self.reading is not Reading.EMPTY:
            self.turn_dynamic(what)

    def close(self) -> None:
        """End the render and its functions of ``after()``. Nothing that is read from now on counts."""
        self.is_over, self.reading = True, Reading.EMPTY

    def purge(self, what: str) -> None:
        """Record that the code purges something. Call it before the purge, which a refresh does not make.

        :raise PurgeInRenderError: If the result is always cached.
        """
        if self.reading is Reading.ERROR and not self.is_over:
            raise PurgeInRenderError(self.where, what)
        self.turn_dynamic(what)

    def turn_dynamic(self, what: str, *, has_line: bool = True) -> None:
        """Record a reason why the result cannot be stored.

        :param has_line: Whether the user's code caused it, and is on the stack now.
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
        is_shown = self._debug or self.reading is Reading.STOP
        self.line = _line_of_user() if has_line and is_shown else ""

    def add_tags(self, tags: Iterable[str]) -> None:
        """Add tags to the entry."""
        self._tags.update(dict.fromkeys(check_tags(tags)))

    def lower(self, revalidate: float | None) -> None:
        """Lower ``revalidate`` to that of a value which the render uses. ``set_life()`` takes precedence."""
        if revalidate is not None:
            self._revalidate = revalidate if self._revalidate is None else min(self._revalidate, revalidate)

    def set_life(self, revalidate: float | None, expire: float) -> None:
        """Set the life of the result, whatever it uses. Of several calls, the shortest life applies."""
        if self._life is not None:
            earlier = self._life[0]
            if revalidate is None or (earlier is not None and earlier < revalidate):
                revalidate = earlier
        self._life = revalidate, expire
        self.expire = min(self.expire, expire)


_PACKAGE = str(Path(__file__).parent.parent)

# Libraries are here, but an installed application is, too. So files in this folder are the second choice.
_INSTALLED = f"{os.sep}site-packages{os.sep}"
_FRAMEWORKS = tuple(f"{os.sep}{name}{os.sep}" for name in ("werkzeug", "flask", "jinja2"))


def _line_of_user() -> str:
    """Return the nearest file and line in the user's code, or else in a library that is not a framework."""
    installed = ""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_PACKAGE, "<")):
            if _INSTALLED not in file:
                return f"{file}:{frame.f_lineno}"
            if not installed and not any(name in file for name in _FRAMEWORKS):
                installed = f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return installed
