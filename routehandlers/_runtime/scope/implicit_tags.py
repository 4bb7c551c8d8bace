"""Implicit tags: the tags that the path of a request gives to its response, and to the values that it reads.

The response is stored with these tags. A value is not, because other paths read it,
too. A path that was purged reads no value that is older than the purge, and stores
the new one for all paths.

https://nextjs.org/docs/app/api-reference/functions/revalidatePath
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..._cache.key import DEEPEST, layout_tags, path_tag, route_tag
from ..._routing.spelling import from_matching


def tags_of_route(pattern: str, folders: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of all URLs of a route, by its pattern and by its folders. Only the latter have groups."""
    tags: dict[str, None] = {}
    for parts in ([part for part in pattern.split("/") if part], folders):
        tags.update(dict.fromkeys((route_tag("/" + "/".join(parts)), *layout_tags(parts))))
    return tuple(tags)


def tags_of_path(path: str, route_tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags of one URL of a route; first that of the URL alone.

    :param path: Matching text.
    """
    segments = from_matching(path)
    return (path_tag(segments), *route_tags, *layout_tags(segments[:DEEPEST]))


class ImplicitTags:
    """The implicit tags of one request. They are made at their first use: without purges there is none.

    :param path: The path that was matched, as matching text.
    :param requested_path: The path that the client sent if it was rewritten, or an empty string.
    """

    def __init__(self, pattern: str, folders: Sequence[str], path: str, requested_path: str) -> None:
        self.pattern = pattern
        self.path = path
        self._folders = folders
        self._requested_path = requested_path
        self._tags: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[str]:
        if self._tags is None:
            route_tags = tags_of_route(self.pattern, self._folders) if self.pattern else ()
            tags = tags_of_path(self.path, route_tags)
            self._tags = tags if not self._requested_path else (*tags, *tags_of_path(self._requested_path, ()))
        return iter(self._tags)
