"""Values that are cached across requests, for ``cached()`` and ``fetch()``."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import TYPE_CHECKING, NamedTuple

from .._cache.cache import Outcome
from .._cache.freshness import Freshness
from .._cache.key import LONGEST_KEY, layout_tag
from .._cache.render import Reading, Render
from .._http.request.vary import Vary
from .._http.request.watched import environ_without_client
from ..cache_handlers.base import Entry
from .scope.implicit_tags import ImplicitTags
from .scope.render_scope import RenderScope
from .scope.scope import RouteInfo, Scope
from .scope.unit import end_unit, is_answer, new_unit

if TYPE_CHECKING:
    from .scope.framework import MakeRenderContext


class Kept(NamedTuple):
    """A value that was made.

    :param is_good: Whether it may be stored. Failures are not stored.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_good: bool = True


class Keeping:
    """Instructions to make one value, and its lifetime.

    :param where: The function that makes it, for messages.
    :param key: Key of the entry. The value may depend only on what the key covers.
    :param make: Makes the value, in a scope without a client.
    """

    def __init__(
        self, where: str, key: str, make: Callable[[], Kept], *, tags: Iterable[str], revalidate: float | None
    ) -> None:
        self._where = where
        self._key = key
        self._make = make
        self._tags = tuple(tags)
        self._revalidate = revalidate

    def value(self, scope: Scope) -> Kept:
        """Return the value, from the cache if possible.

        :raise Exception: If making the value raises it. Exceptions are not stored.
        """
        cache = scope.route.cache
        if scope.is_draft or len(self._key) > LONGEST_KEY:
            with new_unit():
                return self._make()
        prefix = scope.environ.get("SCRIPT_NAME") or ""
        framework = scope.route.framework
        make_context = framework.render_context(has_client=False) if framework is not None else None
        implicit_tags = scope.implicit_tags
        found = cache.find(self._key, implicit_tags)
        if found is not None:
            entry, freshness = found[0].entry, found[1]
            # A render that may be stored would keep the stale value even longer.
            is_enough = freshness is Freshness.FRESH or (
                scope.render is None
                and cache.refresh(
                    entry, lambda _: self._made(scope.route, prefix, None, make_context, implicit_tags), implicit_tags
                )
            )
            if is_enough:
                return _used(scope, entry)
        made = cache.once(
            self._key, lambda _: self._made(scope.route, prefix, scope, make_context, implicit_tags), implicit_tags
        )
        if made.entry is not None:
            return _used(scope, made.entry)
        kept: Kept = made.answer
        return kept

    def _made(
        self, route: RouteInfo, prefix: str, outer: Scope | None, make_context: MakeRenderContext | None,
        implicit_tags: ImplicitTags,
    ) -> Outcome:  # fmt: skip
        cache = route.cache
        render = Render(
            self._where,
            cache.mark(),
            Reading.ERROR,
            tags=(*self._tags, layout_tag("/")),
            revalidate=self._revalidate,
            expire=cache.expire_time,
            is_value=True,
        )
        environ = environ_without_client(prefix, "/")
        inner = RenderScope(environ, environ, route, {}, "/", Context(), render, Vary(), make_context)
        inner.inherited_tags = implicit_tags  # of the path, for the values that this one uses
        try:
            kept = inner.context.run(self._run, inner)
        finally:
            inner.leave()
        if inner.after and outer is not None:
            outer.after = outer.after if outer.after is not None else deque()
            outer.after.extend(inner.after)
        if render.dynamic or not kept.is_good or len(kept.body) > cache.store.max_entry_size:
            return Outcome(answer=kept)
        return Outcome(
            Entry(
                self._key,
                kept.status,
                kept.headers,
                kept.body,
                time.time(),
                render.revalidate,
                render.expire,
                render.tags,
                render.mark,
            )
        )

    def _run(self, inner: RenderScope) -> Kept:
        inner.enter()
        try:
            kept = self._make()
        except BaseException as error:
            if inner.unit is not None:
                end_unit(inner, None if is_answer(error) else error)
            raise
        if inner.unit is not None:
            end_unit(inner)
        return kept


def _used(scope: Scope, entry: Entry) -> Kept:
    """Return the value of an entry. A render that uses it gets its tags, and is not stored for longer."""
    if scope.render is not None:
        scope.render.add_tags(entry.tags)
        scope.render.lower(entry.revalidate)
    return Kept(entry.status, entry.headers, entry.body)
