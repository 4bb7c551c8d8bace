"""Make the WSGI response of every request.

This module adds cookies and ``Cache-Control`` to the headers, and handles
conditional requests, HEAD and ``Content-Length``. It runs no user code. It never
changes what a response says, so a handler may return the same response to every
request.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from ..._cache.policy import UNSTORED
from ..._cache.shared_caches import made_private
from ..._http.response.additions import Pairs, addition_of, with_late_headers
from ..._http.response.changes import overlay, pairs_of
from ..._http.response.cookies import parse_cookies
from ..._http.response.draft import COOKIE
from ..._http.response.response import JSON_HEADERS, WITHOUT_BODY, Response, check_status
from ..._http.values.encoding import to_bytes
from .bodies import BYTES, TEXT, SentStream, Stream, default_type, end, end_with
from .conditional import compare
from .headers import WITHOUT_TYPE, check_headers, is_sendable, take_cookies

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from ..._http.response.additions import Addition
    from ..scope.scope import Scope

# A status line, headers, and an iterable of bytes.
Finished = tuple[str, Pairs, Iterable[bytes]]


def finish(scope: Scope, response: WerkzeugResponse) -> Finished:
    """Make the WSGI response.

    :raise ValueError: For a header that would break the message.
    """
    environ = scope.environ
    if (
        "HTTP_IF_NONE_MATCH" in environ
        or "HTTP_IF_MODIFIED_SINCE" in environ
        or "HTTP_IF_MATCH" in environ
        or "HTTP_IF_UNMODIFIED_SINCE" in environ
    ):
        response = _compared(scope, response)
    is_ours = type(response) is Response
    late = scope.late_headers
    if late and not (is_ours and all(map(is_sendable, late))):
        response = overlay(response, *late)
        late = ()
    elif response is scope.checked and scope.opened_jar is None:
        return _finish_stored(scope, response)
    body: Any = response.response
    if is_ours and type(body) is list and len(body) == 1 and type(body[0]) is bytes:  # nearly all responses
        data: bytes = body[0]
        own_type = BYTES if data else TEXT
    elif isinstance(body, Stream):
        return _finish_stream(scope, response, body, late)
    else:
        chunks = body if is_ours else response.iter_encoded()
        data = b"".join([to_bytes(chunk) if type(chunk) is str else chunk for chunk in chunks])
        own_type = default_type(response)
    status = response._status_code
    length: str | None = None
    if is_ours and pairs_of(response.headers) == JSON_HEADERS and status not in WITHOUT_TYPE:
        # Those of most responses. They need no check.
        headers = late[-1].to_constant(JSON_HEADERS) if late else [*JSON_HEADERS]
        if len(late) > 1:
            headers = with_late_headers(headers, late[:-1])
    else:
        headers, length = check_headers(_headers_of(scope, response), status, own_type)
        if late:
            headers = with_late_headers(headers, late)
    route = scope.route
    if (
        scope.opened_jar is not None
        or scope.is_unstored
        or route.is_cached
        or route.is_file
        or "HTTP_COOKIE" in environ
    ):
        headers = _with_cookies_and_cache_control(scope, headers)
    is_head = environ["REQUEST_METHOD"] == "HEAD"
    if status in WITHOUT_BODY:
        data = b""
    elif length is None:
        headers.append(("Content-Length", str(len(data))))
    elif length != str(len(data)) and not is_head:
        raise ValueError(f"Content-Length is {length}, and the body has {len(data)} bytes. Leave the header out.")
    sent = [data] if data and not is_head else []
    if response._on_close:
        return response._status, headers, ClosingIterator(sent, partial(end_with, scope, response.close))
    if scope.has_leftovers:
        return response._status, headers, ClosingIterator(sent, partial(end, scope))
    return response._status, headers, sent


def _headers_of(scope: Scope, response: WerkzeugResponse) -> Iterable[tuple[str, str]]:
    """Return the headers of a response. Those of Werkzeug and Flask change them where they leave."""
    if type(response) is Response:
        return response.headers
    check_status(response._status)
    return response.get_wsgi_headers(scope.environ)


def _finish_stream(scope: Scope, response: WerkzeugResponse, stream: Stream, late: tuple[Addition, ...]) -> Finished:
    """Make the WSGI response of a body that is produced while it is sent."""
    status = response._status_code
    headers, _ = check_headers(_headers_of(scope, response), status, default_type(response))
    headers = _with_cookies_and_cache_control(scope, with_late_headers(headers, late))
    scope.seal()
    if scope.environ["REQUEST_METHOD"] == "HEAD" or status in WITHOUT_BODY:
        return response._status, headers, ClosingIterator((), partial(end_with, scope, response.close))
    return response._status, headers, SentStream(scope, stream, response.close)


def _compared(scope: Scope, response: WerkzeugResponse) -> WerkzeugResponse:
    """Return the response to a conditional request. Headers that are added late take part in the comparison.

    A 412 is another response than the one that middleware saw or described. It gets those headers that do not
    describe the first.
    """
    whole = overlay(response, *scope.late_headers)
    compared = compare(scope.environ, whole)
    scope.late_headers = ()
    if compared.status_code == 412 and compared is not whole:
        added = (*scope.overlays, addition_of(tuple(scope.config_headers)))
        scope.late_headers = tuple([addition_of(tuple(filter(_describes_none, item.pairs))) for item in added])
    return compared


def _describes_none(pair: tuple[str, str]) -> bool:
    """Return whether a header may stay if another response takes the place of the one that it was made for."""
    name = pair[0].lower()
    return name not in _OF_ONE_RESPONSE and (not name.startswith("content-") or name.startswith("content-security"))


_OF_ONE_RESPONSE = frozenset({"etag", "last-modified", "cache-control", "expires", "age"})


def _finish_stored(scope: Scope, response: WerkzeugResponse) -> Finished:
    """Make the WSGI response of an unchanged entry, whose headers were checked when it was stored."""
    headers = _kept_late_headers(scope, response) if scope.late_headers else [*pairs_of(response.headers)]
    if scope.client_read and not scope.route.is_public and not scope.is_private:
        headers = made_private(headers)
    if COOKIE in scope.environ.get("HTTP_COOKIE", ""):
        headers = _without_forged_draft(scope, headers)
    body: Any = response.response
    sent = [] if scope.environ["REQUEST_METHOD"] == "HEAD" else [*body]  # other requests get the same response
    return response._status, headers, ClosingIterator(sent, partial(end, scope)) if scope.has_leftovers else sent


def _kept_late_headers(scope: Scope, response: WerkzeugResponse) -> Pairs:
    """Return the headers of a stored response with the late ones.

    The result is kept on the response if other requests may need it: most middleware adds the same headers to all.
    """
    late, kept = scope.late_headers, response.__dict__.get("_kept_late_headers")
    if kept is not None and kept[0] == late:
        return [*kept[1]]
    headers = with_late_headers(pairs_of(response.headers), late)
    if all(addition.is_shared for addition in late):
        response.__dict__["_kept_late_headers"] = late, headers
    return [*headers]


def _with_cookies_and_cache_control(scope: Scope, headers: Pairs) -> Pairs:
    """Return headers with the cookies of the request and the ``Cache-Control`` for shared caches."""
    cookies = take_cookies(scope, headers) if scope.opened_jar is not None else []
    if cookies:
        headers += cookies
    route = scope.route
    if scope.is_unstored:  # this overrides the settings and middleware
        headers = made_private(headers, UNSTORED)
    elif route.is_cached or route.is_file:
        sets_cookie = bool(cookies) or "set-cookie" in [name.lower() for name, _ in headers]
        if sets_cookie or (route.is_cached and scope.client_read and not route.is_public):
            headers = made_private(headers)
    if route.draft_key is not None and COOKIE in scope.environ.get("HTTP_COOKIE", ""):
        headers = _without_forged_draft(scope, headers)
    return headers


def _without_forged_draft(scope: Scope, headers: Pairs) -> Pairs:
    """Clear the client's draft mode cookie if this application did not sign it, as Next does."""
    key = scope.route.draft_key
    sets_it = any(name == "Set-Cookie" and value.startswith(f"{COOKIE}=") for name, value in headers)
    if key is None or sets_it or key.is_valid(parse_cookies(scope.environ.get("HTTP_COOKIE") or "")):
        return headers
    return [*made_private(headers), ("Set-Cookie", key.clearing_line())]
