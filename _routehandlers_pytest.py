"""The pytest plugin: fixtures with the application of a project, and a client of it.

It lies beside the package, as Hypothesis's lies beside its own: pytest imports
the plugins of all that is installed, in every project and before coverage is
measured, and a module inside would bring the package along. So the package is
imported where a test asks for a fixture, and not here.
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
        "the application of the fixtures routehandlers_app and routehandlers_client: a folder with routes, relative to"
        " the file of these settings, or 'module:attribute'",
        default="app",
    )


@pytest.fixture(scope="session")
def _routehandlers_session_app(pytestconfig: pytest.Config) -> RouteHandlers:
    """The application, made once: it imports the files of all routes."""
    name = str(pytestconfig.getini(_OPTION))
    settings_file = pytestconfig.inipath
    folder = settings_file.parent if settings_file is not None else pytestconfig.rootpath
    attribute = _ATTRIBUTE.fullmatch(name)
    if attribute is not None:
        return _find_app(name, attribute[1], attribute[2])
    return _make_app(folder, name)


@pytest.fixture
def routehandlers_app(_routehandlers_session_app: RouteHandlers) -> RouteHandlers:
    """The application that ``routehandlers_app`` in pytest's settings names, with an empty cache. ``app/`` by default.

    A project whose application needs more defines a fixture of this name in its ``conftest.py``.
    """
    from routehandlers.testing import clear_cache

    clear_cache(_routehandlers_session_app)
    return _routehandlers_session_app


@pytest.fixture
def routehandlers_client(routehandlers_app: RouteHandlers) -> Iterator[TestClient]:
    """A client of ``routehandlers_app``; see ``routehandlers.testing.client``."""
    from routehandlers import RouteHandlers
    from routehandlers.testing import clear_cache, client

    yield client(routehandlers_app)
    # One that a project makes for all of its tests is not emptied before them.
    if isinstance(routehandlers_app, RouteHandlers):
        clear_cache(routehandlers_app)


def _make_app(root: Path, directory: str) -> RouteHandlers:
    from routehandlers import RouteHandlersError, create_app
    from routehandlers.config import read_settings
    from routehandlers.exceptions import AppFolderError

    try:
        # What tests store is no other process's: whatever the settings say, it lies in memory.
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
        _fail(f"{name} is {found!r}, and no RouteHandlers.")
    return found


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # a package above it wants another that is missing
        return False


def _fail(message: str) -> NoReturn:
    pytest.fail(
        f"{message}\nThe fixture takes what {_OPTION} in pytest's settings names: a folder with routes, or"
        f" 'module:attribute'. Or define a fixture {_OPTION} in conftest.py.",
        pytrace=False,
    )
