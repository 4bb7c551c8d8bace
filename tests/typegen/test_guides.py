"""The samples of the guides with ``HandlerResult`` are typed as they say: mypy and pyright find nothing, strictly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.samples import Block, blocks
from optional_servers import missing

import routehandlers

GUIDES = Path(__file__).parents[2] / "docs/guides"


def typed_samples(page: str) -> list[Block]:
    return [block for block in blocks(GUIDES / page) if block.title and "HandlerResult" in block.text]


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with the typed samples of a page."""
    samples = typed_samples(request.param)
    assert samples
    for block in samples:
        file = tmp_path / str(block.title)
        file.parent.mkdir(parents=True)
        file.write_text(block.text)
    call(tmp_path, sys.executable, "-m", "routehandlers", "typegen")
    (tmp_path / "pyproject.toml").write_text('[tool.pyright]\ntypeCheckingMode = "strict"\n')
    return tmp_path


def call(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # The checkers do not follow the import hook of an editable install.
    home = Path(routehandlers.__file__).parents[1]
    where = {} if home.name == "site-packages" else {"MYPYPATH": str(home), "PYTHONPATH": str(home)}
    env = {**os.environ, **where}
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env=env)


def mypy(folder: Path) -> str:
    return call(folder, sys.executable, "-m", "routehandlers", "typecheck", "--strict").stdout


def pyright(folder: Path) -> list[str]:
    found = shutil.which("pyright", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    command = [
        found or missing("pyright", "pip install pyright"),
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "app",
    ]
    report = json.loads(call(folder, *command).stdout)
    assert report["summary"]["filesAnalyzed"] > 0
    return [problem["message"] for problem in report["generalDiagnostics"]]


@pytest.mark.once
@pytest.mark.parametrize("folder", ["handlers.md", "typed-routes.md"], indirect=True)
def test_the_checkers_accept_the_samples_of_a_guide(folder: Path) -> None:
    assert mypy(folder).startswith("Success"), mypy(folder)
    assert pyright(folder) == []


@pytest.mark.once
@pytest.mark.parametrize("folder", ["handlers.md"], indirect=True)
def test_the_checkers_find_a_value_that_cannot_be_sent(folder: Path) -> None:
    file = folder / "app/prices/[item]/route.py"
    file.write_text(file.read_text().replace("return Response(status=204)", "return None"))

    assert "app/prices/[item]/route.py:16: error" in mypy(folder)
    assert "None" in " ".join(pyright(folder))
