"""What is decided last: config headers, the headers of middleware, and what clients and caches are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as WerkzeugResponse

from ..._cache.policy import PRIVATE, UNSTORED, directives
from ..._http.response.cookies import parse_cookies
from ..._http.response.draft import COOKIE
from ..._http.values.encoding import ACCUMULATED
from ..scope.wrapped import WrappedScope, overlay
from .failures import as_exception, failed
from .sending import Answer, prepare, reopen

if TYPE_CHECKING:
    from ..scope.scope import Scope
    from ..scope.wrapped import Attempted

Pairs = list[tuple[str, str]]


def attempt(scope: WrappedScope, endpoint: Attempted) -> WerkzeugResponse:
    """The answer of a route, for what stands around it.

    :raise Exception: What nobody planned.
    """
    try:
        answer = endpoint.attempt(scope)
    except Exception as error:
        scope.failing = endpoint, error
        raise
    scope.is_unstored = scope.route.is_cached and forbids_sharing(answer.headers)
    return transformed(scope, reopen(scope, answer))


def transformed(scope: WrappedScope, response: WerkzeugResponse) -> WerkzeugResponse:
    """An answer with the headers of the configuration, which win over those of a handler."""
    scope.is_transformed = True
    return overlay(response, Headers(scope.config_headers))


def conclude(scope: WrappedScope, response: WerkzeugResponse) -> Answer:
    """An answer as it leaves."""
    if not scope.is_transformed:  # it is middleware's own, whose headers win over the configuration's
        response = overlay(response, _without(Headers(scope.config_headers), response.headers))
    scope.is_wrapped = False
    answer = prepare(scope, response)
    scope.unanswered = getattr(response, "_unanswered", None)
    return answer._replace(headers=_told(scope, answer.headers))


def conclude_failed(scope: WrappedScope, error: BaseException) -> Answer:
    """The answer to what nobody planned, in a handler, in middleware, or in what came of either."""
    exception = as_exception(error)
    scope.is_wrapped = scope.is_transformed = False
    endpoint, known = scope.failing
    if endpoint is not None and known is exception:
        answer = endpoint.failed(scope, exception)
    else:
        answer = failed(scope, exception, f"{scope.description}, around its handler,", route_type="middleware")
    response: WerkzeugResponse = reopen(scope, answer)
    for headers in reversed(scope.overlays):
        response = overlay(response, headers)
    try:
        return conclude(scope, response)
    except ValueError:  # it was one of these headers that failed
        return answer


def _without(headers: Headers, own: Headers) -> Headers:
    return Headers([(name, value) for name, value in headers if name not in own or name.lower() in ACCUMULATED])


def _told(scope: WrappedScope, headers: Pairs) -> Pairs:
    """A stored answer is not for caches on the way where it depends on the client all the same."""
    route = scope.route
    if scope.is_unstored:  # whatever the settings or middleware say of it
        return made_private(headers, UNSTORED)
    sets_cookie = any(name.lower() == "set-cookie" for name, _ in headers)
    if route.is_cached and (sets_cookie or (scope.client_read and not route.is_public)):
        return made_private(headers)
    return headers


def made_private(headers: Pairs, cache_control: str = PRIVATE) -> Pairs:
    """Headers with which no cache on the way keeps an answer for others. What forbids it already stays."""
    if forbids_sharing(headers) or all(name.lower() != "cache-control" for name, _ in headers):
        return headers
    return [*(pair for pair in headers if pair[0].lower() != "cache-control"), ("Cache-Control", cache_control)]


def forbids_sharing(headers: Pairs) -> bool:
    """Whether an answer says itself that no cache on the way may keep it for others."""
    return any(
        name.lower() == "cache-control" and directives(value) & {"private", "no-store"} for name, value in headers
    )


def without_forged_draft(scope: Scope, headers: Pairs) -> Pairs:
    """Take a draft mode cookie that is not ours from its client, as Next does."""
    key = scope.route.draft_key
    sets_it = any(name == "Set-Cookie" and value.startswith(f"{COOKIE}=") for name, value in headers)
    if key is None or sets_it or key.is_valid(parse_cookies(scope.environ.get("HTTP_COOKIE") or "")):
        return headers
    return [*made_private(headers), ("Set-Cookie", key.clearing_line())]
