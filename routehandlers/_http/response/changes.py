"""Change responses without side effects on other requests.

A handler may return the same module-level response for every request. So each
change is made to a copy, which only the current request uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, TypeVar

from werkzeug.datastructures import Headers

from ..values.encoding import ACCUMULATED
from .additions import Addition, Pairs, with_late_headers
from .response import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

AnyResponse = TypeVar("AnyResponse", bound="WerkzeugResponse")


def own_copy(response: AnyResponse, headers: Pairs | None = None) -> AnyResponse:
    """Return a copy whose headers and callbacks can be changed; the body is the same object.

    :param headers: Headers of the copy, in place of those of the response.
    """
    if type(response) is Response:
        # copy.copy() takes five times as long, because it first looks for a way to pickle the response.
        copied = object.__new__(type(response))
        copied.__dict__.update(response.__dict__)
    else:
        copied = copy(response)
    copied.headers = headers_of(list(response.headers) if headers is None else headers)
    copied._on_close = list(response._on_close)
    return copied


def headers_of(pairs: Pairs) -> Headers:
    """Return headers that hold these pairs as they are.

    ``Headers(pairs)`` checks and copies each pair again, which is most of its cost. Pairs from other headers were
    checked there, and all headers are checked before they are sent.
    """
    headers = object.__new__(Headers)
    headers._list = pairs
    return headers


def pairs_of(headers: Headers) -> Pairs:
    """Return the pairs of headers, without a copy. Do not change them."""
    return headers._list


def overlay(response: AnyResponse, *additions: Addition) -> AnyResponse:
    """Return a copy with these additions in front of its headers, the last one made first."""
    if not any(addition.pairs for addition in additions):
        return response
    return own_copy(response, with_late_headers(response.headers, additions))


def underlay(response: AnyResponse, headers: Iterable[tuple[str, str]]) -> AnyResponse:
    """Return a copy with these headers at the end. Names that the response has are skipped unless they accumulate."""
    own = {name.lower() for name, _ in response.headers} - ACCUMULATED
    pairs = [pair for pair in headers if pair[0].lower() not in own]
    if not pairs:
        return response
    return own_copy(response, [*response.headers, *pairs])
