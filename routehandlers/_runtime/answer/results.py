"""Convert the return values of user functions into responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any

from werkzeug.datastructures import Headers, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._hints import shorten
from ..._http.response.fetch_response import FetchResponse
from ..._http.response.response import WITHOUT_BODY, Continuation, Response
from ..._http.values.json import NOT_CONVERTED, convert_own, is_dataclass_instance
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
    if is_dataclass_instance(result):
        return Response.json(result)
    if isinstance(result, Iterator):
        return Response(result)
    converted = convert_own(result)
    if converted is not NOT_CONVERTED:
        return Response.json(converted)
    hint = "" if result is not None else " Does every branch end in a 'return'?"
    raise InvalidReturnError(
        f"returned {shorten(result)}. Return a Response, a dict, list or dataclass (JSON), a str, bytes, an iterator of"
        f" either, or a tuple (body, status) or (body, status, headers).{hint}"
    )


def _final(response: WerkzeugResponse) -> WerkzeugResponse:
    if isinstance(response, Continuation):
        raise InvalidReturnError(
            f"returned {response!r}, which passes the request on. Only middleware can do that: nothing runs"
            " after a handler."
        )
    return response


def status_in(result: Any) -> Any:
    """Return the status that a return value states as a tuple, or ``None``."""
    if not isinstance(result, tuple) or len(result) < 2 or _are_headers(result[1]):
        return None
    return result[1]


def _are_headers(value: object) -> bool:
    return isinstance(value, (Headers, Mapping, list, tuple))


def _from_tuple(result: tuple[Any, ...]) -> WerkzeugResponse:
    """Return the response for ``(body, status)``, ``(body, headers)`` or ``(body, status, headers)``."""
    if len(result) not in {2, 3} or isinstance(result[0], tuple):
        raise InvalidReturnError(f"returned the tuple {shorten(result)}. {_TUPLES}")
    body, second, *rest = result
    if not rest and _are_headers(second):
        given, headers = None, second
    else:
        given, headers = second, rest[0] if rest else None
    status = _status(given, result)
    if (
        body is None
        or body in ("", b"")
        or (status in WITHOUT_BODY and (isinstance(body, _BODIES) or is_dataclass_instance(body)))
    ):
        response: WerkzeugResponse = Response(None, status or 200)
    elif isinstance(body, str):
        response = Response(body, status or 200)
    elif isinstance(body, (list, dict)) and not isinstance(status, str):
        response = Response.json(body, status or 200)
    else:
        # Copy it, because a handler may return the same object to other requests too.
        response = copy(make_response(body))
        response.headers = Headers(list(response.headers))
        if isinstance(status, str):
            response.status = status
        elif status is not None:
            response.status_code = status
    if headers:
        _add_headers(response, headers, result)
    return response


_BODIES = (str, bytes, bytearray, list, dict)
_TUPLES = "A tuple is (body, status), (body, headers) or (body, status, headers)."


def _status(given: Any, result: tuple[Any, ...]) -> int | str | None:
    """Return the status in a tuple: a number, or a line with a phrase of the user's own."""
    if given is None:
        return None
    status: int | str = given
    number: Any = given
    if isinstance(given, str):
        digits, _, phrase = given.strip().partition(" ")
        if len(digits) == 3 and digits.isascii() and digits.isdigit() and phrase:
            number = int(digits)
            status = number if phrase.upper() == _phrase(number) or number in WITHOUT_BODY else given
    if not isinstance(number, int) or isinstance(number, bool) or not 200 <= number <= 599:
        raise InvalidReturnError(
            f"returned the tuple {shorten(result)}. Its status is {given!r}. Give a number from 200 to 599, or a line"
            f" such as '404 Not Found'. {_TUPLES}"
        )
    return status


def _phrase(status: int) -> str:
    """Return the phrase of a known status as Werkzeug writes it."""
    return HTTP_STATUS_CODES.get(status, "").upper()


def _add_headers(response: WerkzeugResponse, fields: Any, result: tuple[Any, ...]) -> None:
    """Replace headers of a response by name. Pairs may repeat a name."""
    try:
        if isinstance(fields, MultiDict):
            fields = fields.items(multi=True)
        pairs = [(name, value) for name, value in (fields.items() if isinstance(fields, Mapping) else fields)]
    except (TypeError, ValueError):
        raise InvalidReturnError(
            f"returned the tuple {shorten(result)}. Its headers are {shorten(fields)}. Give a dict, or a list of pairs."
        ) from None
    for name, _ in pairs:
        response.headers.pop(name, None)
    for name, value in pairs:
        for item in value if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else (value,):
            if item is None:
                raise InvalidReturnError(
                    f"returned the header {name!r} with the value None. Leave it out, or give text."
                )
            response.headers.add(name, item.decode("latin-1") if isinstance(item, bytes) else str(item))
