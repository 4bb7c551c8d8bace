"""Checked inputs in a Flask application."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from flask import Flask
from inputs.conftest import module_of
from servers import write_app

from routehandlers._runtime.path.hits import Ready
from routehandlers.exceptions import ValidationError
from routehandlers.flask import RouteHandlersBlueprint


def make(tmp_path: Path, kind: str) -> Flask:
    source = module_of(
        kind,
        """
        def POST(body: Item, query: Q) -> tuple[Item, Literal[201]]:
            return {"name": body.name * query.times, "password": "x"}, 201
        def PUT(form: Item): return form.name
        """,
        Item="name: str", Q="times: int = 1",
    )  # fmt: skip
    cached = module_of(
        kind, "revalidate = 60\ncalls = []\ndef GET(query: Q):\n    calls.append(1)\n    return [query.times, len(calls)]",
        Q="times: int = 1",
    )  # fmt: skip
    app = Flask(__name__)
    folder = write_app(tmp_path, {"items/route.py": source, "cached/route.py": cached})
    app.register_blueprint(RouteHandlersBlueprint("api", folder), url_prefix="/api")
    return app


@pytest.mark.parametrize("kind", ["pydantic", "msgspec", "dataclass"])
def test_inputs_and_responses_work_in_a_blueprint(kind: str, tmp_path: Path) -> None:
    client = make(tmp_path, kind).test_client()

    response = client.post("/api/items?times=2", json={"name": "ab"})

    assert (response.status_code, response.json) == (201, {"name": "abab"})
    assert client.put("/api/items", data={"name": "x"}).text == "x"
    assert client.post("/api/items?times=x", json={}).json["detail"] == "2 values are invalid."
    assert client.post("/api/items", data="{").status_code == 415
    for _ in range(3):
        assert client.get("/api/cached?times=2&utm=1").json == [2, 1]
        assert client.get("/api/cached?times=3").json == [3, 2]
        assert client.get("/api/cached?times=x").headers["Cache-Control"] == "private, no-cache, no-store"


@pytest.mark.parametrize("kind", ["pydantic", "msgspec", "dataclass"])
def test_an_error_handler_gets_the_errors(kind: str, tmp_path: Path) -> None:
    app = make(tmp_path, kind)

    @app.errorhandler(422)
    def unprocessable(error: ValidationError) -> tuple[dict[str, object], int]:
        assert isinstance(error, ValidationError)
        return {"own": error.errors}, 422

    client = app.test_client()
    response = client.post("/api/items", json={})

    assert response.status_code == 422
    assert response.json == {"own": [{"detail": "Field required.", "pointer": "#/name"}]}
    assert client.get("/api/cached?times=x").json["own"][0]["name"] == "times"


def test_hits_leave_nothing_behind_where_each_request_has_a_plan_of_its_own(tmp_path: Path) -> None:
    client = make(tmp_path, "pydantic").test_client()

    def count() -> int:
        gc.collect()
        return sum(type(one) is Ready for one in gc.get_objects())

    before = count()
    for _ in range(5):
        assert client.get("/api/cached?times=2").json == [2, 1]

    assert count() == before
