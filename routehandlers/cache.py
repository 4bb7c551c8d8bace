"""Next's ``next/cache``: what is kept, for how long, and what forgets it."""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, ParamSpec, TypeVar, cast, overload

from ._cache.key import check_tags, make_key
from ._cache.life import find_life
from ._http.values import json as _json
from ._runtime.scope.scope import Scope, current_scope
from ._runtime.values import Keeping, Kept
from .exceptions import OutsideRequestError

__all__ = ["cache_life", "cache_tag", "cached", "no_store", "revalidate_path", "revalidate_tag"]

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("routehandlers")


def revalidate_path(path: str, type: Literal["page", "route", "layout"] | None = None) -> None:
    """Forget the stored answers of a path: the next request for it calls its handler again.

    It takes effect at once, whatever happens after it, and in all processes that share a storage. Outside of a
    request use ``app.cache.revalidate_path()``.

    https://nextjs.org/docs/app/api-reference/functions/revalidatePath

    :param path: A URL without base path and query, as ``"/blog/a b"`` or ``"/blog/a%20b"``, with or without a slash
        at its end; or the pattern of a route, such as ``"/blog/[slug]"``, for all of its URLs.
    :param type: ``"layout"`` for everything below a folder as well; ``"page"`` and ``"route"`` say what a pattern says.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("revalidate_path")
    scope.route.cache.revalidate_path(path, type)
    _has_purged(scope, "revalidate_path()")


def revalidate_tag(tag: str, profile: str | Mapping[str, float] | None = None) -> None:
    """Forget every stored answer and value that carries a tag.

    The next request for each of them calls its handler again. Nothing is
    recomputed now, so this is cheap to call from a webhook. Outside of a
    request use ``app.cache.revalidate_tag()``.

    https://nextjs.org/docs/app/api-reference/functions/revalidateTag

    :param tag: As given to ``cached(tags=…)``, ``cache_tag()`` or ``fetch(tags=…)``. Unknown tags are fine.
    :param profile: With ``"max"``, or another of ``cache_life()``, what is there is served once more while it is
        refreshed, for as long as the profile's ``expire`` says. ``{"expire": 0}`` is as good as nothing.
    :raise ValueError: For an unknown profile.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("revalidate_tag")
    scope.route.cache.revalidate_tag(tag, profile)
    _has_purged(scope, "revalidate_tag()")


def _has_purged(scope: Scope, what: str) -> None:
    if scope.environ.get("wsgi.multiprocess") and not scope.route.cache.store.is_shared:
        _warn_once(
            f"{what} reaches this process only: with memory:// every worker has a cache of its own."
            " Share one with RouteHandlers(…, cache='file:///path') or 'redis://host'."
        )
    if scope.render is not None:
        scope.render.turn_dynamic(what)


@functools.lru_cache(maxsize=16)
def _warn_once(message: str) -> None:
    logger.warning("%s", message)


def cache_tag(*tags: str) -> None:
    """Give tags to what is being stored: the answer of a cached ``GET``, or the value of a ``cached()`` function.

    Where nothing is being stored it does nothing.

    https://nextjs.org/docs/app/api-reference/functions/cacheTag

    :param tags: Up to 128, of up to 256 characters each.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("cache_tag")
    checked = check_tags(tags)
    if scope.render is not None:
        scope.render.add_tags(checked)


def cache_life(profile: str | Mapping[str, float]) -> None:
    """State how long what is being stored holds, in place of ``revalidate``. Called twice, the shorter counts.

    https://nextjs.org/docs/app/api-reference/functions/cacheLife

    :param profile: ``"seconds"``, ``"minutes"``, ``"hours"``, ``"days"``, ``"weeks"``, ``"max"`` or ``"default"``; or
        a mapping with ``revalidate`` and ``expire`` in seconds.
    :raise ValueError: For an unknown profile.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("cache_life")
    life = find_life(profile)
    if scope.render is not None:
        scope.render.set_life(life.revalidate, life.expire)


def no_store() -> None:
    """State that what is being made is for this moment only, and must not be stored.

    https://nextjs.org/docs/app/api-reference/functions/unstable_noStore

    :raise DynamicUsageError: In a function of ``cached()``, and in a route with ``dynamic = "error"``.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("no_store")
    if scope.render is not None:
        scope.render.read("no_store()")


@overload
def cached(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def cached(
    function: None = None,
    /,
    *,
    revalidate: float | Literal[False] | None = None,
    tags: Iterable[str] = (),
    key_parts: Iterable[str] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def cached(
    function: Callable[P, R] | None = None,
    /,
    *,
    revalidate: float | Literal[False] | None = None,
    tags: Iterable[str] = (),
    key_parts: Iterable[str] = (),
) -> Callable[..., Any]:
    """Keep what a function returns, across requests and, with a shared storage, across processes.

    The key is the function's module and qualified name, ``key_parts``, and its
    arguments with their defaults. The value goes through JSON on its way, also
    on a miss: a tuple comes back as a list, a date as text. What the function
    raises is not kept. It has no client: ``cookies()`` and its like raise in it.
    Outside of requests the function is called each time.

    https://nextjs.org/docs/app/api-reference/functions/unstable_cache

    :param revalidate: Seconds after which it is made anew, in the background; ``None`` and ``False`` for never.
    :param tags: For ``revalidate_tag()``.
    :param key_parts: What the value depends on beside the arguments.
    :raise ValueError: If ``revalidate`` is no number above 0.
    """
    if function is None:
        return lambda given: _cached(given, revalidate, tags, key_parts)
    return _cached(function, revalidate, tags, key_parts)


def _cached(
    function: Callable[P, R], revalidate: float | Literal[False] | None, tags: Iterable[str], key_parts: Iterable[str]
) -> Callable[P, R]:
    if revalidate is not None and revalidate is not False and not revalidate > 0:
        raise ValueError(f"revalidate is {revalidate!r}. Give a number of seconds above 0, or False for no end.")
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"cached() takes a function that is not asynchronous, not {function!r}.")
    own_tags, parts = check_tags(tags), [key_parts] if isinstance(key_parts, str) else list(key_parts)
    # The package of an application has a number, which other processes may count otherwise.
    name = re.sub(r"^routehandlers_app_\d+\.", "app.", f"{function.__module__}.{function.__qualname__}")
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        def make() -> Kept:
            return Kept(0, (), _dump(name, function(*args, **kwargs)))

        try:
            scope = current_scope("cached")
        except OutsideRequestError:
            return cast("R", _load(make()))
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        prefix = scope.environ.get("SCRIPT_NAME") or ""
        key = make_key("cached", name, prefix, parts, list(bound.arguments.items()))
        keeping = Keeping(f"{name}()", key, make, tags=own_tags, revalidate=revalidate or None)
        return cast("R", _load(keeping.value(scope)))

    return call


def _dump(name: str, value: Any) -> bytes:
    try:
        return _json.dumps(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}() is cached and returned what JSON cannot write: {error}") from None


def _load(kept: Kept) -> Any:
    return _json.loads(kept.body)
