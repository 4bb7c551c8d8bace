"""What an application that the routes live in does for them.

Where there is none, nothing of this is asked for. What it must not know is the
routes: it sees results, renders and what could not be answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._cache.render import Render


class RenderContext(Protocol):
    """What stands around one render that may be stored, in the render's own context."""

    def enter(self) -> None:
        """Begin it, before the handler is called."""
        ...

    def leave(self) -> None:
        """End it."""
        ...


# Makes the context of a render, which reports to the record what is used of the client.
MakeRenderContext = Callable[["Render"], RenderContext]


class Framework(Protocol):
    """The framework of an application that the routes live in, such as Flask.

    What the routes have no answer for but the default one goes to it: an
    exception nobody planned, or one with a status. See ``Response._default_for``.
    """

    def make_response(self, result: Any) -> WerkzeugResponse:
        """What a handler returned, as a response.

        :raise InvalidReturnError: As ``routehandlers._runtime.answer.results.make_response`` does.
        """
        ...

    def render_context(self, *, has_client: bool) -> MakeRenderContext | None:
        """What renders need of the application, asked for where a request is being answered.

        :param has_client: Whether a render may use what is the client's. A refresh may not.
        """
        ...
