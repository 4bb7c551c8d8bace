"""What all tests share: applications from sources, and a client behind ``wsgiref.validate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest
from hypothesis import settings
from servers import write_app
from werkzeug.test import Client

from routehandlers import RouteHandlers
from routehandlers._runtime.scope.scope import _scope

# The machines of CI are slow and shared: a deadline would measure them.
settings.register_profile("routehandlers", deadline=None, max_examples=100, derandomize=True)
settings.load_profile("routehandlers")

MakeApp = Callable[..., RouteHandlers]
ClientFor = Callable[[RouteHandlers], Client]


@pytest.fixture(params=[False, True], ids=["start", "dev"])
def debug(request: pytest.FixtureRequest) -> bool:
    """Each test that makes an application by ``make_app`` runs with both settings."""
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
def _no_scope_is_left_behind() -> Iterator[None]:
    yield
    with pytest.raises(LookupError):
        _scope.get()
