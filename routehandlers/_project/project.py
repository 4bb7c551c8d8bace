"""What a command works with: the application that it was given, or that the project names."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from .._settings.sources import is_reference, read_app_name
from .._start.loading import without_files
from ..app import RouteHandlers, create_app
from ..exceptions import InvalidConfigError, UnknownApplicationError
from .mounted import Mounted, find_mounted
from .reference import import_application

if TYPE_CHECKING:
    from ..typing import WSGIApplication

_DEFAULT = "app"


@dataclass(frozen=True)
class Target:
    """What a command was given.

    :param name: A folder, or ``"module:app"``.
    """

    name: str

    @property
    def folder(self) -> Path | None:
        """The folder; ``None`` if the target is an application in a module."""
        return None if is_reference(self.name) else Path(self.name)

    @property
    def for_servers(self) -> str:
        """The application as gunicorn and other servers name it."""
        return self.name if self.folder is None else f"routehandlers:create_app({str(self.folder)!r})"

    def find_apps(self) -> list[RouteHandlers]:
        """Return the applications in a module with their folders and settings, without importing their routes."""
        with without_files():
            return Project(self, import_application(self.name)).apps

    def load(self, **settings: Any) -> Project:
        """Load the application.

        :param settings: They override those of a folder. An application in a module has those that its code gave.
        """
        if self.folder is not None:
            return Project(self, create_app(self.folder, **settings))
        return Project(self, import_application(self.name))

    def __str__(self) -> str:
        return self.name if self.folder is None else str(self.folder)


@dataclass(frozen=True)
class Project:
    """A loaded target.

    :param wsgi_app: The application that servers serve.
    """

    target: Target
    wsgi_app: WSGIApplication

    @cached_property
    def mounted(self) -> list[Mounted]:
        """Each ``RouteHandlers`` in the application.

        :raise UnknownApplicationError: If there is none.
        """
        found = find_mounted(self.wsgi_app)
        if not found:
            what = f"{self.target} is {self.wsgi_app!r}, and there is no RouteHandlers in it."
            if isinstance(self.wsgi_app, FunctionType):
                raise UnknownApplicationError(f"{what} If it makes the application, write: {self.target}()")
            raise UnknownApplicationError(f"{what} Wrap it as in ProxyFix(app), or name the RouteHandlers itself.")
        return found

    @property
    def apps(self) -> list[RouteHandlers]:
        """Each ``RouteHandlers`` once, also if it has several prefixes."""
        return list({id(mounted.app): mounted.app for mounted in self.mounted}.values())


def find_target(name: str | None, environ: Mapping[str, str] = os.environ) -> Target:
    """Return the target with a name, or that of the project: ``ROUTEHANDLERS_APP``, ``[tool.routehandlers] app``,
    or the folder ``app``.
    """
    return Target(name or read_app_name(Path.cwd(), environ) or _DEFAULT)


def load_dotenv() -> None:
    """Read ``.env`` in the current folder into the environment, if python-dotenv is installed (extra ``dotenv``).

    Variables that are set already stay as they are.

    :raise InvalidConfigError: If the file is not UTF-8.
    """
    for name, value in read_dotenv().items():
        os.environ.setdefault(name, value)


def read_dotenv(*, is_quiet: bool = False) -> dict[str, str]:
    """Return the variables in ``.env`` in the current folder.

    :param is_quiet: Do not say that python-dotenv is missing.
    :raise InvalidConfigError: If the file is not UTF-8.
    """
    file = Path.cwd() / ".env"
    if not file.is_file():
        return {}
    try:
        import dotenv  # an extra
    except ModuleNotFoundError:
        if not is_quiet:
            print(
                "routehandlers: .env is not read, because python-dotenv is not installed."
                ' Install it with: pip install "routehandlers[dotenv]"',
                file=sys.stderr,
            )
        return {}
    try:
        return {name: value for name, value in dotenv.dotenv_values(file).items() if value is not None}
    except UnicodeDecodeError as error:
        raise InvalidConfigError(f"{file} is not UTF-8: {error}. Save it as UTF-8.") from None
