"""``routehandlers typecheck``: mypy itself, over folders that it cannot read."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from servers import write_app

COMMAND = [sys.executable, "-m", "routehandlers._cli.main", "typecheck"]

WRONG = "def GET() -> int:\n    return 'x'\n"


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy keeps of the standard library, which costs it a second each time."""
    folder = tmp_path_factory.mktemp("known")
    write_app(folder, {"route.py": "import typing\n"})
    assert typecheck(folder).returncode == 0
    return folder / ".mypy_cache"


@pytest.fixture(autouse=True)
def _project(known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MYPYPATH", "MYPY_CACHE_DIR", "MYPY_FORCE_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(known, tmp_path / ".mypy_cache", ignore=shutil.ignore_patterns("routehandlers"))


def typecheck(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=110, check=False)


def places(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return sorted(re.findall(r"^(.*:\d+): error", ended.stdout, re.MULTILINE))


FOLDERS = [
    "", "items/[id]", "orders/[id]", "blog/[...slug]", "docs/[[...path]]", "(group)/my-page", "@slot/x y", "n/[id=int]",
    ".well-known/a", "rss.xml", "123", "café", "%5Fname",
]  # fmt: skip


def test_every_file_is_checked_and_called_by_its_name(tmp_path: Path) -> None:
    write_app(tmp_path, {f"{folder}/route.py".lstrip("/"): WRONG for folder in FOLDERS} | {"sitemap.py": WRONG})
    write_app(tmp_path, {"sitemap/route.py": WRONG})

    ended = typecheck(tmp_path)

    files = [f"{folder}/route.py".lstrip("/") for folder in (*FOLDERS, "sitemap")] + ["sitemap.py"]
    assert places(ended) == sorted(f"app/{file}:2" for file in files)
    assert ended.stdout.endswith(
        f"Found {len(files)} errors in {len(files)} files (checked {len(files)} source files)\n"
    )
    assert (ended.returncode, ended.stderr) == (1, "")


PACKAGE = {
    "app/items/[slug]/route.py": """
        from shop.models import Item, of_the_app
        from shop.app._store import Store as Same
        from ..._store import Store
        from .._query import find
        from ._missing import x


        def GET() -> str:
            store: Store = Same()
            store = of_the_app()
            reveal_type(find)
            return Item().name
        """,
    "app/items/_query.py": "from .._store import Store\ndef find() -> Store: return Store()\n",
    "app/_store.py": "class Store: ...\n",
    "models.py": """
        from shop.app._store import Store


        class Item:
            name: int = 1


        def of_the_app() -> Store:
            return Store()
        """,
}
MISSING = 'Cannot find implementation or library stub for module named "shop.app.items.[slug]._missing"'


def write_package(folder: Path, settings: str = "", *, init: bool = True) -> Path:
    """``src/shop/app`` in a package, or in a folder that is none."""
    write_app(folder, {})
    (folder / "app").rmdir()
    for name, source in PACKAGE.items():
        write_app(folder / "made", {name: source})
    (folder / "src").mkdir()
    (folder / "made/app").rename(folder / "src/shop")
    (folder / "made").rmdir()
    if init:
        (folder / "src/shop/__init__.py").touch()
    (folder / "pyproject.toml").write_text(settings)
    return folder / "src/shop/app"


@pytest.mark.parametrize(
    ("init", "settings"),
    [
        (True, ""),
        (False, ""),
        (True, "[tool.mypy]\nmypy_path = 'src'\nexplicit_package_bases = true\n"),
        (True, "[tool.mypy]\nnamespace_packages = false\nexclude = ['app/']\n"),
    ],
)
def test_imports_of_siblings_parents_and_the_package_resolve(tmp_path: Path, init: bool, settings: str) -> None:
    write_package(tmp_path, settings, init=init)

    ended = typecheck(tmp_path, "src/shop/app")

    assert places(ended) == ["src/shop/app/items/[slug]/route.py:13", "src/shop/app/items/[slug]/route.py:6"]
    assert MISSING in ended.stdout
    assert 'route.py:12: note: Revealed type is "def () -> shop.app._store.Store"' in ended.stdout
    assert 'got "int", expected "str"' in ended.stdout


def test_the_users_settings_hold_and_those_of_single_modules(tmp_path: Path) -> None:
    write_app(tmp_path, {"items/[id]/route.py": "def GET(x): return x\n", "old/[id]/_x.py": WRONG})
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\ndisallow_untyped_defs = true\nshow_column_numbers = true\n[mypy-app.old.*]\nignore_errors = true\n"
    )

    ended = typecheck(tmp_path)

    assert ended.stdout.splitlines()[0].startswith("app/items/[id]/route.py:1:1: error: Function is missing")
    assert ended.stdout.splitlines()[1] == "Found 1 error in 1 file (checked 2 source files)"


def test_json_has_the_real_names(tmp_path: Path) -> None:
    write_app(tmp_path, {'a/[id]/"é"/route.py': "from ._missing import x\n"})

    rows = [json.loads(line) for line in typecheck(tmp_path, "app", "--output", "json").stdout.splitlines()]

    assert rows[0]["file"] == 'app/a/[id]/"é"/route.py'
    assert '''named "app.a.[id]."é"._missing"''' in rows[0]["message"]


def test_absolute_names_are_the_real_ones(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"[id]/route.py": WRONG})

    assert places(typecheck(tmp_path, "--show-absolute-path")) == [f"{app}/[id]/route.py:2"]
    for _ in range(2):
        assert places(typecheck(app, ".")) == [f"{app}/[id]/route.py:2"]
    assert not (app / ".mypy_cache/routehandlers").exists()


def test_a_folder_that_cannot_be_written_to_is_checked_too(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"[id]/route.py": WRONG})
    shutil.rmtree(tmp_path / ".mypy_cache")
    (tmp_path / ".mypy_cache").touch()

    assert places(typecheck(tmp_path)) == [f"{app}/[id]/route.py:2"]


@pytest.mark.once
def test_the_last_check_is_remembered_and_every_change_seen(tmp_path: Path) -> None:
    """One cache for two applications, the second of which is checked by plain mypy as well."""
    for name in ("one", "two"):
        write_app(tmp_path, {"_store.py": "X = 1\n", "[id]/route.py": "from .._store import X\nx: int = X\n"})
        (tmp_path / "app").rename(tmp_path / name)
    for folder in ("one", "two", "one"):
        assert typecheck(tmp_path, folder).returncode == 0

    (tmp_path / "one/_store.py").write_text("X = 'x'\n")
    plain = subprocess.run(
        [sys.executable, "-m", "mypy", "two/_store.py"], cwd=tmp_path, capture_output=True, check=False
    )
    checks = {folder: typecheck(tmp_path, folder, "-v") for folder in ("one", "two")}

    assert plain.returncode == 0
    assert places(checks["one"]) == ["one/[id]/route.py:2"]
    assert checks["two"].returncode == 0
    assert "stale" not in checks["two"].stderr.replace("0 stale", "")
    assert (tmp_path / ".mypy_cache/routehandlers/.gitignore").read_text() == "*\n"


@pytest.mark.once
def test_a_cache_may_be_carried_elsewhere_with_its_project(tmp_path: Path) -> None:
    write_app(tmp_path / "here", {"[id]/route.py": WRONG})
    first = typecheck(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")

    second = typecheck(tmp_path / "there")

    assert places(first) == places(second) == ["app/[id]/route.py:2"]


@pytest.mark.once
def test_other_files_on_the_line_are_checked_with_the_tree(tmp_path: Path) -> None:
    write_app(tmp_path, {"[id]/route.py": WRONG})
    (tmp_path / "other.py").write_text("x: int = 'x'\n")

    for words in (["app", "other.py", "--strict"], ["app", "--", "--strict", "other.py"]):
        assert places(typecheck(tmp_path, *words)) == ["app/[id]/route.py:2", "other.py:1"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There is no folder nowhere."),
        (["empty"], "there is no Python file in empty."),
        (["app", "--no-such-option"], "mypy: error: unrecognized arguments: --no-such-option"),
    ],
)
def test_a_command_that_is_not_understood_is_status_2(tmp_path: Path, words: list[str], sentence: str) -> None:
    write_app(tmp_path, {"[id]/route.py": WRONG})
    (tmp_path / "empty").mkdir()

    ended = typecheck(tmp_path, *words)

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_mypy_it_says_how_to_get_it(tmp_path: Path) -> None:
    write_app(tmp_path, {"[id]/route.py": WRONG})
    program = "import sys; sys.modules['mypy'] = None; from routehandlers._cli.main import main; main(['typecheck'])"

    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (
        2,
        "routehandlers: typecheck runs mypy, which is not installed. Install it with: pip install mypy\n",
    )


@pytest.mark.once
def test_a_terminal_is_shown_colours_and_its_width_is_kept(tmp_path: Path) -> None:
    import fcntl
    import pty
    import termios

    # readline tells children of a width that os.environ does not know of.
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "xterm"}
    write_app(tmp_path, {"[id]/route.py": WRONG})
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))  # lines and columns

    ended = subprocess.run(
        [*COMMAND, "--pretty"], cwd=tmp_path, env=environ, stdout=slave, stderr=slave, timeout=110, check=False
    )

    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert ended.returncode == 1
    assert "app/[id]/route.py:2: \x1b[1m\x1b[31merror:" in shown
    assert max(len(re.sub(r"\x1b\[[0-9;]*m|\x1b\(B", "", line)) for line in shown.splitlines()[:-1]) <= 60
