"""Flask applications from sources, and a client that closes what it gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from servers import write_app

from routehandlers.flask import RouteHandlersBlueprint

MakeFlask = Callable[..., flask.Flask]


class ClosingClient(FlaskClient):
    """A client that reads answers to their end and closes them, as servers do."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
        return super().open(*args, buffered=buffered, **kwargs)


@pytest.fixture
def make_flask(tmp_path: Path) -> MakeFlask:
    """A Flask application with a blueprint of some files."""

    def make(files: dict[str, str], *, url_prefix: str | None = "/api", **settings: Any) -> flask.Flask:
        app = flask.Flask("shop", root_path=str(tmp_path))
        app.secret_key = "a secret of the tests"
        app.test_client_class = ClosingClient
        app.register_blueprint(
            RouteHandlersBlueprint("api", write_app(tmp_path, files), url_prefix=url_prefix, **settings)
        )
        return app

    return make
