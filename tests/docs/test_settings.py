"""The guide to settings: what its samples do that the runner of samples cannot show."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from optional_servers import missing
from servers import write_app

from docs.samples import Block, blocks, run_shell
from routehandlers import create_app
from routehandlers._settings.environment import read_environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guides/settings.md"
TITLED = {block.title: block for block in blocks(PAGE) if block.title}
SHELL = [block.text for block in blocks(PAGE) if block.language == "sh" and block.title is None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application in the current folder, with the files of the page."""
    write_app(tmp_path, {"where/route.py": block("app/where/route.py").text})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def block(title: str) -> Block:
    return TITLED[title]


# Only the row "servers" has pyright.
@pytest.mark.parametrize("checker", ["mypy", pytest.param("pyright", marks=pytest.mark.once)])
def test_a_misspelt_setting_is_the_error_that_the_page_shows(project: Path, checker: str) -> None:
    if find_spec(checker) is None:
        missing(checker, f'pip install "{checker}"')
    file = project / "shop/misspelt.py"
    file.parent.mkdir()
    file.write_text(block("shop/misspelt.py").text)
    # Neither follows the hook of an editable installation.
    (project / "pyrightconfig.json").write_text(f'{{"extraPaths": ["{ROOT}"]}}')
    command = f"{checker} shop/misspelt.py" + (f" --pythonpath {sys.executable}" if checker == "pyright" else "")

    printed = run_shell(f"MYPYPATH={ROOT} {command}")

    assert block(f"{checker} shop/misspelt.py").text.strip() in printed.replace(f"{project}/", "")


def run_wsgi() -> Any:
    names: dict[str, Any] = {"__name__": "wsgi"}
    exec(compile(block("wsgi.py").text, "wsgi.py", "exec"), names)
    return names["app"]


def test_a_file_with_a_secret_is_read_where_there_is_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(project))
    assert run_wsgi().config.secret_keys == ()

    (project / "secret_key").write_text("the new key of the shop\nthe-old-key-of-the-shop\n".replace(" ", "-"))

    app = run_wsgi()
    assert app.config.secret_keys == ("the-new-key-of-the-shop", "the-old-key-of-the-shop")
    assert "the-new-key" not in repr(app.config)


def test_a_variable_may_have_the_new_key_and_the_old_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (written,) = re.findall(r"`ROUTEHANDLERS_SECRET_KEY=(\[.*\])`", PAGE.read_text(encoding="utf-8"))
    monkeypatch.setenv("ROUTEHANDLERS_SECRET_KEY", written.replace("…", " of sixteen bytes"))

    assert create_app().config.secret_keys == ("new key of sixteen bytes", "old key of sixteen bytes")


def test_the_command_for_a_key_prints_a_good_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = (text for text in SHELL if "secrets" in text)
    monkeypatch.setenv("ROUTEHANDLERS_SECRET_KEY", run_shell(command).strip())

    assert len(create_app().config.secret_keys[0]) == 64


def test_the_variables_of_the_page_are_settings() -> None:
    (command,) = (shlex.split(text) for text in SHELL if text.startswith("ROUTEHANDLERS_"))
    variables = dict(word.split("=", 1) for word in command if "=" in word)

    assert read_environment(variables) == {
        "cache": "redis://localhost",
        "trusted_hosts": ["example.com", ".example.com"],
    }
    assert command[len(variables) :] == ["routehandlers", "start"]


def test_pytest_reads_the_environment_without_dotenv_and_caches_in_memory(project: Path) -> None:
    (project / ".env").write_text(block(".env").text)
    (project / "test_config.py").write_text(
        "def test_it(routehandlers_app):\n"
        "    config = routehandlers_app.config\n"
        "    assert (config.base_path, config.origin, config.cache) == ('/v2', None, 'memory://')\n"
    )

    printed = run_shell("ROUTEHANDLERS_BASE_PATH=/v2 ROUTEHANDLERS_CACHE=file:///nowhere pytest test_config.py")

    assert "1 passed" in printed, printed
    assert create_app().config.origin is None
