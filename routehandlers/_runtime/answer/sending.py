"""From a response to WSGI: the status line, the headers, and what is iterated.

A response is only read here, never changed, so that a handler may return the
same one to every request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.datastructures import Headers

from ..._http.response.cookies import name_of
from ..._http.response.errors import error_response
from ..._http.response.response import STATUS_LINES, Response
from ..._http.values.encoding import TOKEN, is_header_value
from .bodies import BYTES, TEXT, SentBody, StreamedBody

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..scope.scope import Scope

logger = logging.getLogger("routehandlers")

# They speak of one connection, which is the server's affair: PEP 3333 forbids
# them to applications, and a server that passed them on would break its framing.
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer trailers transfer-encoding upgrade".split()
)

# Header names that were seen to be tokens; there are few, and this keeps it so.
_checked_names: dict[str, str] = {}
_MOST_NAMES = 1_000

_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
_WITHOUT_BODY = (204, 205, 304)

# All other answers say what they are: wsgiref.validate asks for it, and a
# client that is told does not guess.
_WITHOUT_TYPE = (204, 304)


class Answer(NamedTuple):
    """What WSGI wants: a status line, headers, and an iterable of bytes."""

    status: str
    headers: list[tuple[str, str]]
    body: Iterable[bytes]


def reopen(scope: Scope, answer: Answer) -> Response:
    """An answer as a response again, for middleware to change and to be prepared once more.

    :param scope: The one that it was prepared in, or one around it.
    """
    body = answer.body
    response = Response(None, answer.status, answer.headers)
    # Middleware may answer better, and then nothing is unanswered any more.
    response._unanswered, scope.unanswered = scope.unanswered, None
    if isinstance(body, SentBody) and body.scope is scope:
        response.response = body.chunks
    elif isinstance(body, StreamedBody) and body.scope is scope:
        response.response = body.resume()
        response.call_on_close(body.close_stream)
    else:
        response.response = body
    if response.response and isinstance(response.response, list):
        response.headers.pop("Content-Length", None)  # it is counted again
    return response


def prepare(scope: Scope, response: WerkzeugResponse) -> Answer:
    """Read a response. Of a stream the first chunk is drawn, so that what fails before it is still an error.

    :raise ValueError: For a header that would break the message.
    """
    environ = scope.environ
    body: Any = response.response
    if type(response) is not Response or response._on_close or _is_conditional(response, scope):
        return _prepare_any(scope, response)
    if type(body) is not list:
        return _prepare_stream(scope, response, response.status, response.headers, body)

    data = b"".join([chunk.encode() if type(chunk) is str else chunk for chunk in body])
    status = response._status_code
    default_type = BYTES if data else TEXT  # a str made its own
    headers, length = _checked(scope, response.headers, status, default_type)
    if status not in _WITHOUT_BODY:
        if length is None:
            headers.append(("Content-Length", str(len(data))))
        elif length != str(len(data)) and environ["REQUEST_METHOD"] != "HEAD":
            raise ValueError(f"Content-Length is {length}, and the body has {len(data)} bytes. Leave the header out.")
    is_head = environ["REQUEST_METHOD"] == "HEAD"
    chunks = [] if is_head or not data else [data]
    ends = scope.has_leftovers
    return Answer(response._status, headers, SentBody(scope, chunks) if ends else chunks)


def _is_conditional(response: WerkzeugResponse, scope: Scope) -> bool:
    """Whether the client says what it has, and the response can be compared with that."""
    environ = scope.environ
    return (
        any(name in environ for name in _CONDITIONS)
        and not scope.is_wrapped  # its body may still change
        and response.status_code == 200
        and ("ETag" in response.headers or "Last-Modified" in response.headers)
    )


def _prepare_any(scope: Scope, response: WerkzeugResponse) -> Answer:
    """The way for responses that are not plainly ours: Werkzeug knows what applies to them."""
    environ = scope.environ
    if _is_conditional(response, scope):
        response = _compare(scope, response)
    headers = response.get_wsgi_headers(environ)
    chunks = response.get_app_iter(environ)
    return _prepare_stream(scope, response, response.status, headers, chunks)


def _compare(scope: Scope, original: WerkzeugResponse) -> WerkzeugResponse:
    """The answer to a client that says what it has: the whole, a 304, or a 412 (RFC 9110 section 13)."""
    response = copy(original)
    response.headers = Headers(list(original.headers))
    response.make_conditional(scope.environ)
    if "Date" not in original.headers:
        response.headers.pop("Date", None)  # the server's
    if response.status_code == 412:
        return error_response(scope.environ, 412)
    if response.status_code != original.status_code:
        response.status = STATUS_LINES[response.status_code]
    return response


def _prepare_stream(scope: Scope, response: WerkzeugResponse, status: str, headers: Headers, chunks: Any) -> Answer:
    body = StreamedBody(scope, chunks, response.close)
    try:
        body.draw_first()
        checked, _ = _checked(scope, headers, response.status_code, body.content_type)
    except BaseException:
        body.abandon()
        raise
    if scope.environ["REQUEST_METHOD"] == "HEAD" or response.status_code in _WITHOUT_BODY:
        body.skip()
    if not scope.is_wrapped:
        scope.seal()
    return Answer(status, checked, body)


def _checked(
    scope: Scope, headers: Headers, status: int, default_type: str
) -> tuple[list[tuple[str, str]], str | None]:
    """The headers as WSGI takes them, cookies included, and the ``Content-Length`` among them."""
    checked: list[tuple[str, str]] = []
    length = None
    typed = status in _WITHOUT_TYPE
    for pair in headers:
        name, value = pair
        lower = _checked_names.get(name) or _check_name(name)
        if lower == "content-type":
            if status in _WITHOUT_TYPE:
                continue
            typed = True
        elif lower == "content-length":
            length = value
        elif lower in _HOP_BY_HOP:
            logger.warning("The header %s is the server's to set and was left out.", name)
            continue
        if not is_header_value(value):
            raise ValueError(
                f"The header {name} cannot hold {value!r}: no control characters stand there, nor what Latin-1 lacks."
            )
        checked.append(pair)
    if not typed:
        checked.append(("Content-Type", default_type))
    if scope.cookie_lines():
        own = {name_of(line) for line in headers.getlist("Set-Cookie")}
        checked += [("Set-Cookie", line) for line in scope.take_cookie_lines(own)]
    return checked, length


def _check_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a header.")
    if len(_checked_names) < _MOST_NAMES:
        _checked_names[name] = name.lower()
    return name.lower()
