"""``routehandlers openapi``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from servers import write_app

from routehandlers._cli.main import main

HANDLER = "def GET(): return {}\n"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = 0
    try:
        main(["openapi", *words])
    except SystemExit as error:
        status = int(str(error.code))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"v1/items/[slug]/route.py": HANDLER, "v1/items/[id=int]/route.py": HANDLER, "v2/route.py": HANDLER}
    write_app(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_prints_the_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, printed, _ = run(capsys, "app")

    assert status == 0
    assert list(json.loads(printed)["paths"]) == ["/v1/items/{id}", "/v2"]
    assert printed.startswith('{\n  "openapi": "3.1.1",\n  "info"')


def test_it_names_the_routes_that_openapi_cannot_describe(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, errors = run(capsys, "app")

    assert errors == (
        "routehandlers: /v1/items/[slug] (app/v1/items/[slug]/route.py) is not described: to OpenAPI,"
        " /v1/items/{slug} is the same path as /v1/items/[id=int], which comes first.\n"
    )


def test_a_prefix_and_a_version_are_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, printed, _ = run(capsys, "app", "--prefix", "/v2", "--spec-version", "3.2")

    assert json.loads(printed)["openapi"] == "3.2.0"
    assert list(json.loads(printed)["paths"]) == ["/v2"]


def test_the_prefix_of_an_openapi_file_has_its_constants(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "app" / "v2" / "openapi.py").write_text("info = {'title': 'Two'}")
    (folder / "app" / "v1" / "openapi.py").write_text("info = {'title': 'One'}")

    titles = [
        json.loads(run(capsys, "app", *options)[1])["info"]["title"]
        for options in ([], ["--prefix", "/v1"], ["--prefix", "v2/"])
    ]

    assert titles == ["API", "One", "Two"]


def test_an_unknown_prefix_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = run(capsys, "app", "--prefix", "/v3")

    assert (status, errors) == (2, "routehandlers: No route begins with '/v3'.\n")


def test_a_file_is_written_and_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "app", "-o", "openapi.json")[:2] == (0, "")
    assert run(capsys, "app", "--check", "openapi.json")[:2] == (0, "openapi.json is up to date.\n")

    (folder / "app" / "v2" / "route.py").write_text("def POST(): return {}\n")
    status, printed, _ = run(capsys, "app", "--check", "openapi.json")

    assert status == 1
    assert '\n-        "operationId": "get_v2",\n' in printed
    assert '\n+        "operationId": "post_v2",\n' in printed
    assert (
        "openapi.json is not what the application has. Write it again: routehandlers openapi -o openapi.json" in printed
    )
    assert run(capsys, "app", "--check", "none.json")[0] == 2


def test_an_exception_of_the_last_change_is_shown_with_its_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "app" / "openapi.py").write_text("def openapi(document):\n    return document['nothing']\n")

    status, _, errors = run(capsys, "app")

    assert status == 2
    assert "KeyError: 'nothing'" in errors
    assert 'app/openapi.py", line 2' in errors


def test_mounted_applications_are_chosen_by_their_prefix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "served.py").write_text(
        "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "from routehandlers import RouteHandlers\n"
        "app = DispatcherMiddleware(RouteHandlers('app'), {'/other': RouteHandlers('app', base_path='/base')})\n"
    )

    first = json.loads(run(capsys, "served:app")[1])
    other = json.loads(run(capsys, "served:app", "--prefix", "/other")[1])
    part = json.loads(run(capsys, "served:app", "--prefix", "/other/v2")[1])

    assert "servers" not in first
    assert other["servers"] == part["servers"] == [{"url": "/other/base"}]
    assert (len(other["paths"]), list(part["paths"])) == (2, ["/v2"])


def test_the_prefix_of_a_flask_blueprint_is_the_server(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "flasked.py").write_text(
        "from flask import Flask\n"
        "from routehandlers.flask import RouteHandlersBlueprint\n"
        "app = Flask(__name__)\n"
        "app.register_blueprint(RouteHandlersBlueprint('api', 'app', url_prefix='/api'))\n"
    )

    made = json.loads(run(capsys, "flasked:app")[1])

    assert made["servers"] == [{"url": "/api"}]
    assert made["paths"]["/v1/items/{id}"]["get"]["responses"]["404"] == {"description": "Not Found"}
