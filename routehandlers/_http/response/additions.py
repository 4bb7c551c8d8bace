"""Headers that middleware or the configuration adds to those of responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from ..values.encoding import ACCUMULATED

Pairs = list[tuple[str, str]]


class Addition:
    """Headers that middleware or the configuration puts in front of those of responses.

    They replace headers of the same name, unless the name accumulates.

    :ivar pairs: The headers.
    :ivar sets_cookie: Whether one of them is ``Set-Cookie``.
    :ivar names: Their names in lower case.
    :ivar is_independent: Whether they can be checked without the response. ``None`` until they have been checked.
    :ivar is_shared: Whether several requests have these headers, so that results with them are worth keeping.
    """

    def __init__(self, pairs: tuple[tuple[str, str], ...], *, is_shared: bool = False) -> None:
        self.pairs = pairs
        self.is_shared = is_shared
        self.names = frozenset([name.lower() for name, _ in pairs])
        self.sets_cookie = "set-cookie" in self.names
        self.is_independent: bool | None = None
        self._replaced = self.names - ACCUMULATED
        self._has_accumulated = self._replaced != self.names
        self._kept: tuple[Sequence[tuple[str, str]], Pairs] | None = None

    def to(self, headers: Pairs) -> Pairs:
        """Return the headers of a response with these in front."""
        pairs, replaced = self.pairs, self._replaced
        if self._has_accumulated:
            return [*pairs, *[pair for pair in headers if pair[0].lower() not in replaced and pair not in pairs]]
        return [*pairs, *[pair for pair in headers if pair[0].lower() not in replaced]]

    def to_constant(self, headers: Pairs) -> Pairs:
        """Return what ``to`` returns for headers that never change. The result is kept for the next request."""
        kept = self._kept
        if kept is None or kept[0] is not headers:
            kept = self._kept = headers, self.to(headers)
        return [*kept[1]]


# Most middleware adds the same headers to all responses. The oldest is dropped for a new one.
_additions: dict[tuple[tuple[str, str], ...], Addition] = {}
_MOST_ADDITIONS = 256
_LONGEST_ADDITION = 1_000


def addition_of(pairs: tuple[tuple[str, str], ...]) -> Addition:
    """Return the addition of these headers."""
    known = _additions.get(pairs)
    if known is not None:
        known.is_shared = True
        return known
    made = Addition(pairs)
    if sum(len(name) + len(value) for name, value in pairs) <= _LONGEST_ADDITION:
        while len(_additions) >= _MOST_ADDITIONS:
            with suppress(RuntimeError, StopIteration):  # another thread may change it at the same time
                _additions.pop(next(iter(_additions)), None)
        _additions[pairs] = made
    return made


def with_late_headers(headers: Iterable[tuple[str, str]], late: Sequence[Addition]) -> Pairs:
    """Return headers with each of ``late`` in front, the last first."""
    pairs = list(headers)
    for addition in reversed(late):
        pairs = addition.to(pairs)
    return pairs
