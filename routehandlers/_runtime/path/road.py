"""The stages of an application, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import Scope
    from .stages import Stage


class Road:
    """The stages of an application, in order."""

    def __init__(self) -> None:
        self.stages: tuple[Stage, ...] = ()
        # For each place, the stages from there on, as their method and the place of the next stage.
        self._from: tuple[tuple[tuple[Callable[[Scope, int], WerkzeugResponse | None], int], ...], ...] = ()

    def lay(self, *stages: Stage) -> None:
        """Set the stages."""
        self.stages = stages
        steps = tuple([(stage.run, place) for place, stage in enumerate(stages, 1)])
        self._from = tuple([steps[place:] for place in range(len(steps))])

    def run(self, scope: Scope, place: int) -> WerkzeugResponse:
        """Run the stages until one returns a response, and return it.

        :param place: Index of the first stage to run.
        """
        for run, following in self._from[place]:
            response = run(scope, following)
            if response is not None:
                return response
        raise AssertionError("the last stage always responds")
