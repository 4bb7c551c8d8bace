"""The settings of an application."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from json import JSONEncoder
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ._hints import hide_password, hint, show
from ._settings.rules import RULES, is_strings
from .cache_handlers.opening import open_cache_handler
from .exceptions import InvalidConfigError

if TYPE_CHECKING:
    from werkzeug.routing import BaseConverter

    from .cache_handlers.base import CacheHandler
    from .typing import ModelAdapter, WSGIApplication


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
    :param json_encoder: A function that converts values which JSON lacks, as ``default`` of ``json.dumps``, or a
        subclass of ``json.JSONEncoder`` with such a method. It raises ``TypeError`` for values that it does not know.
    :param model_adapters: Adapters for other libraries of models than pydantic and msgspec:
        ``routehandlers.typing.ModelAdapter``. They come first.
    :param validate_responses: Check all responses of handlers that declare them: also instances of the models,
        responses made by hand, and the status. It takes time, so use it in tests. ``dev`` does.
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
    json_encoder: Callable[[Any], Any] | type[JSONEncoder] | None = None
    model_adapters: Sequence[ModelAdapter] = ()
    validate_responses: bool = False
    debug: bool = False

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of ``secret_key``. It is empty if there are none."""
        if isinstance(self.secret_key, str):
            return (self.secret_key,)
        return tuple(self.secret_key or ())

    @property
    def json_default(self) -> Callable[[Any], Any] | None:
        """The function of ``json_encoder``."""
        encoder = self.json_encoder
        return encoder().default if isinstance(encoder, type) and issubclass(encoder, JSONEncoder) else encoder

    def __repr__(self) -> str:
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.repr}
        if isinstance(self.cache, str):
            values["cache"] = hide_password(self.cache)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values.items())})"


class Settings(TypedDict, total=False):
    """The keyword arguments of ``RouteHandlers``, for type checkers and editors. ``Config`` says what each one means.

    Annotate a function that passes settings on with it: ``def make(**settings: Unpack[Settings])``.
    """

    base_path: str
    trailing_slash: bool
    skip_trailing_slash_redirect: bool
    redirects: Sequence[Mapping[str, Any]]
    rewrites: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Mapping[str, Any]]]
    headers: Sequence[Mapping[str, Any]]
    converters: Mapping[str, type[BaseConverter]]
    max_content_length: int | None
    max_form_memory_size: int | None
    max_form_parts: int | None
    trusted_hosts: Sequence[str] | None
    origin: str | None
    cache: str | CacheHandler
    expire_time: float
    cache_life: Mapping[str, Mapping[str, float]]
    cache_max_memory_size: int
    public: str | os.PathLike[str] | Literal[False] | None
    fallback: WSGIApplication | None
    secret_key: str | Sequence[str] | None
    draft_max_age: float
    json_encoder: Callable[[Any], Any] | type[JSONEncoder] | None
    model_adapters: Sequence[ModelAdapter]
    validate_responses: bool
    debug: bool


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
    is_valid, expected = RULES[name]
    if name == "secret_key" and not is_valid(value):
        # The message does not show the value, which is meant to be secret.
        what = "not text" if not isinstance(value, str) and not is_strings(value) else "too short"
        return f"secret_key is {what}. Give {expected}."
    return None if is_valid(value) else f"{name} is {show(value)}. Give {expected}."


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
