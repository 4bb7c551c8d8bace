"""Made-up names for folders and modules, and the real ones again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import write_app

from routehandlers._cli.packaging.mirror import Mirror, identifier, make_mirror
from routehandlers._cli.packaging.mypy_paths import package_base

HERE = Mirror(Path("/made/up"), Path("/srv/shop"), Path("/made/up/app"), Path("/srv/shop/app"), ())


def mirrored(tmp_path: Path, *files: str) -> tuple[Mirror, Path]:
    app = write_app(tmp_path, dict.fromkeys(files, ""))
    return make_mirror(tmp_path / "mirror", app, tmp_path), app


@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1))
def test_every_name_becomes_an_identifier_that_is_read_back(name: str) -> None:
    made_up = identifier(name)

    assert made_up.isidentifier()
    assert HERE.real_names(made_up) == name
    assert json.loads(HERE.real_names(json.dumps(made_up))) == name


@pytest.mark.parametrize("name", ["items", "_store", "café", "x1", "数"])
def test_a_name_that_can_be_imported_stays(name: str) -> None:
    assert identifier(name) == name


@pytest.mark.parametrize(
    ("first", "second"), [("[id]", "(id)"), ("[id]", "[[id]]"), ("a-b", "a_b"), ("1", "_1"), ("…", "...")]
)
def test_two_names_never_become_one(first: str, second: str) -> None:
    assert identifier(first) != identifier(second)


def test_paths_and_modules_of_a_message_are_the_real_ones() -> None:
    module = f"app.{identifier('[id]')}._x"
    message = f'/made/up/app/{identifier("[id]")}/route.py:1: error: Module "{module}" has no attribute "y"'

    assert HERE.real_names(message) == '/srv/shop/app/[id]/route.py:1: error: Module "app.[id]._x" has no attribute "y"'


def test_files_are_named_from_the_current_folder_or_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "café"
    folder.mkdir()
    monkeypatch.chdir(folder)
    mirror, app = mirrored(folder, "[id]/route.py")
    made_up, relative = mirror.modules[0], mirror.modules[0].relative_to(folder)

    assert mirror.real_names(f"{relative}:1: error") == "app/[id]/route.py:1: error"
    assert mirror.real_names(json.dumps({"file": str(relative)})) == '{"file": "app/[id]/route.py"}'
    assert mirror.real_names(f"{made_up}:1: error") == f"{app}/[id]/route.py:1: error"
    monkeypatch.chdir("/")
    assert mirror.real_names(json.dumps({"file": str(made_up)})) == json.dumps({"file": f"{app}/[id]/route.py"})


def test_a_file_beside_a_folder_of_its_name_is_a_module_of_its_own(tmp_path: Path) -> None:
    mirror, app = mirrored(tmp_path, "sitemap.py", "sitemap/route.py")

    second, first = (path.relative_to(mirror.root).with_suffix("").parts for path in mirror.modules)
    assert first != second[: len(first)]
    assert [mirror.real_names(str(path)) for path in mirror.modules] == [f"{app}/sitemap/route.py", f"{app}/sitemap.py"]


def test_a_stub_speaks_for_the_file_beside_it(tmp_path: Path) -> None:
    mirror, _ = mirrored(tmp_path, "_x.py", "_x.pyi", "_y.pyi")

    assert [path.name for path in mirror.modules] == ["_x.pyi", "_y.pyi"]


def test_a_mirror_follows_what_changes_in_the_tree(tmp_path: Path) -> None:
    _, app = mirrored(tmp_path, "old/[id]/route.py", "a/[id]/route.py", "_x.py")
    (app / "old/[id]/route.py").unlink()
    (app / "a/[id]/new.py").write_text("X = 1\n")

    mirror = make_mirror(tmp_path / "mirror", app, tmp_path)

    assert [file.name for file in sorted((mirror.root).rglob("*.py"))] == ["_x.py", "new.py", "route.py"]
    assert not (mirror.top / "old").exists()
    assert next(mirror.root.rglob("new.py")).read_text() == "X = 1\n"


def test_what_tools_leave_behind_is_no_part_of_the_tree(tmp_path: Path) -> None:
    mirror, _ = mirrored(
        tmp_path, "__pycache__/x.py", ".mypy_cache/x.py", "node_modules/x.py", ".well-known/a/route.py"
    )

    assert [path.name for path in mirror.modules] == ["route.py"]


def test_links_are_followed_inside_of_the_tree_only(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"[a]/route.py": ""})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.py").touch()
    for name, target in (("b", app / "[a]"), ("up", app), ("out", tmp_path / "outside")):
        (app / name).symlink_to(target)

    mirror = make_mirror(tmp_path / "mirror", app, tmp_path)

    assert [path.parent.name for path in mirror.modules] == [identifier("[a]"), "b"]


@pytest.mark.parametrize(
    ("files", "app", "base"),
    [
        ([], "app", "."),
        ([], "my-app", "."),
        ([], "backend/app", "."),
        ([], "back-end/app", "back-end"),
        ([], "src/shop/app", "src"),
        (["src/shop/__init__.py"], "src/shop/app", "src"),
        (["lib/shop/__init__.py"], "lib/shop/app", "lib"),
        (["lib/shop/__init__.pyi", "lib/shop/web/__init__.py"], "lib/shop/web/app", "lib"),
        (["lib/shop/__init__.py"], "lib/shop/web/app", "lib"),
        (["mypy.ini=[mypy]\nmypy_path = x, lib\n"], "lib/shop/app", "lib"),
        (["setup.cfg=[mypy]\nmypy_path = $MYPY_CONFIG_FILE_DIR/lib\n"], "lib/shop/app", "lib"),
        (["pyproject.toml=[tool.mypy]\nmypy_path = ['lib']\n"], "lib/shop/app", "lib"),
        (["pyproject.toml=[tool.mypy]\nmypy_path = 'x:lib'\n"], "lib/shop/app", "lib"),
        (["pyproject.toml=[tool.mypy\n"], "lib/shop/app", "."),
        (["setup.cfg=[metadata]\n", "pyproject.toml="], "lib/shop/app", "."),
    ],
)
def test_modules_are_named_from_where_they_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], app: str, base: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MYPYPATH", raising=False)
    (tmp_path / app).mkdir(parents=True)
    for name, _, text in (file.partition("=") for file in files):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert package_base(tmp_path / app, []) == tmp_path / base


def test_the_line_and_the_environment_name_places_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.ini").write_text("[mypy]\nmypy_path = lib\n")

    assert package_base(tmp_path / "lib/shop/app", ["--strict", "--config-file", "other.ini"]) == tmp_path / "lib"
    assert package_base(tmp_path / "lib/shop/app", ["--config-file=other.ini", "tests"]) == tmp_path / "lib"
    monkeypatch.setenv("MYPYPATH", "lib/shop")
    assert package_base(tmp_path / "lib/shop/app", []) == tmp_path / "lib/shop"
