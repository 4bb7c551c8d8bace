"""The settings of an application, from keyword arguments and from ``pyproject.toml``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ._cache.life import profile_mistake
from ._hints import hide_password, hint, show
from ._http.request.host import is_valid_host
from .cache_handlers.opening import SCHEMES, open_cache_handler
from .exceptions import InvalidConfigError

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

    from .cache_handlers.base import CacheHandler
    from .typing import WSGIApplication

_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~\-]+)*")

# Settings with Python objects, which a TOML file cannot contain.
_ONLY_FROM_PYTHON = ("converters", "fallback")


@dataclass(frozen=True)
class Config:
    """The settings of ``routehandlers.RouteHandlers``. Settings that Next has too have Next's names and meaning.

    :param base_path: Path of the application on its host, such as ``"/docs"``.
    :param trailing_slash: Whether URLs end in a slash.
    :param skip_trailing_slash_redirect: Serve URLs with and without the slash, without redirects.
    :param redirects: A list of ``{"source", "destination", "permanent", "has", "missing", "base_path"}``, with a
        ``status_code`` instead of ``permanent`` for other statuses than 307 and 308.
    :param rewrites: A list of ``{"source", "destination", "has", "missing"}``, or a dict of such lists under
        ``before_files``, ``after_files`` and ``fallback``.
    :param headers: A list of ``{"source", "headers": [{"key", "value"}], "has", "missing", "base_path"}``.
    :param converters: Werkzeug converters by the name after ``=`` in ``[id=name]``.
    :param max_content_length: Maximum body size in bytes, or ``None`` for no limit.
    :param max_form_memory_size: Maximum size in bytes of a text field of a multipart form, or ``None`` for no limit.
    :param max_form_parts: Maximum number of fields and files of a form, or ``None`` for no limit.
    :param trusted_hosts: Allowed ``Host`` values; ``".example.com"`` includes subdomains. ``None`` allows any host.
    :param origin: Scheme and host of absolute URLs, such as ``"https://example.com"``.
    :param cache: The storage of the cache: ``"memory://"``, ``"file:///path"``, ``"redis://host"``, or a
        ``routehandlers.cache_handlers.CacheHandler``.
    :param expire_time: Seconds after which a stored response is no longer served.
    :param cache_life: Cache lives by name, for ``cache_life()``: ``{"blog": {"revalidate": 60, "expire": 3600}}``.
    :param cache_max_memory_size: Maximum size in bytes of the cache in each process; 0 stores nothing there.
    :param public: The folder whose files are served unchanged, before any route. ``create_app()``, ``dev`` and
        ``start`` use ``public`` beside the folder with the routes, if it exists. ``False`` turns this off.
    :param fallback: A WSGI application for requests that match no route.
    :param secret_key: Key that signs the cookie of draft mode: at least 16 bytes, random and secret. Or a list of keys,
        of which the first one signs, and all verify.
    :param draft_max_age: Seconds after which a cookie of draft mode is invalid.
    :param debug: Show errors in responses. Do not use it in production.
    """

    base_path: str = ""
    trailing_slash: bool = False
    skip_trailing_slash_redirect: bool = False
    redirects: Sequence[Mapping[str, Any]] = ()
    rewrites: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]] = ()
    headers: Sequence[Mapping[str, Any]] = ()
    converters: Mapping[str, type[BaseConverter]] = field(default_factory=dict)
    max_content_length: int | None = 16 * 2**20
    max_form_memory_size: int | None = 500_000
    max_form_parts: int | None = 1_000
    trusted_hosts: Sequence[str] | None = None
    origin: str | None = None
    cache: str | CacheHandler = "memory://"
    expire_time: float = 31_536_000
    cache_life: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cache_max_memory_size: int = 50 * 2**20
    public: str | os.PathLike[str] | Literal[False] | None = None
    fallback: WSGIApplication | None = None
    secret_key: str | Sequence[str] | None = field(default=None, repr=False)
    draft_max_age: float = 86_400
    debug: bool = False

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of ``secret_key``. It is empty if there are none."""
        if isinstance(self.secret_key, str):
            return (self.secret_key,)
        return tuple(self.secret_key or ())

    def __repr__(self) -> str:
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.repr}
        if isinstance(self.cache, str):
            values["cache"] = hide_password(self.cache)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values.items())})"


def make_config(settings: Mapping[str, Any]) -> Config:
    """Check settings and return them as a value.

    :raise InvalidConfigError: For unknown names and invalid values, all of them together.
    """
    mistakes = [message for name, value in settings.items() if (message := _mistake(name, value))]
    if mistakes:
        raise InvalidConfigError("\n".join(mistakes))
    return Config(**settings)


_NAMES = tuple(item.name for item in fields(Config))


def _mistake(name: str, value: Any) -> str | None:
    if name not in _NAMES:
        return f"There is no setting {name!r}. {hint(name, _NAMES)}"
    is_valid, expected = _RULES[name]
    if name == "secret_key" and not is_valid(value):
        # The message does not show the value, which is meant to be secret.
        what = "not text" if not isinstance(value, str) and not _is_strings(value) else "too short"
        return f"secret_key is {what}. Give {expected}."
    return None if is_valid(value) else f"{name} is {show(value)}. Give {expected}."


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


def _is_strings(value: Any) -> bool:
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

_RULES: dict[str, tuple[Any, str]] = {
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
    "trusted_hosts": (lambda value: value is None or _is_strings(value), "a list of host names, or None for any"),
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
    "debug": _A_BOOL,
}


def open_storage(config: Config) -> CacheHandler:
    """Open the storage of the cache that the settings name.

    :raise InvalidConfigError: If the URL is invalid, or the storage needs a library that is not installed.
    """
    if not isinstance(config.cache, str):
        return config.cache
    try:
        return open_cache_handler(config.cache, config.cache_max_memory_size)
    except (ValueError, ImportError) as error:
        raise InvalidConfigError(f"cache: {error}") from None


def read_settings(folder: Path) -> dict[str, Any]:
    """Read the table ``[tool.routehandlers]`` of the ``pyproject.toml`` in a folder. It is empty if there is none.

    :raise InvalidConfigError: If the file is not TOML, or has a setting that only Python code can pass.
    """
    file = folder / "pyproject.toml"
    if not file.is_file():
        return {}
    text = file.read_bytes()
    if b"[tool.routehandlers" not in text:
        return {}
    settings = parse_toml(file, text).get("tool", {}).get("routehandlers", {})
    for name in _ONLY_FROM_PYTHON:
        if name in settings:
            raise InvalidConfigError(f"{file}: {name} needs Python objects. Pass it to RouteHandlers(…, {name}=…).")
    return dict(settings)


def parse_toml(file: Path, text: bytes) -> dict[str, Any]:
    """Parse a TOML file.

    :raise InvalidConfigError: If the file is not TOML, or tomli is missing on Python 3.10.
    """
    try:
        if sys.version_info >= (3, 11):
            import tomllib  # not in Python 3.10
        else:
            import tomli as tomllib  # an extra
    except ModuleNotFoundError:
        raise InvalidConfigError(
            f"{file} has settings, and Python 3.10 needs tomli to read them."
            ' Install it with: pip install "routehandlers[toml]"'
        ) from None
    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfigError(f"{file} is not TOML: {error}") from None
