"""The second argument of a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from ...typing import Params

    # With a default, so that a plain RouteContext is complete; typing has that from 3.13 on.
    Route = TypeVar("Route", bound=str, default=str, covariant=True)
else:
    from typing import TypeVar

    Route = TypeVar("Route", bound=str, covariant=True)


class RouteContext(Generic[Route]):
    """What a route knows beside its request.

    https://nextjs.org/docs/app/api-reference/file-conventions/route#context-optional

    :ivar params: What the brackets of the folder names matched: ``str``, a list of
        them for a catch-all, or what a converter made. Empty on a static route; a
        ``[[...x]]`` at its base has no key.
    """

    __slots__ = ("params",)

    def __init__(self, params: Params) -> None:
        self.params = params

    def __repr__(self) -> str:
        return f"RouteContext({self.params!r})"
