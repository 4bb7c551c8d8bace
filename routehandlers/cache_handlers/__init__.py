"""Storages of the cache.

See also ``routehandlers.cache_handlers.filesystem.FilesystemCacheHandler``
and ``routehandlers.cache_handlers.redis.RedisCacheHandler``.
"""

from __future__ import annotations

from .base import CacheHandler, Lock
from .entry import Entry, Mark
from .memory import MemoryCacheHandler
from .opening import open_cache_handler
from .purges import Purges

__all__ = [
    "CacheHandler",
    "Entry",
    "Lock",
    "Mark",
    "MemoryCacheHandler",
    "Purges",
    "open_cache_handler",
]
