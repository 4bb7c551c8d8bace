"""The work that matching may take."""

from __future__ import annotations

# Steps of the bounded matcher for all expressions of one request. A step takes about a tenth of a microsecond.
MOST_STEPS = 300_000

# Steps for one expression: a few milliseconds. A path of 8,192 characters takes about two thirds of them.
MOST_STEPS_AT_ONCE = 70_000


class OverBudgetError(Exception):
    """Matching would take too long. It is not known whether the text matches."""


class Budget:
    """Counts the steps that matching takes for one request.

    :ivar left: Steps that are left.
    """

    __slots__ = ("left",)

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps

    def run_out(self) -> Exception:
        """Return the exception to raise when no steps are left. Never take the text for one that does not match."""
        return OverBudgetError()
