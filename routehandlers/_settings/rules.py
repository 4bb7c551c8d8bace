"""What each setting may be: a test, and the words for the error message."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .._cache.life import profile_mistake
from .._http.request.host import is_valid_host
from ..cache_handlers.opening import SCHEMES

_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~\-]+)*")


def _is_origin(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:  # an invalid address in brackets
        return False
    rest = parts.path or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and is_valid_host(parts.netloc) and not rest and "@" not in parts.netloc


def _is_limit(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def is_strings(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) and item for item in value)


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode(errors="surrogatepass")) >= 16


def _is_secrets(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(map(_is_secret, value))


def _is_cache(value: Any) -> bool:
    if isinstance(value, str):
        return value.partition(":")[0] in SCHEMES
    return all(callable(getattr(value, name, None)) for name in ("get", "set", "delete", "purges", "expire_tags"))


_SECONDS = (
    lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"),
    "a number of seconds above 0",
)
_A_BOOL = (lambda value: isinstance(value, bool), "True or False")

RULES: dict[str, tuple[Any, str]] = {
    "base_path": (
        lambda value: isinstance(value, str) and _BASE_PATH.fullmatch(value),
        "a path that starts with '/' and does not end in one, such as '/docs', or ''",
    ),
    "trailing_slash": _A_BOOL,
    "skip_trailing_slash_redirect": _A_BOOL,
    "redirects": (lambda value: isinstance(value, (list, tuple)), "a list of dicts, each with a 'source'"),
    "rewrites": (
        lambda value: isinstance(value, (list, tuple, dict)),
        "a list of dicts, each with a 'source', or a dict of such lists: before_files, after_files, fallback",
    ),
    "headers": (lambda value: isinstance(value, (list, tuple)), "a list of dicts, each with a 'source'"),
    "converters": (lambda value: isinstance(value, Mapping), "a dict of names and werkzeug converters"),
    "max_content_length": (_is_limit, "a number of bytes, or None for no limit"),
    "max_form_memory_size": (_is_limit, "a number of bytes, or None for no limit"),
    "max_form_parts": (_is_limit, "a number of fields, or None for no limit"),
    "trusted_hosts": (lambda value: value is None or is_strings(value), "a list of host names, or None for any"),
    "origin": (_is_origin, "a scheme and a host, such as 'https://example.com'"),
    "cache": (
        _is_cache,
        "'memory://', 'file:///path', 'redis://host:6379/0', or an object with the methods of a CacheHandler",
    ),
    "expire_time": _SECONDS,
    "cache_life": (
        lambda value: profile_mistake(value) is None,
        "a dict of names and cache lives with 0 < revalidate < expire, such as"
        " {'blog': {'revalidate': 60, 'expire': 3600}}",
    ),
    "cache_max_memory_size": (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "a number of bytes",
    ),
    "public": (
        lambda value: not value or isinstance(value, (str, os.PathLike)),
        "a folder, or False for none",
    ),
    "fallback": (lambda value: value is None or callable(value), "a WSGI application, or None"),
    "secret_key": (
        lambda value: value is None or _is_secret(value) or _is_secrets(value),
        "at least 16 bytes of text, for example secrets.token_hex(), or a list of such texts, or None",
    ),
    "draft_max_age": _SECONDS,
    "json_encoder": (
        lambda value: value is None or callable(value),
        "a function that takes a value and returns one that JSON has, or a subclass of json.JSONEncoder",
    ),
    "model_adapters": (
        lambda value: isinstance(value, (list, tuple)) and all(callable(getattr(one, "owns", None)) for one in value),
        "a list of objects with the methods of routehandlers.typing.ModelAdapter",
    ),
    "validate_responses": _A_BOOL,
    "debug": _A_BOOL,
}
