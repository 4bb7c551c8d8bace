"""The pytest plugin: fixtures with the application of a project, and a client for it.

pytest imports the plugins of all installed packages, in every project and
before coverage starts. The plugin therefore lies beside the package, as
Hypothesis's plugin does, and imports the package only when a test requests a
fixture.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from routehandlers import RouteHandlers
    from routehandlers.testing import TestClient

_OPTION = "routehandlers_app"

_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        _OPTION,
        "the application for the fixtures routehandlers_app and routehandlers_client: a folder with routes, relative to"
        " the file with these settings, or 'module:attribute'",
        default="app",
    )


@pytest.fixture(scope="session")
def _routehandlers_session_app(pytestconfig: pytest.Config) -> RouteHandlers:
    """Make the application once per session, because it imports the files of all routes."""
    name = str(pytestconfig.getini(_OPTION))
    settings_file = pytestconfig.inipath
    folder = settings_file.parent if settings_file is not None else pytestconfig.rootpath
    attribute = _ATTRIBUTE.fullmatch(name)
    if attribute is not None:
        return _find_app(name, attribute[1], attribute[2])
    return _make_app(folder, name)


@pytest.fixture
def routehandlers_app(_routehandlers_session_app: RouteHandlers) -> RouteHandlers:
    """The application named by ``routehandlers_app`` in pytest's settings, by default ``app/``. Its cache is empty.

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


def _make_app(root: Path, directory: str) -> RouteHandlers:
    from routehandlers import RouteHandlersError, create_app
    from routehandlers._settings.pyproject import read_settings
    from routehandlers.exceptions import AppFolderError

    try:
        # Whatever the settings say, tests use a cache in memory, so that they do not share it with other processes.
        return create_app(root / directory, **{**read_settings(root), "cache": "memory://"})
    except AppFolderError as error:
        _fail(str(error))
    except RouteHandlersError as error:
        pytest.fail(str(error), pytrace=False)


def _find_app(name: str, module: str, attributes: str) -> RouteHandlers:
    from routehandlers import RouteHandlers

    if not _is_there(module):
        _fail(f"There is no module {module!r}. Is its folder in 'pythonpath' of pytest's settings?")
    found: Any = importlib.import_module(module)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            _fail(f"{module} has no {attributes!r}.")
        found = getattr(found, attribute)
    if not isinstance(found, RouteHandlers):
        _fail(f"{name} is {found!r}, not a RouteHandlers application.")
    return found


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # a parent package imports another missing module
        return False


def _fail(message: str) -> NoReturn:
    pytest.fail(
        f"{message}\nSet {_OPTION} in pytest's settings to a folder with routes or to 'module:attribute', or define a"
        f" fixture {_OPTION} in conftest.py.",
        pytrace=False,
    )
