"""Next's ``fetch()``: send a request to another server, and cache the response on demand (extra ``fetch``)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

try:
    import urllib3
except ModuleNotFoundError:
    raise ImportError('fetch() needs urllib3. Install it with: pip install "routehandlers[fetch]"') from None

from ._cache.key import check_tags, make_key
from ._hints import show
from ._http.response.fetch_response import FetchResponse
from ._http.values import json as _json
from ._http.values.encoding import to_bytes
from ._runtime.scope.scope import Scope, current_scope
from ._runtime.values import Keeping, Kept
from .exceptions import FetchError, OutsideRequestError

__all__ = ["FetchResponse", "fetch"]

# Headers for tracing, which do not change the response. The list is Next's.
_NOT_IN_KEY = ("traceparent", "tracestate")

_CREDENTIALS = re.compile("^([a-z]+://)[^/?#]*@", re.IGNORECASE)

_CHUNK = 64 * 2**10
_URL = ":url"

# One pool per process, because a connection must not be shared across a fork.
_pools: dict[int, urllib3.PoolManager] = {}


def fetch(
    url: object,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    json: Any = None,
    cache: Literal["force-cache", "no-store"] | None = None,
    revalidate: float | Literal[False] | None = None,
    tags: Iterable[str] = (),
    timeout: float = 30.0,
) -> FetchResponse:
    """Send a request to another server and return its response.

    The response is cached if you pass ``cache="force-cache"``, ``revalidate`` or
    ``tags``. The cache key consists of method, URL, headers and body. Responses
    with a 5xx status are not cached, and ``Set-Cookie`` is removed. A cached route
    that uses the response gets its tags, and expires no later. The ``fetch_cache``
    of a route changes the default and restricts the arguments.

    https://nextjs.org/docs/app/api-reference/functions/fetch

    :param url: Absolute URL, as text or as a ``URL``.
    :param json: Data to send as a JSON body, with the matching ``Content-Type``.
    :param revalidate: Seconds until the response is refreshed, in the background. ``False`` means never; 0 is the same
        as ``cache="no-store"``.
    :param tags: Tags for ``revalidate_tag()``.
    :param timeout: Maximum seconds to connect, and between two chunks.
    :raise FetchError: If there is no response.
    :raise ValueError: If arguments contradict each other or the route's ``fetch_cache``.
    """
    target, fields, data = str(url), {name: str(value) for name, value in (headers or {}).items()}, body
    if target.partition(":")[0].lower() not in {"http", "https"}:
        raise ValueError(f"fetch() takes an absolute URL, such as 'https://example.com/a', not {show(target)}.")
    try:
        urlsplit(target).port  # noqa: B018  # it is read to be checked
    except ValueError:  # its message may show a part of a password, as that of urllib3 would
        raise ValueError(f"fetch() got a URL with an invalid host or port: {show(target)}.") from None
    # They are not sent, and must not get into keys and messages.
    target = _CREDENTIALS.sub(r"\1", target)
    if json is not None:
        data = _json.dumps(json)
        fields.setdefault("Content-Type", "application/json")
    if isinstance(data, str):
        data = to_bytes(data)
    method = method.upper()
    own_tags = check_tags(tags)
    scope = _scope()
    wish = _wish(cache, revalidate, own_tags)
    if not _is_kept(wish, scope, method, fields):
        if wish is False and scope is not None and scope.render is not None and not scope.render.is_value:
            scope.render.read('fetch(cache="no-store")')
        return _ask(method, target, fields, data, timeout)
    assert scope is not None, "outside of a request nothing is cached"

    def make() -> Kept:
        answer = _ask(method, target, fields, data, timeout)
        kept = [(name, value) for name, value in answer.headers if name.lower() != "set-cookie"]
        return Kept(answer.status, ((_URL, answer.url), *kept), answer.bytes(), is_good=answer.status < 500)

    in_key = sorted((name.lower(), value) for name, value in fields.items() if name.lower() not in _NOT_IN_KEY)
    key = make_key("fetch", method, target, in_key, data)
    kept = Keeping(f"fetch({target!r})", key, make, tags=own_tags, revalidate=revalidate or None).value(scope)
    _, *rest = kept.headers
    return FetchResponse(kept.status, rest, kept.headers[0][1], [kept.body])


def _scope() -> Scope | None:
    try:
        return current_scope("fetch")
    except OutsideRequestError:
        return None


def _wish(cache: str | None, revalidate: float | Literal[False] | None, tags: tuple[str, ...]) -> bool | None:
    """Return whether the arguments ask for caching, or ``None`` if they leave it open."""
    if cache not in {None, "force-cache", "no-store"}:
        raise ValueError(f"cache is {cache!r}. It can be 'force-cache' or 'no-store'.")
    is_zero = revalidate is not None and revalidate is not False and revalidate == 0
    if revalidate is not None and revalidate is not False and not revalidate >= 0:
        raise ValueError(f"revalidate is {revalidate!r}. Give a number of seconds, or False for no limit.")
    wants_none = cache == "no-store" or is_zero
    if wants_none and (cache == "force-cache" or (revalidate is not None and not is_zero) or tags):
        raise ValueError(
            f"fetch() got cache={cache!r}, revalidate={revalidate!r} and tags={tags!r}, which contradict each other."
            " Pass either arguments that cache the response, or arguments that prevent it."
        )
    if wants_none:
        return False
    return True if cache or revalidate is not None or tags else None


def _is_kept(wish: bool | None, scope: Scope | None, method: str, headers: Mapping[str, str]) -> bool:
    """Return whether the response is cached, from the arguments and the ``fetch_cache`` of the route."""
    if scope is None:
        return False
    rule = scope.route.fetch_cache
    if (rule == "only-cache" and wish is False) or (rule == "only-no-store" and wish):
        raise ValueError(
            f"fetch_cache = {rule!r} of {scope.route.pattern} does not allow this fetch(). Change its arguments or"
            " fetch_cache."
        )
    if rule in {"force-cache", "force-no-store"}:
        return rule == "force-cache"
    if wish is not None:
        return wish
    # The arguments leave it open. A request with credentials may get a response for one client, so do not cache it.
    is_plain = method in {"GET", "HEAD"} and not {"authorization", "cookie"} & {name.lower() for name in headers}
    return rule in {"default-cache", "only-cache"} and is_plain


def _ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float) -> FetchResponse:
    pool = _pools.get(os.getpid())
    if pool is None:
        pool = _pools[os.getpid()] = urllib3.PoolManager(maxsize=32)
    # The Fetch standard follows 20 redirects. A failed request is not repeated, because it may have arrived.
    retries = urllib3.Retry(
        total=None, connect=0, read=0, other=0, status=0, redirect=20, respect_retry_after_header=False
    )
    try:
        answer = pool.request(
            method, url, headers=dict(headers), body=body, timeout=timeout, retries=retries, preload_content=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise FetchError(method, url, error) from error
    final = urljoin(url, answer.geturl() or url)
    return FetchResponse(
        answer.status, answer.headers.items(), final, _chunks(answer, method, url), answer.release_conn
    )


def _chunks(answer: urllib3.BaseHTTPResponse, method: str, url: str) -> Iterator[bytes]:
    try:
        yield from answer.stream(_CHUNK)
    except urllib3.exceptions.HTTPError as error:
        raise FetchError(method, url, error) from error
