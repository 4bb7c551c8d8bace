"""Resources of routes in a Flask application: the unit is the view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask
import pytest
from resources.conftest import DB, Database
from servers import write_app
from werkzeug.routing import BaseConverter

from routehandlers.exceptions import OutsideUnitError
from routehandlers.flask import RouteHandlersBlueprint

HEAD = "from .._db import db, add, names, ENDS\nfrom routehandlers import Response\nfrom routehandlers.navigation import redirect, not_found\nfrom werkzeug.exceptions import abort\n"
FILES = {
    "items/route.py": f"{HEAD}def POST(request):\n    add('a')\n    exec(request.args['code'])\n    return 'x'\n",
    "stream/route.py": f"{HEAD}def POST(request):\n    add('a')\n    yield 'a'\n    add('b')\n    exec(request.args.get('code', 'pass'))\n    yield str(len(ENDS))\n",
    "known/[x=known]/route.py": "def GET(): return 'x'\n",
    "stored/route.py": f"{HEAD}revalidate = False\ndef GET():\n    names()\n    return str(len(ENDS))\n",
}


class Known(BaseConverter):
    """A converter that asks the database."""

    modules: list[Any] = []

    def to_python(self, value: str) -> str:
        self.modules[-1].names()
        return value


@pytest.fixture
def site(tmp_path: Path) -> Any:
    files = {"_db.py": DB.replace("FILE", str(tmp_path / "x.sqlite")), **FILES}
    app = flask.Flask(__name__)
    blueprint = RouteHandlersBlueprint("routes", write_app(tmp_path / "app", files), converters={"known": Known})
    app.register_blueprint(blueprint)
    return app


@pytest.fixture
def database(site: Any) -> Any:
    import sys

    name = next(
        name for name in reversed(list(sys.modules)) if name.startswith("routehandlers_app_") and name.endswith("._db")
    )
    found = Database(sys.modules[name])
    yield found
    assert found.open == 0
    found.module.engine.dispose()


@pytest.mark.parametrize(
    ("code", "status", "ends"),
    [
        ("pass", 200, "commit"),
        ("redirect('/x')", 307, "commit"),
        ("not_found()", 404, "AccessFallback"),
        ("abort(409)", 409, "Conflict"),
        ("1 / 0", 500, "ZeroDivisionError"),
    ],
)
def test_a_view_is_a_unit(site: Any, database: Database, code: str, status: int, ends: str) -> None:
    seen: list[list[str]] = []
    site.after_request(lambda response: seen.append(list(database.ends)) or response)

    response = site.test_client().post("/items", query_string={"code": code})

    assert response.status_code == status
    assert seen == [[ends]]  # before Flask's own functions
    assert database.rows == (["a"] if ends == "commit" else [])


def test_a_failed_commit_goes_to_the_error_handlers_of_flask(site: Any, database: Database) -> None:
    site.register_error_handler(OSError, lambda error: (f"sorry: {error}", 503))
    database.fail(OSError("full"))

    response = site.test_client().post("/items", query_string={"code": "pass"})

    assert (response.status_code, response.text) == (503, "sorry: full")
    assert database.rows == []


def test_a_stream_ends_its_resources_after_its_last_chunk(site: Any, database: Database) -> None:
    assert site.test_client().post("/stream").text == "a0"
    assert (database.ends, database.rows) == (["commit"], ["a", "b"])


def test_a_client_of_a_stream_that_goes_away_rolls_back(site: Any, database: Database) -> None:
    response = site.test_client().post("/stream")
    assert next(response.response) == b"a"

    response.close()

    assert (database.ends, database.rows) == (["GeneratorExit"], [])


def test_a_cached_render_has_resources_of_its_own(site: Any, database: Database) -> None:
    texts = [site.test_client().get("/stored").text for _ in range(2)]

    assert texts == ["0", "0"]
    assert database.ends == ["commit"]


def test_a_converter_that_uses_a_resource_gives_it_back(site: Any, database: Database) -> None:
    Known.modules.append(database.module)

    assert site.test_client().get("/known/a").text == "x"
    assert database.ends
    assert set(database.ends) == {"commit"}
    assert database.open == 0


def test_a_view_of_flask_is_no_unit(site: Any, database: Database) -> None:
    site.add_url_rule("/own", "own", lambda: str(database.module.names()))
    site.testing = True

    with pytest.raises(OutsideUnitError):
        site.test_client().get("/own")
