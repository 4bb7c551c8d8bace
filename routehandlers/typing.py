"""Names for the shapes that users and this library hand each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment  # 3.11, for checkers only

    from werkzeug.wrappers import Response as WerkzeugResponse

__all__ = [
    "Handler",
    "HandlerResult",
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

Body: TypeAlias = "WerkzeugResponse | dict[Any, Any] | list[Any] | str | bytes | Iterator[str] | Iterator[bytes]"

HandlerResult: TypeAlias = "Body | tuple[Body, int] | tuple[Body, int, HeadersLike]"
"""Everything that a handler may return."""

Handler: TypeAlias = "Callable[..., HandlerResult]"
"""A user's ``GET``: it takes nothing, the request, or the request and the context."""
