"""Types of the values that handlers get and return, for annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from ._models.base import Fault, ModelAdapter, ModelField, Schemas

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment  # 3.11, for checkers only

    from _typeshed import DataclassInstance
    from werkzeug.wrappers import Response as WerkzeugResponse

__all__ = [
    "ErrorContext",
    "EventStream",
    "Fault",
    "Handler",
    "HandlerResult",
    "HeaderChanges",
    "HeadersLike",
    "ModelAdapter",
    "ModelField",
    "Params",
    "Schemas",
    "StartResponse",
    "WSGIApplication",
    "WSGIEnvironment",
]

Params: TypeAlias = "dict[str, Any]"
"""Values of the parameters of a path: ``str``, ``list[str]`` for a catch-all, or the type of a converter."""

HeadersLike: TypeAlias = "Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]"
"""Headers as Werkzeug takes them: a mapping, or pairs in which a name may be repeated."""

HeaderChanges: TypeAlias = "Mapping[str, str | None] | Iterable[tuple[str, str | None]]"
"""Headers to set. The value ``None`` removes a header."""

Body: TypeAlias = (
    "WerkzeugResponse | dict[Any, Any] | list[Any] | DataclassInstance | str | bytes | Iterator[str] | Iterator[bytes]"
)

Status: TypeAlias = "int | str"

ReturnedHeaders: TypeAlias = "Mapping[str, Any] | Iterable[tuple[str, Any]]"

if TYPE_CHECKING:
    HandlerResult: TypeAlias = (
        "Body | tuple[Body, Status] | tuple[Body, ReturnedHeaders] | tuple[Body, Status | None, ReturnedHeaders | None]"
    )
    """All values that a handler may return."""
else:
    # Annotations of handlers are resolved at start, and this one declares nothing.
    HandlerResult = Any

EVENTS = "text/event-stream"

_Item = TypeVar("_Item")

EventStream: TypeAlias = Annotated[Iterator[_Item], EVENTS]
"""Result of a handler that yields the data of Server-Sent Events: ``def GET() -> EventStream[Item]:``."""

Handler: TypeAlias = "Callable[..., Any]"
"""A handler such as ``GET``: it takes nothing, the request, or the request and the context, and checked inputs.

It returns a ``HandlerResult``, or a value of the models that its return annotation declares.
"""


@dataclass(frozen=True)
class ErrorContext:
    """The origin of an exception: the third argument of ``on_request_error()``.

    https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation#onrequesterror-optional

    :param route_path: The pattern of the route, such as ``"/items/[slug]"``; empty if no route matched.
    :param route_type: Whether a route or a middleware raised it.
    :param revalidate_reason: ``"stale"`` in a refresh in the background, which has no client.
    :param router_kind: Always ``"App Router"``, as in Next.
    """

    route_path: str
    route_type: Literal["route", "middleware"] = "route"
    revalidate_reason: Literal["stale"] | None = None
    router_kind: Literal["App Router"] = "App Router"
