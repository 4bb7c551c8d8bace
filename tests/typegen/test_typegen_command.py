"""``routehandlers typegen``, and what ``dev`` and ``build`` do with its file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from servers import Server, free_port, run, write_app

COMMAND = [sys.executable, "-m", "routehandlers._cli.main"]
FILES = {
    "route.py": "def GET(): return 'root'\n",
    "users/[id]/route.py": "def GET(): return 'x'\n",
    "(shop)/@side/orders/[id=int]/route.py": "def GET(): return 'x'\n",
    "robots.txt": "",
}


def routehandlers(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_typegen_writes_a_private_file_into_the_folder(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)

    ended = routehandlers(tmp_path, "typegen")

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "Wrote app/_routes.py: 3 routes.\n", "")
    text = (app / "_routes.py").read_text(encoding="utf-8")
    assert 'Literal[\n    "/",\n    "/orders/[id=int]",\n    "/users/[id]",\n]' in text
    assert sorted(file.name for file in app.iterdir() if file.name.startswith((".", "_"))) == ["_routes.py"]
    assert "_routes" not in routehandlers(tmp_path, "routes").stdout


def test_typegen_writes_nothing_where_nothing_has_changed(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)
    routehandlers(tmp_path, "typegen")
    os.utime(app / "_routes.py", (1, 1))

    ended = routehandlers(tmp_path, "typegen", "app")

    assert (ended.returncode, ended.stdout) == (0, "app/_routes.py is up to date.\n")
    assert (app / "_routes.py").stat().st_mtime == 1


def test_typegen_knows_the_settings(tmp_path: Path) -> None:
    write_app(tmp_path, FILES)
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\nbase_path = "/b"\ntrailing_slash = true\n')

    routehandlers(tmp_path, "typegen")

    told = subprocess.run(
        [sys.executable, "-c", "from app._routes import href; print(href('/'), href('/users/[id]', id=7))"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "/b/ /b/users/7/\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "app/_routes.py {}. Run: routehandlers typegen\n"),
        (["app/"], "app/_routes.py {}. Run: routehandlers typegen\n"),
        (["--output", "my types.py"], "my types.py {}. Run: routehandlers typegen --output 'my types.py'\n"),
        (["./app/../app"], "app/../app/_routes.py {}. Run: routehandlers typegen app/../app\n"),
    ],
)
def test_check_fails_for_a_file_that_is_out_of_date_and_writes_nothing(
    tmp_path: Path, words: list[str], sentence: str
) -> None:
    app = write_app(tmp_path, FILES)

    missing = routehandlers(tmp_path, "typegen", *words, "--check")
    assert routehandlers(tmp_path, "typegen", *words).returncode == 0
    fresh = routehandlers(tmp_path, "typegen", *words, "--check")
    (app / "about").mkdir()
    (app / "about/route.py").write_text("def GET(): return 'x'\n")
    files = {file: file.read_bytes() for file in tmp_path.rglob("*.py")}
    outdated = routehandlers(tmp_path, "typegen", *words, "--check")

    assert (missing.returncode, missing.stderr) == (1, f"routehandlers: {sentence.format('does not exist')}")
    assert (fresh.returncode, fresh.stderr) == (0, "")
    assert (outdated.returncode, outdated.stderr) == (1, f"routehandlers: {sentence.format('is out of date')}")
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.py")} == files


def test_line_ends_of_another_system_are_no_difference(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)
    routehandlers(tmp_path, "typegen")
    file = app / "_routes.py"
    assert b"\r" not in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert routehandlers(tmp_path, "typegen", "--check").returncode == 0


def test_typegen_imports_nothing_of_the_users(tmp_path: Path) -> None:
    write_app(
        tmp_path, {**FILES, "users/[id]/route.py": "1 / 0\n", "middleware.py": "def (:\n", "sitemap.py": "1 / 0\n"}
    )

    ended = routehandlers(tmp_path, "typegen")

    assert (ended.returncode, ended.stderr) == (0, "")


def test_typegen_says_what_is_wrong_with_a_tree(tmp_path: Path) -> None:
    handler = "def GET(): return 'x'\n"
    write_app(tmp_path, {"[a]/route.py": handler, "[b]/route.py": handler, "[c/route.py": handler})

    ended = routehandlers(tmp_path, "typegen")

    assert ended.returncode == 2
    assert "2 problems in" in ended.stderr
    assert not (tmp_path / "app/_routes.py").exists()


def test_a_converter_that_the_command_cannot_know_is_told_of(tmp_path: Path) -> None:
    write_app(tmp_path, {"[day=date]/route.py": "def GET(): return 'x'\n"})

    ended = routehandlers(tmp_path, "typegen")

    assert ended.returncode == 0
    assert "The converter 'date' of '[day=date]' is not defined" in ended.stderr
    assert "day: Any" in (tmp_path / "app/_routes.py").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There is no folder"),
        (["--output", "no/where.py"], "no/where.py cannot be written: No such file or directory."),
        (["--output", "app"], "app cannot be written: Is a directory."),
        (["--output", "app/route.py"], "app/route.py was not written by typegen. Name another file with --output"),
        (["--output", "app/route.py", "--check"], "app/route.py was not written by typegen."),
        (["--output", "latin.py"], "latin.py cannot be written: 'utf-8' codec"),
        (["--chekc"], "unrecognized arguments: --chekc"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(tmp_path: Path, words: list[str], sentence: str) -> None:
    write_app(tmp_path, FILES)
    (tmp_path / "latin.py").write_bytes(b"# \xe9")
    before = (tmp_path / "app/route.py").read_bytes()

    ended = routehandlers(tmp_path, "typegen", *words)

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert (tmp_path / "app/route.py").read_bytes() == before


def until(server: Server, is_it: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_it():
        assert time.monotonic() < deadline, server.logs()
        time.sleep(0.1)


def add(app: Path, pattern: str, source: str) -> None:
    (app / pattern).mkdir()
    (app / pattern / "route.py").write_text(source)


def test_dev_keeps_the_file_up_to_date_before_anything_wants_it(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)
    routehandlers(tmp_path, "typegen")
    port = free_port()

    with run([*COMMAND, "dev", "--port", str(port)], port, cwd=tmp_path) as server:
        add(
            app,
            "[city]",
            "from .._routes import CityParams, href\nPATH = href('/[city]', city='Z')\ndef GET(): return PATH\n",
        )

        until(server, lambda: "/[city]" in (app / "_routes.py").read_text())
        until(server, lambda: is_answered(server, "/x", b"/Z"))
        assert "CityParams" not in server.logs()


def is_answered(server: Server, target: str, body: bytes) -> bool:
    try:
        return server.request("GET", target).body == body
    except Exception:  # between two processes nobody listens, and an answer may break off
        return False


@pytest.mark.parametrize("text", [None, "", "MINE = 1\n"], ids=["none", "empty", "the user's own"])
def test_dev_and_build_write_no_file_that_nobody_asked_for(tmp_path: Path, text: str | None) -> None:
    app = write_app(tmp_path, FILES)
    (tmp_path / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = 'file://{tmp_path}/store'\n")
    if text is not None:
        (app / "_routes.py").write_text(text)

    assert routehandlers(tmp_path, "build").returncode == 0
    port = free_port()
    with run([*COMMAND, "dev", "--port", str(port)], port, cwd=tmp_path) as server:
        until(server, lambda: is_answered(server, "/", b"root"))

    assert ((app / "_routes.py").read_text() if (app / "_routes.py").exists() else None) == text


def test_build_brings_the_file_up_to_date(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)
    (tmp_path / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = 'file://{tmp_path}/store'\n")
    routehandlers(tmp_path, "typegen")
    add(app, "about", "from .._routes import href\nPATH = href('/about')\ndef GET(): return PATH\n")

    built = routehandlers(tmp_path, "build")

    assert built.returncode == 0, built.stderr
    assert routehandlers(tmp_path, "typegen", "--check").returncode == 0


def test_build_leaves_a_file_alone_that_it_cannot_write(tmp_path: Path) -> None:
    app = write_app(tmp_path, FILES)
    (tmp_path / "pyproject.toml").write_text(f"[tool.routehandlers]\ncache = 'file://{tmp_path}/store'\n")
    (app / "_routes.py").write_bytes(b"\xe9")

    built = routehandlers(tmp_path, "build")

    assert built.returncode == 0
    assert "app/_routes.py could not be updated: 'utf-8' codec" in built.stderr


def test_build_leaves_types_alone_that_were_made_with_converters(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"[day=date]/route.py": "def GET(): return 'x'\n"})
    routehandlers(tmp_path, "typegen")
    made = (app / "_routes.py").read_text().replace("day: Any", "day: int")
    (app / "_routes.py").write_text(made)

    routehandlers(tmp_path, "build")

    assert (app / "_routes.py").read_text() == made
