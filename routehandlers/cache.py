"""Next's ``next/cache``: cache values, set their lifetime, and purge them."""

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
from ._runtime.scope.unit import new_unit
from ._runtime.values import Keeping, Kept
from ._start.arguments import signature_of
from .exceptions import OutsideRequestError

__all__ = ["cache_life", "cache_tag", "cached", "no_store", "revalidate_path", "revalidate_tag"]

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("routehandlers")


def revalidate_path(path: str, type: Literal["page", "route", "layout"] | None = None) -> bool:
    """Purge the stored responses of a path. The next request for it calls its handler again.

    The purge takes effect at once, even if the handler fails later, in all workers of the server and in all processes
    that share a storage. Outside of a request, use ``app.cache.revalidate_path()``.

    https://nextjs.org/docs/app/api-reference/functions/revalidatePath

    :param path: A path without base path and query, as ``"/blog/a b"`` or ``"/blog/a%20b"``, with or without a slash
        at its end. Or the pattern of a route, such as ``"/blog/[slug]"``, for all of its URLs.
    :param type: ``"layout"`` also purges everything below the folder. ``"page"`` and ``"route"`` change nothing: a
        pattern alone already means its route.
    :return: See ``revalidate_tag()``.
    :raise PurgeInRenderError: See ``revalidate_tag()``.
    :raise OutsideRequestError: Outside of a request.
    """
    return _purging_scope("revalidate_path").route.cache.revalidate_path(path, type)


def revalidate_tag(tag: str, profile: str | Mapping[str, float] | None = None) -> bool:
    """Purge every stored response and value that has a tag.

    The next request for each of them calls its handler again. Nothing is
    recomputed now, so the call is cheap, for example in a webhook. Outside of
    a request, use ``app.cache.revalidate_tag()``.

    https://nextjs.org/docs/app/api-reference/functions/revalidateTag

    :param tag: A tag as given to ``cached(tags=…)``, ``cache_tag()`` or ``fetch(tags=…)``. Unknown tags are fine.
    :param profile: With ``"max"`` or another profile of ``cache_life()``, the entries are marked as stale instead: they
        are served while they are refreshed, at most for the profile's ``expire``. ``{"expire": 60}`` states only this
        time, and ``{"expire": 0}`` purges at once.
    :return: Whether the storage has the purge. If it does not answer, the purge is sent as soon as it does. Until then
        this process serves nothing from the cache, but other processes may serve what was purged. Also false if the log
        says that the purge can have no effect.
    :raise ValueError: For an unknown profile.
    :raise PurgeInRenderError: In a function of ``cached()``, and in a ``GET`` with ``dynamic = "error"``, but not in
        ``after()``.
    :raise OutsideRequestError: Outside of a request.
    """
    return _purging_scope("revalidate_tag").route.cache.revalidate_tag(tag, profile)


def _purging_scope(function: str) -> Scope:
    """Return the scope of a request that is about to purge."""
    scope = current_scope(function)
    if scope.render is not None:
        scope.render.purge(f"{function}()")
    if scope.environ.get("wsgi.multiprocess") and not scope.route.cache.store.shares_purges:
        _warn_once(
            f"{function}() reaches this process only, because the workers cannot share a folder below the temporary"
            " folder. Name a storage that they share in the setting cache: 'file:///path' or 'redis://host'."
        )
    return scope


@functools.lru_cache(maxsize=16)
def _warn_once(message: str) -> None:
    logger.warning("%s", message)


def cache_tag(*tags: str) -> None:
    """Add tags to the response of a cached ``GET``, or to the value of a ``cached()`` function.

    It does nothing where nothing is cached.

    https://nextjs.org/docs/app/api-reference/functions/cacheTag

    :param tags: Up to 128 tags of up to 256 characters each. Others are dropped with a warning, as in Next.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("cache_tag")
    checked = check_tags(tags)
    if scope.render is not None:
        scope.render.add_tags(checked)


def cache_life(profile: str | Mapping[str, float]) -> None:
    """Set the lifetime of the response or value being cached, instead of ``revalidate``. The shortest of several wins.

    https://nextjs.org/docs/app/api-reference/functions/cacheLife

    :param profile: ``"seconds"``, ``"minutes"``, ``"hours"``, ``"days"``, ``"weeks"``, ``"max"`` or ``"default"``; a
        name in the setting ``cache_life``; or a mapping with ``revalidate`` and ``expire`` in seconds.
    :raise ValueError: For an unknown profile.
    :raise OutsideRequestError: Outside of a request.
    """
    scope = current_scope("cache_life")
    life = find_life(profile, scope.route.cache.profiles)
    if scope.render is not None:
        scope.render.set_life(life.revalidate, life.expire)


def no_store() -> None:
    """Declare that the response being made must not be cached.

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
    """Cache the results of a function, across requests and, with a shared storage, across processes.

    The cache key consists of the function's module and qualified name, ``key_parts``,
    and its arguments with their defaults. The value is converted to JSON and back,
    even on a miss: a tuple becomes a list, a dataclass a dict, and a date the text
    of its ``isoformat()``. Exceptions are not cached. The function has no client:
    ``cookies()`` and similar functions raise ``DynamicUsageError`` in it. Outside of
    requests, every call runs the function.

    https://nextjs.org/docs/app/api-reference/functions/unstable_cache

    :param revalidate: Seconds until the value is refreshed, in the background. ``None`` and ``False`` mean never.
    :param tags: Tags for ``revalidate_tag()``.
    :param key_parts: Values beside the arguments that the result depends on.
    :raise ValueError: If ``revalidate`` is not a number above 0.
    """
    if function is None:
        return lambda given: _cached(given, revalidate, tags, key_parts)
    return _cached(function, revalidate, tags, key_parts)


def _cached(
    function: Callable[P, R], revalidate: float | Literal[False] | None, tags: Iterable[str], key_parts: Iterable[str]
) -> Callable[P, R]:
    if revalidate is not None and revalidate is not False and not revalidate > 0:
        raise ValueError(f"revalidate is {revalidate!r}. Give a number of seconds above 0, or False for no limit.")
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"cached() takes a function that is not asynchronous, not {function!r}.")
    own_tags, parts = check_tags(tags), [key_parts] if isinstance(key_parts, str) else list(key_parts)
    # The package name of an application has a number, which may differ between processes.
    name = re.sub(r"^routehandlers_app_\d+\.", "app.", f"{function.__module__}.{function.__qualname__}")
    signature = signature_of(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        def make() -> Kept:
            return Kept(0, (), _dump(name, function(*args, **kwargs)))

        try:
            scope = current_scope("cached")
        except OutsideRequestError:
            with new_unit():
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
        raise TypeError(f"{name}() is cached, but JSON cannot represent its result: {error}") from None


def _load(kept: Kept) -> Any:
    return _json.loads(kept.body)
