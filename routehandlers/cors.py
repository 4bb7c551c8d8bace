"""CORS for a folder: ``middleware = cors(origins=["https://app.example.com"])`` in its ``middleware.py``.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ._http.request.request import Request
from ._http.request.watched import method_of, read_header
from ._http.response.additions import Addition
from ._http.response.errors import error_response
from ._http.response.response import Continuation, PreparedContinuation, Response
from ._http.values.encoding import TOKEN
from .exceptions import InvalidConfigError

__all__ = ["cors"]

_ASKED_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

# RFC 6454 section 7, without "null", which is the origin of every sandboxed frame and every local file.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.\-]*://[a-z0-9.\-\[\]:_]+")


def cors(
    *,
    origins: str | Iterable[str | re.Pattern[str]],
    methods: Iterable[str] = _METHODS,
    headers: str | Iterable[str] = "*",
    expose_headers: Iterable[str] = (),
    credentials: bool = False,
    max_age: int | None = 600,
) -> Callable[[Request], Response | Continuation]:
    """Make a middleware that allows pages of other origins to use the routes below its folder.

    It answers preflight requests and adds its headers to all other responses, including errors. If origins are listed,
    responses have ``Vary: Origin``, so that caches do not give one origin's response to another. Responses of cached
    routes are then private, because they depend on the client. With ``"*"`` they stay public.

    :param origins: ``"*"`` for all, or scheme, host and port of each: ``["https://app.example.com"]``. A compiled
        regular expression must match the whole origin.
    :param methods: Methods allowed in preflight responses.
    :param headers: Request headers that pages may set. ``"*"`` allows all that a preflight requests.
    :param expose_headers: Response headers that pages may read, beside those that are always readable.
    :param credentials: Whether pages may send cookies and ``Authorization``.
    :param max_age: Seconds for which browsers cache a preflight response.
    :raise InvalidConfigError: For ``credentials`` with any origin, and for an invalid origin, method or header.
    """
    allowed = _Allowed(origins, credentials=credentials)
    sent = _fixed_headers(expose_headers, credentials=credentials)
    preflight = _preflight_headers(methods, headers, max_age)
    takes_any_header, is_any = headers == "*", allowed.is_any

    varied = [] if allowed.is_any else [("Vary", "Origin")]
    # What is added to responses is the same for all requests of one origin.
    to_others = Addition(tuple(varied), is_shared=True)
    to_listed = {
        name: Addition((*varied, ("Access-Control-Allow-Origin", name), *sent), is_shared=True)
        for name in allowed.names
    }

    def middleware(request: Request) -> Response | Continuation:
        is_preflight = (
            method_of(request) == "OPTIONS"
            and read_header(request, _ASKED_METHOD, "the header Access-Control-Request-Method") != ""
        )
        origin = "*" if is_any else read_header(request, "HTTP_ORIGIN", "the header Origin")
        if not is_preflight and origin in to_listed:
            return PreparedContinuation(to_listed[origin])
        if not allowed.takes(origin):
            if not is_preflight:
                return PreparedContinuation(to_others)
            refused = error_response(request.environ, 403, "This origin is not allowed.")
            refused.headers.extend(varied)
            return refused
        common = [*varied, ("Access-Control-Allow-Origin", origin), *sent]
        if not is_preflight:
            return Response.next(headers=common)
        asked = request.headers.get("Access-Control-Request-Headers", "")
        if takes_any_header and asked:
            common += [("Access-Control-Allow-Headers", asked), ("Vary", "Access-Control-Request-Headers")]
        return Response(None, 204, [*common, *preflight])

    return middleware


class _Allowed:
    """The allowed origins."""

    def __init__(self, origins: str | Iterable[str | re.Pattern[str]], *, credentials: bool) -> None:
        listed: Sequence[str | re.Pattern[str]] = [origins] if isinstance(origins, str) else list(origins)
        self.is_any = "*" in listed
        if self.is_any and (credentials or len(listed) > 1):
            raise InvalidConfigError(
                "cors(): credentials with origins='*' would let every page act for a signed-in user. List the origins."
                if credentials
                else "cors(): origins has '*' beside others. Give '*' alone, or remove it."
            )
        self._patterns = [origin for origin in listed if isinstance(origin, re.Pattern)]
        self.names = {_check_origin(origin) for origin in listed if not isinstance(origin, re.Pattern)}

    def takes(self, origin: str) -> bool:
        if self.is_any or origin in self.names:
            return True
        return bool(_ORIGIN.fullmatch(origin)) and any(pattern.fullmatch(origin) for pattern in self._patterns)


def _check_origin(origin: str) -> str:
    if origin == "*":
        return origin
    if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin.lower()):
        raise InvalidConfigError(
            f"cors(): {origin!r} is not an origin. Give scheme, host and port, as in 'https://app.example.com', without"
            " a slash at the end."
        )
    return origin.lower()


def _fixed_headers(expose: Iterable[str], *, credentials: bool) -> list[tuple[str, str]]:
    exposed = ", ".join(_tokens("expose_headers", expose))
    return [
        *([("Access-Control-Allow-Credentials", "true")] if credentials else []),
        *([("Access-Control-Expose-Headers", exposed)] if exposed else []),
    ]


def _preflight_headers(
    methods: Iterable[str], headers: str | Iterable[str], max_age: int | None
) -> list[tuple[str, str]]:
    made = [("Access-Control-Allow-Methods", ", ".join(_tokens("methods", methods)))]
    if headers != "*":
        made.append(("Access-Control-Allow-Headers", ", ".join(_tokens("headers", headers))))
    if max_age is not None:
        made.append(("Access-Control-Max-Age", str(int(max_age))))
    return made


def _tokens(name: str, values: str | Iterable[str]) -> list[str]:
    if isinstance(values, str):
        raise InvalidConfigError(f"cors(): {name} is {values!r}. Give a list, such as [{values!r}].")
    listed = list(values)
    for value in listed:
        if not isinstance(value, str) or not TOKEN.fullmatch(value):
            raise InvalidConfigError(f"cors(): {name} contains {value!r}, which is not a valid name.")
    return listed
