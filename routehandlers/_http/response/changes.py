"""Change responses that may not be ours to change.

A handler may return one module-level response to every request. So the first
change of a request is made to a copy, which only that request holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import TYPE_CHECKING, TypeVar

from werkzeug.datastructures import Headers

from ..values.encoding import ACCUMULATED
from .response import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

AnyResponse = TypeVar("AnyResponse", bound="WerkzeugResponse")
Pairs = list[tuple[str, str]]


def own_copy(response: AnyResponse, headers: Pairs | None = None) -> AnyResponse:
    """Return a copy whose headers and callbacks can be changed; the body is the same object.

    :param headers: In place of the headers of the response.
    """
    if type(response) is Response:
        # copy.copy() looks for a way to pickle the response first and takes five times as long.
        copied = object.__new__(type(response))
        copied.__dict__.update(response.__dict__)
    else:
        copied = copy(response)
    copied.headers = headers_of(list(response.headers) if headers is None else headers)
    copied._on_close = list(response._on_close)
    return copied


def headers_of(pairs: Pairs) -> Headers:
    """Return headers that hold these pairs as they are.

    ``Headers(pairs)`` checks and copies each pair again, which is most of its cost. What comes from other headers
    was checked there, and everything is checked before it leaves.
    """
    headers = object.__new__(Headers)
    headers._list = pairs
    return headers


def overlay(response: AnyResponse, headers: Iterable[tuple[str, str]]) -> AnyResponse:
    """Return a copy with these headers in front. They replace those of their names, except names that accumulate."""
    pairs = list(headers)
    return own_copy(response, overlaid(response.headers, pairs)) if pairs else response


def overlaid(headers: Iterable[tuple[str, str]], over: Sequence[tuple[str, str]]) -> Pairs:
    """Return headers with others in front, which replace those of their names, except names that accumulate."""
    names = {name.lower() for name, _ in over} - ACCUMULATED
    return [*over, *[pair for pair in headers if pair[0].lower() not in names]]


def underlay(response: AnyResponse, headers: Iterable[tuple[str, str]]) -> AnyResponse:
    """Return a copy with these headers behind, where it has no other of their name or the name accumulates."""
    own = {name.lower() for name, _ in response.headers} - ACCUMULATED
    pairs = [pair for pair in headers if pair[0].lower() not in own]
    if not pairs:
        return response
    return own_copy(response, [*response.headers, *pairs])
