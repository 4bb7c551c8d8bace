"""``routehandlers new``, and what it writes, with the real tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from optional_servers import missing
from servers import free_port, run

import routehandlers

COMMAND = [sys.executable, "-m", "routehandlers"]


def call(cwd: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environ}
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env=env)


def new(cwd: Path, name: str) -> subprocess.CompletedProcess[str]:
    return call(cwd, *COMMAND, "new", name)


def files_of(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


STARTER = {
    ".gitignore", "README.md", "app/items/[slug]/route.py", "app/items/_models.py", "app/openapi.py", "app/route.py",
    "app/stream/route.py", "pyproject.toml", "tests/test_items.py",
}  # fmt: skip


def test_new_in_the_empty_current_folder(tmp_path: Path) -> None:
    made = new(tmp_path, ".")

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == f"Made an application in {tmp_path}. Next:\n  routehandlers dev\n"
    assert files_of(tmp_path) == STARTER
    assert f'name = "{tmp_path.name.strip("_")}"' in (tmp_path / "pyproject.toml").read_text()


def test_new_keeps_what_a_repository_has_before_its_application(tmp_path: Path) -> None:
    there = {".git/config": "", ".venv/pyvenv.cfg": "", "env/pyvenv.cfg": "", "README.md": "mine", "LICENSE": "mine",
             ".gitignore": "mine", ".env": "A=b"}  # fmt: skip
    for name, text in there.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    made = new(tmp_path, ".")

    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("Kept .gitignore and README.md.\n")
    assert files_of(tmp_path) == STARTER | set(there)
    assert {name: (tmp_path / name).read_text() for name in there} == there


def test_new_says_what_to_install_where_the_library_of_the_models_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'pydantic' else find(name, package)\n"
    )

    made = call(tmp_path, *COMMAND, "new", "shop", PYTHONPATH=str(tmp_path))

    assert made.stdout.splitlines()[1:3] == [
        "  cd shop",
        "  pip install -e .   # pydantic, which checks the inputs, and gunicorn",
    ]


@pytest.mark.parametrize("name", ["app/route.py", "app/x/_y.py", "tests/test_items.py", "pyproject.toml", "main.py"])
def test_new_says_which_file_is_in_the_way(tmp_path: Path, name: str) -> None:
    (tmp_path / "shop" / name).parent.mkdir(parents=True)
    (tmp_path / "shop" / name).write_text("mine")

    made = new(tmp_path, "shop")

    assert (made.returncode, made.stdout) == (2, "")
    assert made.stderr.startswith(f"routehandlers: shop/{name.partition('/')[0]} exists already, and nothing is")
    assert files_of(tmp_path / "shop") == {name}
    assert (tmp_path / "shop" / name).read_text() == "mine"


def test_new_says_that_a_file_has_the_name(tmp_path: Path) -> None:
    (tmp_path / "shop").touch()

    assert "shop exists already, and is not a folder." in new(tmp_path, "shop").stderr


def test_new_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ended = new(tmp_path, "file/shop")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "routehandlers: file/shop/app cannot be written: Not a directory.\n"


@pytest.mark.once
def test_the_starter_passes_the_checkers_in_strict_mode(tmp_path: Path) -> None:
    pyright = shutil.which("pyright", path=str(Path(sys.executable).parent)) or missing(
        "pyright", "pip install pyright"
    )
    new(tmp_path, ".")
    # The checkers do not follow the import hook of an editable install.
    home = Path(routehandlers.__file__).parents[1]
    where = {} if home.name == "site-packages" else {"MYPYPATH": str(home), "PYTHONPATH": str(home)}

    for words in (
        [sys.executable, "-m", "mypy", "--strict", "."],
        [*COMMAND, "typecheck"],
        [*COMMAND, "typecheck", "app", "--strict"],
    ):
        ended = call(tmp_path, *words, **where)
        assert (ended.returncode, ended.stdout.startswith("Success")) == (0, True), ended.stdout + ended.stderr
    checked = json.loads(call(tmp_path, pyright, "--outputjson", "--pythonpath", sys.executable, **where).stdout)

    assert checked["generalDiagnostics"] == []
    assert checked["summary"]["filesAnalyzed"] == 6


@pytest.mark.once
@pytest.mark.parametrize("name", ["shop", "."])
def test_the_tests_of_the_starter_pass_at_once(tmp_path: Path, name: str) -> None:
    new(tmp_path, name)

    ended = call(tmp_path / name, sys.executable, "-m", "pytest", "-q")

    assert "3 passed" in ended.stdout, ended.stdout


@pytest.mark.once
def test_the_starter_can_be_installed_and_then_tested_and_served(tmp_path: Path) -> None:
    new(tmp_path, "shop")
    shop = tmp_path / "shop"
    venv.create(shop / ".venv", with_pip=False, symlinks=True)
    python = str(shop / ".venv/bin/python")
    (site_packages,) = (shop / ".venv").glob("lib/python*/site-packages")
    # The environment has what the tests run with, as if pip had installed it.
    (site_packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--python", python, "install"]

    installed = call(shop, *pip, "--no-build-isolation", "--no-deps", "--no-index", "-e", ".")

    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert "3 passed" in call(shop, python, "-m", "pytest", "-q").stdout
    port = free_port()
    with run([python, "-m", "routehandlers", "start", "--port", str(port), "-w", "1"], port, cwd=shop) as server:
        assert server.request("GET", "/items/a").body == b'{"slug":"a","query":{}}'
        document = json.loads(server.request("GET", "/openapi.json").body)
        assert document["info"]["title"] == "shop"
        assert "NewItem" in document["components"]["schemas"]
        assert server.request("GET", "/docs").status == 200
