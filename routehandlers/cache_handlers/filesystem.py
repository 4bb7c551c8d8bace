"""The storage ``file://``, by the name under which it is imported."""

from __future__ import annotations

from ._file.handler import FilesystemCacheHandler

__all__ = ["FilesystemCacheHandler"]
