"""The second argument of a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from ...typing import Params

    # With a default, so that plain RouteContext is a complete type. typing supports defaults from 3.13 on.
    Route = TypeVar("Route", bound=str, default=str, covariant=True)
else:
    from typing import TypeVar

    Route = TypeVar("Route", bound=str, covariant=True)


class RouteContext(Generic[Route]):
    """Context of a route: its params.

    https://nextjs.org/docs/app/api-reference/file-conventions/route#context-optional

    :ivar params: Values of the folders in brackets, by name: a ``str``, a list of
        them for a catch-all, or the result of a converter. Empty for a static route.
        A ``[[...x]]`` that matched no segment has no key.
    """

    __slots__ = ("params",)

    def __init__(self, params: Params) -> None:
        self.params = params

    def __repr__(self) -> str:
        return f"RouteContext({self.params!r})"
