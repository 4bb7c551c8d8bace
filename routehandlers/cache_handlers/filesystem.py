"""Public name of the storage ``file://``."""

from __future__ import annotations

from ._file.handler import FilesystemCacheHandler

__all__ = ["FilesystemCacheHandler"]
