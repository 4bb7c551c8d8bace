"""Names for the shapes that users and this library hand each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment  # 3.11, for checkers only

    from werkzeug.wrappers import Response as WerkzeugResponse

__all__ = [
    "ErrorContext",
    "Handler",
    "HandlerResult",
    "HeaderChanges",
    "HeadersLike",
    "Params",
    "StartResponse",
    "WSGIApplication",
    "WSGIEnvironment",
]

Params: TypeAlias = "dict[str, Any]"
"""What the brackets of a path matched: ``str``, a ``list[str]`` for a catch-all, or what a converter made."""

HeadersLike: TypeAlias = "Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]"
"""Headers as Werkzeug takes them: a mapping, or pairs where a name may come twice."""

HeaderChanges: TypeAlias = "Mapping[str, str | None] | Iterable[tuple[str, str | None]]"
"""Headers to set, and to remove where the value is ``None``."""

Body: TypeAlias = "WerkzeugResponse | dict[Any, Any] | list[Any] | str | bytes | Iterator[str] | Iterator[bytes]"

HandlerResult: TypeAlias = "Body | tuple[Body, int] | tuple[Body, int, HeadersLike]"
"""Everything that a handler may return."""

Handler: TypeAlias = "Callable[..., HandlerResult]"
"""A user's ``GET``: it takes nothing, the request, or the request and the context."""


@dataclass(frozen=True)
class ErrorContext:
    """Where an exception came from, as ``on_request_error()`` is told.

    https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation#onrequesterror-optional

    :param route_path: The pattern of the route, such as ``"/items/[slug]"``; nothing where none had matched.
    :param route_type: What raised it.
    :param revalidate_reason: ``"stale"`` in a refresh in the background, which answers nobody.
    :param router_kind: As in Next.
    """

    route_path: str
    route_type: Literal["route", "middleware"] = "route"
    revalidate_reason: Literal["stale"] | None = None
    router_kind: Literal["App Router"] = "App Router"
