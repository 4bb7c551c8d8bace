"""What ``dev`` changes in the applications that are made while it loads: their settings, and who hears of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import Config, make_config

if TYPE_CHECKING:
    from ..app import RouteHandlers


@dataclass
class Development:
    """The applications that ``dev`` makes, also those that a module of the user makes.

    :param before_import: Called with each application before its files are imported.
    :param debug: The default of the setting ``debug``.
    :ivar folders: The folders of the applications.
    :ivar trusted_hosts: The hosts in their settings.
    """

    before_import: Callable[[RouteHandlers], None]
    debug: bool = True
    folders: list[Path] = field(default_factory=list)
    trusted_hosts: list[str] = field(default_factory=list)

    def meet(self, app: RouteHandlers) -> None:
        """Take note of an application that has its folder and its settings, and no routes yet."""
        self.folders.append(app.directory)
        self.before_import(app)

    def make_config(self, settings: Mapping[str, Any]) -> Config:
        """Return settings for development.

        ``dev`` checks the host itself, and also answers this machine's own names, which ``trusted_hosts`` seldom has.
        A storage that a URL names would outlast the code that made its entries, so the cache is in memory. A storage
        that is an object stays, since code of the user may use it, too. Responses are checked unless the settings say
        otherwise.
        """
        config = make_config({"debug": self.debug, "validate_responses": True, **settings})
        self.trusted_hosts += config.trusted_hosts or ()
        cache = "memory://" if isinstance(config.cache, str) else config.cache
        return replace(config, trusted_hosts=None, cache=cache)


_current: ContextVar[Development | None] = ContextVar("routehandlers_development", default=None)


def current_development() -> Development | None:
    """Return what ``dev`` wants, or ``None`` outside of ``dev``."""
    return _current.get()


@contextmanager
def developing(development: Development) -> Iterator[None]:
    """Make applications for ``dev``."""
    token = _current.set(development)
    try:
        yield
    finally:
        _current.reset(token)
