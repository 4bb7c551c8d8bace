"""Create a storage from its URL."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from .._hints import show
from .base import CacheHandler
from .memory import MemoryCacheHandler

SCHEMES = ("memory", "file", "redis", "rediss", "unix")


def open_cache_handler(url: str, max_memory_size: int) -> CacheHandler:
    """Return the storage that a URL names. Files and connections are opened at the first use.

    :param url: ``memory://``, ``file:///path?max_size=BYTES``, or ``redis://host:6379/0?prefix=NAME&strict=1``.
    :param max_memory_size: Maximum bytes of ``memory://``.
    :raise ValueError: If the URL is not valid.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # its message may show a part of the password
        raise ValueError(f"{show(url)} is not a URL.") from None
    options = dict(parse_qsl(parts.query))
    if parts.scheme == "memory" and url.rstrip("/") == "memory:":
        return MemoryCacheHandler(max_memory_size)
    if parts.scheme == "file":
        return _open_folder(url, parts.netloc, unquote(parts.path), options)
    if parts.scheme in SCHEMES[2:]:
        from .redis import RedisCacheHandler  # needs the extra "redis"

        return RedisCacheHandler.from_url(url)
    raise ValueError(f"{show(url)} is not a storage. Write 'memory://', 'file:///path' or 'redis://host:6379/0'.")


def _open_folder(url: str, host: str, path: str, options: dict[str, str]) -> CacheHandler:
    if host or not path.startswith("/") or path == "/":
        raise ValueError(
            f"{show(url)} does not name a folder. Write 'file://' and an absolute path: 'file:///var/cache/app'."
        )
    if set(options) - {"max_size"} or not options.get("max_size", "1").isdecimal():
        raise ValueError(f"{show(url)} has an invalid option. file:// takes one option: max_size=BYTES.")
    from .filesystem import FilesystemCacheHandler  # cannot be imported on Windows

    if "max_size" in options:
        return FilesystemCacheHandler(path, int(options["max_size"]))
    return FilesystemCacheHandler(path)
