"""Interface to a framework whose application contains the routes, such as Flask.

Without a framework, nothing here is used. A framework must not know the routes: it
gets only results, renders and exceptions without a response.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._cache.render import Render


class RenderContext(Protocol):
    """A context of the framework around one render that may be stored."""

    def enter(self) -> None:
        """Enter the context before the handler is called."""
        ...

    def leave(self) -> None:
        """Leave the context."""
        ...


# Makes the context of a render. The context reports each use of the client to the render.
MakeRenderContext = Callable[["Render"], RenderContext]


class Framework(Protocol):
    """A framework whose application contains the routes, such as Flask.

    Exceptions for which the routes have only a default response are passed to it. See
    ``Response._default_for``.
    """

    def make_response(self, result: Any) -> WerkzeugResponse:
        """Return the response for the return value of a handler.

        :raise InvalidReturnError: As ``routehandlers._runtime.answer.results.make_response`` does.
        """
        ...

    def json_default(self) -> Callable[[Any], Any] | None:
        """Return the function of the framework's application for values that JSON lacks, if it has one of its own."""
        ...

    def render_context(self, *, has_client: bool) -> MakeRenderContext | None:
        """Return a function that makes contexts for renders. Call it while a request is being answered.

        :param has_client: Whether the render may use data of the client. A refresh may not.
        """
        ...
