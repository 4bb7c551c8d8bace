"""What a function of the user's returned, as a response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._hints import shorten
from ..._http.response.fetch_response import FetchResponse
from ..._http.response.response import Continuation, Response
from ...exceptions import InvalidReturnError


def make_response(result: Any) -> WerkzeugResponse:
    """What a handler returned, as a response.

    :raise InvalidReturnError: With the end of a sentence that says what came.
    """
    if isinstance(result, (dict, list)):
        return Response.json(result)
    if isinstance(result, WerkzeugResponse):
        return _final(result)
    if isinstance(result, str):
        return Response(result)
    if isinstance(result, (bytes, bytearray)):
        return Response(bytes(result), 200, {"Content-Type": "application/octet-stream"})
    if isinstance(result, tuple):
        return _from_tuple(result)
    if isinstance(result, HTTPException):
        raise result
    if isinstance(result, FetchResponse):
        return result.to_response()
    if isinstance(result, Iterator):
        return Response(result)
    hint = "" if result is not None else " Does every branch end in a 'return'?"
    raise InvalidReturnError(
        f"returned {shorten(result)}. Return a Response, a dict or list (JSON), a str, bytes, an iterator of either,"
        f" or a tuple (body, status) or (body, status, headers).{hint}"
    )


def _final(response: WerkzeugResponse) -> WerkzeugResponse:
    if isinstance(response, Continuation):
        raise InvalidReturnError(
            f"returned {response!r}, which sends a request on its way. Only middleware can do that, since nothing"
            " comes after a handler."
        )
    return response


def _from_tuple(result: tuple[Any, ...]) -> WerkzeugResponse:
    if len(result) not in {2, 3} or not isinstance(result[1], int) or isinstance(result[0], tuple):
        raise InvalidReturnError(
            f"returned the tuple {shorten(result)}. A tuple is (body, status) or (body, status, headers)."
        )
    body, status, *headers = result
    if body is None or body in ("", b""):
        response: WerkzeugResponse = Response(None, status)
    elif isinstance(body, (list, dict)):
        response = Response.json(body, status)
    elif isinstance(body, str):
        response = Response(body, status)
    else:
        # A copy: what a handler returns may be meant for other requests too.
        response = copy(make_response(body))
        response.headers = Headers(list(response.headers))
        response.status_code = status
    for fields in headers:
        _add_headers(response, fields)
    return response


def _add_headers(response: WerkzeugResponse, fields: Any) -> None:
    """Headers of a tuple replace those of the body by name; pairs may repeat a name."""
    pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
    for name, _ in pairs:
        response.headers.pop(name, None)
    for name, value in pairs:
        for one in [value] if isinstance(value, str) else value:
            response.headers.add(name, one)
