"""The response: a Werkzeug response with the methods of Next's manual."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import werkzeug.wrappers
from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.http import HTTP_STATUS_CODES

from ..values import json as _json
from ..values.encoding import TOKEN, check_header_value, encode_non_ascii, to_bytes, url_text
from ..values.ranges import with_usable_range
from .additions import Addition, addition_of
from .cookie_rules import check_cookie
from .cookies import ResponseCookies, encode_value
from .event_stream import event_stream

if TYPE_CHECKING:
    from ...typing import HeaderChanges, HeadersLike, WSGIEnvironment

# Python 3.13 renamed the phrases of these. With Werkzeug's, a status has the same line on each Python.
_RENAMED = {status: HTTP_STATUS_CODES[status] for status in (413, 414, 416, 422)}

STATUS_LINES = {status.value: f"{status.value} {_RENAMED.get(status.value, status.phrase)}" for status in HTTPStatus}

# RFC 9112 section 4, without the tab, which PEP 3333 forbids.
_STATUS_LINE = re.compile(r"[2-5][0-9]{2}(?: [\x20-\x7e\x80-\xff]*)?")

# Statuses of a redirect. 300 and 304 have other meanings.
REDIRECTS = (301, 302, 303, 307, 308)
_new = object.__new__

# Statuses whose responses have no body.
WITHOUT_BODY = (204, 205, 304)
_WITH_BODY = frozenset(status for status in STATUS_LINES if status >= 200) - {*WITHOUT_BODY}


class Response(werkzeug.wrappers.Response):
    """A response, with Next's constructors on top of Werkzeug's.

    :param response: The body: ``str``, ``bytes``, an iterable of either, or ``None``.
        A ``str`` sets the content type ``text/plain; charset=utf-8``; the others set none.
    :param status: 200–599, or a line such as ``"404 Not Found"``.
    :param headers: A mapping, or pairs.
    :raise ValueError: For another status, a line that would break the message, and for a body with 204, 205 or 304.

    https://nextjs.org/docs/app/api-reference/functions/next-response
    """

    default_mimetype = None
    autocorrect_location_header = False

    # The exception that this is the default response for. A framework around the routes may replace it.
    _default_for: Exception | None = None

    def __init__(
        self,
        response: Iterable[bytes] | Iterable[str] | bytes | str | None = None,
        status: int | str | HTTPStatus | None = None,
        headers: HeadersLike | None = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        # Without super().__init__(), which takes longer than the rest of a request:
        # it makes every default header, whether or not it applies.
        self.headers = Headers(headers)  # a copy, since the caller may use the same headers again
        self.direct_passthrough = direct_passthrough
        self._on_close = []
        if type(status) is int and status in STATUS_LINES and status >= 200:
            self._status_code, self._status = status, STATUS_LINES[status]
        else:
            self.status = 200 if status is None else status
        if isinstance(response, str):
            self.response = [to_bytes(response)]
            if content_type is None and mimetype is None:
                content_type = "text/plain; charset=utf-8"
        elif isinstance(response, (bytes, bytearray, memoryview)):
            self.response = [bytes(response)]
        else:
            self.response = [] if response is None else response
        if self.response and self._status_code in WITHOUT_BODY:
            raise ValueError(f"A response with status {self._status_code} cannot have a body.")
        if content_type is not None:
            if "Content-Type" not in self.headers:
                self.headers["Content-Type"] = content_type
        elif mimetype is not None:
            self.mimetype = mimetype

    @classmethod
    def json(  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Next; get_json() is Werkzeug's
        cls, data: Any, status: int = 200, headers: HeadersLike | None = None
    ) -> Response:
        """Make a response in JSON: compact, UTF-8, ``application/json``.

        :param data: All types that ``json`` writes, dataclasses, dates and times (ISO 8601), UUIDs, Decimals and Enums,
            and those that the setting ``json_encoder`` converts.
        :raise TypeError: For other types.
        """
        body = _json.dumps(data)
        if headers is None and cls is Response and status in _WITH_BODY and type(status) is int:
            return made_response(body, status, [_JSON_TYPE])
        response = cls([body], status, headers)
        if "Content-Type" not in response.headers:
            response.headers["Content-Type"] = "application/json"
        return response

    @classmethod
    def redirect(cls, url: object, status: int = 307, headers: HeadersLike | None = None) -> Response:
        """Make a response that redirects the client to another URL.

        Browsers keep a 308 or a 301 forever, so it is hard to take back.

        :param url: A ``str`` or a ``URL``; sent as it is.
        :param status: 301, 302, 303, 307 or 308.
        :raise TypeError: If the URL is ``None`` or another value that is no URL.
        :raise ValueError: For another status, an empty URL, or one with control characters.
        """
        if status not in REDIRECTS:
            raise ValueError(
                f"The status of a redirect must be one of {', '.join(map(str, REDIRECTS))}, not {status!r}."
            )
        location = url_text(url, "a redirect")
        check_header_value("Location", location)
        response = cls(None, status, headers)
        response.headers["Location"] = encode_non_ascii(location)
        return response

    @classmethod
    def next(cls, *, request_headers: HeaderChanges | None = None, headers: HeadersLike | None = None) -> Continuation:
        """In middleware: continue to the next middleware or the route.

        :param request_headers: Changes to the headers of the request: ``{"x-user": "7", "x-raw": None}`` sets the
            first header and removes the second; all others stay.
        :param headers: Headers that are added to the response. You can also set ``cookies`` of the result.
        :raise TypeError: If ``headers`` are those of a request, since the client chose them.
        """
        return Continuation(None, request_headers, headers)

    @classmethod
    def rewrite(
        cls, url: object, *, request_headers: HeaderChanges | None = None, headers: HeadersLike | None = None
    ) -> Continuation:
        """In middleware: let another route of this application answer. The client does not notice.

        :param url: A ``str`` or a ``URL``: a path below the application, such as ``"/items/a?draft=1"``, or a whole
            URL of it. ``request.args`` contains its query; ``request.url`` stays what the client sent.
        """
        return Continuation(url_text(url, "a rewrite"), request_headers, headers)

    @classmethod
    def error(cls) -> Response:
        """Make an empty 500. In a browser this is the response of a failed connection, which no server can send."""
        return cls(None, 500)

    @classmethod
    def event_stream(
        cls, iterable: Iterable[Any], *, keep_alive: float | None = None, headers: HeadersLike | None = None
    ) -> Response:
        """Make a stream of Server-Sent Events for the ``EventSource`` of browsers.

        Each item is the data of an event, or a mapping of ``data``, ``event``, ``id``, ``retry`` (milliseconds) and
        ``comment``. Data that is not a ``str`` is written as JSON. A client that reconnects sends the last ``id`` as
        ``Last-Event-ID``.

        :param keep_alive: Seconds of silence after which a comment is sent. The
            iterable then runs in its own thread, which also closes it.

        https://html.spec.whatwg.org/multipage/server-sent-events.html
        """
        response = cls(event_stream(iterable, keep_alive), 200, headers)
        for name, value in cls._EVENT_STREAM.items():
            response.headers.setdefault(name, value)
        return response

    _EVENT_STREAM: ClassVar = {
        "Content-Type": "text/event-stream; charset=utf-8",
        # Without these, proxies may delay events: nginx by buffering, others by compressing.
        "Cache-Control": "no-cache, no-transform",
        "X-Accel-Buffering": "no",
    }

    def make_conditional(
        self,
        request_or_environ: WSGIEnvironment | werkzeug.wrappers.Request,
        accept_ranges: bool | str = False,
        complete_length: int | None = None,
    ) -> Response:
        """Make the response conditional; see Werkzeug. Unlike there, an unknown or invalid ``Range`` is ignored."""
        given: Any = request_or_environ
        environ: WSGIEnvironment = getattr(given, "environ", given)
        super().make_conditional(with_usable_range(environ, complete_length), accept_ranges, complete_length)
        return self

    @property
    def status(self) -> str:
        """The status line, such as ``"404 Not Found"``. You can set it to a line or to a number."""
        return self._status

    @status.setter
    def status(self, value: str | int | HTTPStatus) -> None:
        line, code = self._clean_status(value)
        if not 200 <= code <= 599:
            raise ValueError(f"The status of a response must be from 200 to 599, not {value!r}.")
        check_status(line)
        self._status, self._status_code = line, code

    def set_cookie(self, key: str, value: str = "", *args: Any, **kwargs: Any) -> None:
        """Set a cookie; see Werkzeug. The value is percent-encoded, as by ``cookies``, and so is read unchanged.

        :raise ValueError: If browsers would drop the cookie.
        """
        super().set_cookie(key, encode_value(value), *args, **kwargs)
        try:
            check_cookie(self.headers.getlist("Set-Cookie")[-1])
        except ValueError:
            lines = self.headers.getlist("Set-Cookie")
            self.headers.setlist("Set-Cookie", lines[:-1])
            raise

    @property
    def cookies(self) -> ResponseCookies:
        """Cookies that this response sets."""
        return ResponseCookies(self.headers)


def check_status(line: str) -> None:
    """Check that a status line is a number and a phrase that cannot end the line early.

    :raise ValueError: If it is not.
    """
    if not _STATUS_LINE.fullmatch(line):
        raise ValueError(
            f"{line!r} cannot be a status line. Use a number from 200 to 599, or one with a phrase of printable"
            " characters in Latin-1, such as '404 Not Found'."
        )


_JSON_TYPE: tuple[str, str] = ("Content-Type", "application/json")

# The headers of a JSON response to which the handler has added none.
JSON_HEADERS: list[tuple[str, str]] = [_JSON_TYPE]


def made_response(body: bytes, status: int, headers: list[tuple[str, str]]) -> Response:
    """Return a response as the constructor makes it, without its checks. A test compares the two.

    :param status: A value of ``http.HTTPStatus`` from 200 on. If it allows no body, ``body`` must be empty.
    :param headers: Already checked. The response is not changed if others use the list.
    """
    response, own_headers = _new(Response), _new(Headers)
    own_headers._list = headers
    # Attributes one by one take a third less time than a new __dict__.
    response.headers, response.direct_passthrough, response._on_close = own_headers, False, []
    response._status_code, response._status = status, STATUS_LINES[status]
    response.response = [body] if body else []
    return response


class Continuation(Response):
    """Result of ``Response.next()`` and ``Response.rewrite()`` in middleware. It is not sent to the client.

    :ivar destination: The URL of a rewrite; ``None`` without a rewrite.
    :ivar request_headers: Names in lower case, with their new value, or ``None`` to remove them.
    """

    def __init__(
        self, destination: str | None, request_headers: HeaderChanges | None, headers: HeadersLike | None
    ) -> None:
        if isinstance(headers, EnvironHeaders):
            raise TypeError(
                "headers= adds headers to the response, but these are the headers of a request, which the client"
                " chose. Pass only the headers to send, or use request_headers=."
            )
        super().__init__(None, 200, headers)
        self.destination = destination
        changes: dict[str, str | None] = dict(request_headers or ())
        self.request_headers = {
            name.lower(): _check_change(name, value) for name, value in changes.items() if name.lower() not in _FIXED
        }

    @property
    def addition(self) -> Addition:
        """The headers for the response."""
        return addition_of(tuple(self.headers))

    def __repr__(self) -> str:
        return "Response.next()" if self.destination is None else f"Response.rewrite({self.destination!r})"


class PreparedContinuation(Continuation):
    """``Response.next()`` with the same headers for many requests.

    Only code that looks at it, such as a middleware that calls another, pays for a complete object. So it can change
    the headers, and no other request sees the change.
    """

    destination: str | None = None
    request_headers: Mapping[str, str | None] = MappingProxyType({})

    def __init__(self, addition: Addition) -> None:
        self._prepared = addition

    @property
    def addition(self) -> Addition:
        return addition_of(tuple(self.headers)) if "headers" in self.__dict__ else self._prepared

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "headers" in own or "_prepared" not in own or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        changed = dict(own)
        super().__init__(None, None, self._prepared.pairs)
        own.update(changed)
        return getattr(self, name)


# These describe the body that the server is reading, so middleware cannot change them. They are ignored
# without an error, since middleware that passes on all headers passes these, too.
_FIXED = frozenset({"content-length", "transfer-encoding"})


def _check_change(name: str, value: str | None) -> str | None:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a header.")
    if value is not None:
        check_header_value(name, value)
    return value
