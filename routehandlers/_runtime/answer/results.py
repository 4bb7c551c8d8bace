"""Convert the return values of user functions into responses."""

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
    """Return the response for the return value of a handler.

    :raise InvalidReturnError: If the value has another type. Its message is the end of a sentence.
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
            f"returned {response!r}, which passes the request on. Only middleware can do that: nothing runs"
            " after a handler."
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
        # Copy it, because a handler may return the same object to other requests too.
        response = copy(make_response(body))
        response.headers = Headers(list(response.headers))
        response.status_code = status
    for fields in headers:
        _add_headers(response, fields)
    return response


def _add_headers(response: WerkzeugResponse, fields: Any) -> None:
    """Replace headers of a response by name. Pairs may repeat a name."""
    pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
    for name, _ in pairs:
        response.headers.pop(name, None)
    for name, value in pairs:
        for item in [value] if isinstance(value, str) else value:
            response.headers.add(name, item)
