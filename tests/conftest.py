"""What all tests share: applications from sources, and a client behind ``wsgiref.validate``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest
from coverage import Coverage
from hypothesis import settings
from optional_servers import run_redis
from servers import Server, write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers._runtime.scope.scope import _scope

# The machines of CI are slow and shared: a deadline would measure them.
settings.register_profile("routehandlers", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("routehandlers")

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]

_TESTS = Path(__file__).parent


# The folders whose tests take minutes. Two rows of tox run them; all rows run the others.
_SLOW = frozenset(
    {"cli", "docs", "examples", "models", "openapi", "packaging", "parity", "regex", "serving", "typegen"}
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("long runs", "tests/cache/test_old_reads.py and tests/fuzz")
    group.addoption("--operations", type=int, default=1_000, help="number of reads and purges in each run")
    group.addoption("--requests", type=int, default=32_000, help="number of requests of the fuzzer")
    group.addoption("--seed", type=int, default=1, help="which reads, purges, faults and requests")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Number of processes for ``-n auto``: more than processors, because half of the tests' time is waiting."""
    return (os.cpu_count() or 1) + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files without a test of the row, because each process of xdist would take seconds to import them."""
    marks = config.option.markexpr.split(" and ")
    file = collection_path.relative_to(_TESTS) if collection_path.is_relative_to(_TESTS) else collection_path
    if "not slow" in marks and file.parts and file.parts[0] in _SLOW:
        return True
    if marks == ["once"] and file.suffix == ".py" and "pytest.mark.once" not in collection_path.read_text("utf-8"):
        return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the slow tests, and say which tests stay together in one process of xdist.

    Those of a file do, so that its fixtures are set up once. Tests that take
    seconds are spread, unless they share a fixture of their module.
    """
    for item in items:
        file = item.path.relative_to(_TESTS)
        if file.parts[0] in _SLOW:
            item.add_marker(pytest.mark.slow)
        takes_seconds = item.get_closest_marker("slow") or item.get_closest_marker("once")
        is_grouped = item.get_closest_marker("xdist_group") or (takes_seconds and not _shares_a_fixture(item))
        # Without xdist its marker is unknown.
        if hasattr(config, "workerinput") and not is_grouped:
            item.add_marker(pytest.mark.xdist_group(file.as_posix()))


class _LongTestsFirst:
    """A hook after that of pytest-randomly, which shuffles."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Begin with tests that have a time limit of their own, so that none of them runs alone at the end.

        xdist begins with the largest groups. Of groups with one test it keeps the order.
        """
        items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_LongTestsFirst())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count no lines in a test that is marked ``uncounted``."""
    counting = Coverage.current() if item.get_closest_marker("uncounted") else None
    if counting is None:
        return (yield)
    counting.stop()
    try:
        return (yield)
    finally:
        counting.start()


def _shares_a_fixture(item: pytest.Item) -> bool:
    by_name = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # no public attribute has the scopes
    return any(fixture.scope == "module" for fixtures in by_name.values() for fixture in fixtures)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A Redis server of this process of tests."""
    with run_redis() as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param(False, id="start", marks=pytest.mark.start),
        pytest.param(True, id="dev", marks=pytest.mark.dev),
    ]
)
def debug(request: pytest.FixtureRequest) -> bool:
    """Each test that makes an application by ``make_app`` runs with both settings, as ``-m "not dev"`` or so allows."""
    value: bool = request.param
    return value


@pytest.fixture
def make_app(tmp_path: Path, debug: bool) -> MakeApp:
    """Make an application from sources: ``make_app({"items/route.py": "def GET(): …"}, base_path="/x")``."""

    def make(files: dict[str, str], **settings: Any) -> RouteHandlers:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return RouteHandlers(write_app(folder, files), **{"debug": debug, **settings})

    return make


@pytest.fixture
def client_for() -> ClientFor:
    """A client whose every request passes ``wsgiref.validate`` and is read to its end."""
    return lambda app: _ClosingClient(validator(app), use_cookies=False)


class _ClosingClient(Client):
    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("buffered", True)
        return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def _applications_leave_sys_modules() -> Iterator[None]:
    """Forget the modules of the applications that a test made.

    Each application has a package of its own, so that thousands of tests would
    leave 17,000 modules, and freezegun looks at every one of them. Applications
    of a wider scope, which were there before the test, keep theirs.
    """
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        package = name.partition(".")[0]
        if package.startswith("routehandlers_app_") and package not in before:
            del sys.modules[name]


@pytest.fixture(autouse=True)
def _no_scope_is_left_behind() -> Iterator[None]:
    yield
    with pytest.raises(LookupError):
        _scope.get()
