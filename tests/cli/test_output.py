"""What the commands print: help that is plain text, and output into a pipe that nothing reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers._cli.main import _COMMANDS
from routehandlers.inspect import prerender

COMMAND = [sys.executable, "-m", "routehandlers"]

ACTIONS = [["cache", action] for action in ("stats", "list", "purge")]


@pytest.mark.parametrize("words", [[], *([name] for name in _COMMANDS), *ACTIONS], ids=" ".join)
def test_help_is_plain_text(words: list[str]) -> None:
    shown = subprocess.run([*COMMAND, *words, "--help"], capture_output=True, text=True, timeout=60, check=False)

    assert shown.returncode == 0
    assert shown.stdout.startswith("usage: routehandlers")
    assert shown.stderr == ""
    for mark in ("`", ":param", "**", ".. "):
        assert mark not in shown.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_app(tmp_path, {"route.py": "revalidate = 60\ndef GET(): return 'x'\n"})
    cache = f"file://{tmp_path}/store"
    (tmp_path / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = '{cache}'\n")
    assert [rendered.is_stored for rendered in prerender(RouteHandlers(tmp_path / "app", cache=cache))] == [True]
    return tmp_path


# With PYTHONUNBUFFERED=1 each print() writes. Without it, the output is written when the command has ended.
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at-the-end", "at-once"])
@pytest.mark.parametrize(
    "words",
    [
        ["build"],
        ["typegen"],
        ["routes"],
        ["routes", "--json"],
        ["explain", "GET", "/"],
        ["explain", "GET", "/nowhere"],
        ["check"],
        ["typecheck"],
        ["cache", "stats"],
        ["cache", "list"],
        ["cache", "list", "--json"],
        ["cache", "purge", "--path", "/"],
        ["cache", "purge", "--all"],
        ["new", "shop"],
    ],
    ids=" ".join,
)
def test_a_command_into_a_closed_pipe_ends_without_a_message(project: Path, words: list[str], unbuffered: str) -> None:
    ended = into_closed_pipe(project, *words, PYTHONUNBUFFERED=unbuffered)

    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["at-the-end", "at-once"])
@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_into_a_closed_pipe_ends_without_a_message(tmp_path: Path, word: str, unbuffered: str) -> None:
    ended = into_closed_pipe(tmp_path, word, PYTHONUNBUFFERED=unbuffered)

    # argparse of newer versions of Python ignores that it cannot print.
    assert (ended.returncode in {0, 141}, ended.stderr) == (True, "")


def into_closed_pipe(cwd: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [*COMMAND, *words], cwd=cwd, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=100, check=False,
            env={**os.environ, **environ},
        )  # fmt: skip
    finally:
        os.close(writer)


@pytest.mark.parametrize("words", ["routes", "cache list", "check", "build"])
def test_a_command_without_outputs_does_its_work(project: Path, words: str) -> None:
    command = f"{sys.executable} -m routehandlers {words} >&- 2>&-"

    ended = subprocess.run(command, shell=True, cwd=project, capture_output=True, timeout=60, check=False)

    assert ended.returncode == 0


def test_a_mistake_with_both_outputs_closed_ends_at_once(project: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run([*COMMAND, "rotues"], cwd=project, stdout=writer, stderr=writer, timeout=60, check=False)

    os.close(writer)
    assert ended.returncode == 141


def test_head_ends_the_list_of_the_cache(project: Path) -> None:
    routes = {f"a{number}/route.py": "revalidate = 60\ndef GET(): return 'x'\n" for number in range(20)}
    write_app(project, routes)
    subprocess.run([*COMMAND, "build"], cwd=project, capture_output=True, timeout=60, check=True)

    command = f"{sys.executable} -u -m routehandlers cache list | head -n 2"
    ended = subprocess.run(command, shell=True, cwd=project, capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[1].startswith("/  ")
