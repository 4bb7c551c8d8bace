"""The storage ``redis://``, by the name under which it is imported."""

from __future__ import annotations

from ._redis.handler import RedisCacheHandler

__all__ = ["RedisCacheHandler"]
