"""The pytest plugin: fixtures with the application of a project, and a client for it.

pytest imports the plugins of all installed packages, in every project and
before coverage starts. The plugin therefore lies beside the package, as
Hypothesis's plugin does, and imports the package only when a test requests a
fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from routehandlers import RouteHandlers
    from routehandlers.testing import TestClient

_OPTION = "routehandlers_app"

# The table of the settings of a project with routes.
_TABLE = b"[tool.routehandlers"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        _OPTION,
        "the application for the fixtures routehandlers_app and routehandlers_client: a folder with routes, relative to"
        " the file with these settings, or 'module:app' (default: app of [tool.routehandlers], or the folder app)",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let route files import the modules beside their folder, as servers and commands do."""
    for folder in dict.fromkeys([config.invocation_params.dir, _root(config)]):
        if _is_project(folder) and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))


def _is_project(folder: Path) -> bool:
    try:
        return (folder / "app").is_dir() or _TABLE in (folder / "pyproject.toml").read_bytes()
    except OSError:
        return False


def _root(config: pytest.Config) -> Path:
    """Return the folder of the file with pytest's settings."""
    return config.inipath.parent if config.inipath is not None else config.rootpath


@pytest.fixture(scope="session")
def _routehandlers_session_app(pytestconfig: pytest.Config) -> RouteHandlers:
    """Load the application once per session, because it imports the files of all routes."""
    from routehandlers.exceptions import AppFolderError, RouteHandlersError, UnknownApplicationError

    try:
        return _load(_root(pytestconfig), str(pytestconfig.getini(_OPTION)))
    except RouteHandlersError as error:
        remedy = ""
        if isinstance(error, (AppFolderError, UnknownApplicationError)):
            remedy = (
                f"\nSet {_OPTION} in pytest's settings to a folder with routes or to 'module:app', or define a fixture"
                f" {_OPTION} in conftest.py."
            )
        message = f"{error}{remedy}"
    pytest.fail(message, pytrace=False)


def _load(root: Path, name: str) -> RouteHandlers:
    from routehandlers import create_app
    from routehandlers._project.project import Target
    from routehandlers._settings.sources import read_app_name, read_settings

    target = Target(name or read_app_name(root) or "app")
    if target.folder is None:
        return target.load().apps[0]
    # Whatever the settings say, tests use a cache in memory, so that they do not share it with other processes.
    settings: Any = {**read_settings(root), "cache": "memory://"}
    return create_app(root / target.folder, **settings)


@pytest.fixture
def routehandlers_app(_routehandlers_session_app: RouteHandlers) -> RouteHandlers:
    """The application named by ``routehandlers_app`` in pytest's settings, or else the project's. Its cache is empty.

    To set up the application in another way, define a fixture with this name in ``conftest.py``.
    """
    from routehandlers.testing import clear_cache

    clear_cache(_routehandlers_session_app)
    return _routehandlers_session_app


@pytest.fixture
def routehandlers_client(routehandlers_app: RouteHandlers) -> Iterator[TestClient]:
    """A client for ``routehandlers_app``; see ``routehandlers.testing.client``."""
    from routehandlers import RouteHandlers
    from routehandlers.testing import clear_cache, client

    yield client(routehandlers_app)
    # A project's own fixture may share one application between tests, so empty its cache afterwards.
    if isinstance(routehandlers_app, RouteHandlers):
        clear_cache(routehandlers_app)
