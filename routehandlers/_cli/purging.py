"""Purge entries of a storage, count them, and tell whether a target can exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .._cache.freshness import Freshness, freshness_of
from .._cache.key import LONGEST_TAG, path_tags, route_tag
from .._cache.targets import PurgeTargets, is_well_formed
from .._routing.tree import MIDDLEWARE_FILES, scan
from .._runtime.around.rewriting import may_rewrite
from .._runtime.around.transform_settings import compile_transforms
from ..cache_handlers import CacheHandler, Entry
from ..cache_handlers.purges import PATH_PREFIX
from ..config import Config


@dataclass(frozen=True)
class Purged:
    """Result of a purge.

    :param count: Number of entries that servers could serve before, and no longer can.
    :param problem: Reason why the target cannot exist, or an empty string.
    """

    count: int
    problem: str = ""


def purge_all(handler: CacheHandler) -> Purged:
    """Delete all entries."""
    count = sum(1 for _ in _usable(handler))
    handler.clear()
    return Purged(count)


def purge_tag(handler: CacheHandler, tag: str) -> Purged:
    """Purge the entries with a tag, unless no entry can have it."""
    if not tag:
        return Purged(0, "a tag has at least one character.")
    if len(tag) > LONGEST_TAG and not tag.startswith(PATH_PREFIX):
        return Purged(0, f"the tag has {len(tag)} characters, and entries have only tags of up to {LONGEST_TAG}.")
    return Purged(_purge(handler, [tag]))


def purge_path(handler: CacheHandler, path: str, targets: list[PurgeTargets]) -> Purged:
    """Purge the entries of a path or of a route.

    A path without a route is purged, too, because servers of another release may have stored it.

    :param targets: The paths of each application that is known.
    """
    problems = [target.problem(path, is_layout=False) for target in targets]
    if not is_well_formed(path):
        return Purged(0, next(iter(problems), "") or PurgeTargets(()).problem(path, is_layout=False))
    plain = path.rstrip("/") or "/"
    count = _purge(handler, {*path_tags(plain), route_tag(plain)})
    return Purged(count, problems[0] if problems and all(problems) and not count else "")


def _purge(handler: CacheHandler, tags: Iterable[str]) -> int:
    tags = frozenset(tags)
    # Purged entries stay in the storage until they are replaced or evicted, so they are counted before the purge. Busy
    # servers render them again at once: after the purge the number would be too low.
    usable = Counter(not tags.isdisjoint(entry.tags) for entry in _usable(handler))
    # Call the storage directly, so that its failure is reported here. A server would retry the purge later.
    number = handler.expire_tags(tags)
    return usable[True] if number else usable.total()  # without a number, the storage has purged everything


def _usable(handler: CacheHandler) -> Iterator[Entry]:
    """Yield the entries that servers may serve."""
    purges = handler.purges()
    return (entry for entry in handler.entries() if freshness_of(entry, purges) is not Freshness.GONE)


def find_targets(directory: Path, config: Config) -> PurgeTargets:
    """Return the paths of an application. Only names of files are read, so that no code of the user runs."""
    tree = scan(directory)
    patterns = {
        pattern
        for route in (*tree.routes, *tree.metadata)
        for pattern in (route.pattern, f"/{'/'.join(route.folders)}")
    }
    # A generated metadata file may be several: /sitemap/[id].
    patterns |= {f"{route.pattern.removesuffix('.xml')}/[id]" for route in tree.metadata}
    if any(one.file.name in MIDDLEWARE_FILES and not one.folders for one in tree.folder_files):
        return PurgeTargets(patterns, lambda _: True)  # middleware may rewrite any path
    transforms = compile_transforms(config.redirects, config.rewrites, config.headers, config.base_path)
    return PurgeTargets(patterns, partial(may_rewrite, transforms, None, config.base_path))
