"""Public name of the storage ``redis://``."""

from __future__ import annotations

from ._redis.handler import RedisCacheHandler

__all__ = ["RedisCacheHandler"]
