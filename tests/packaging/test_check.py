"""``routehandlers check``: a tree, and a wheel beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from servers import write_app

from routehandlers._cli.packaging.wheel import Comparison, compare_with_wheel

COMMAND = [sys.executable, "-m", "routehandlers._cli.main", "check"]

ROUTE = "def GET(): return 'x'\n"
TREE = {
    "route.py": ROUTE,
    "items/_store.py": "X = 1\n",
    "items/[id]/route.py": ROUTE,
    "items/[id]/icon.svg": "<svg/>",
    "blog/[...slug]/route.py": ROUTE,
    ".well-known/security.txt/route.py": ROUTE,
    "_page.html": "<p>",
}


def check(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_a_sound_tree_is_one_line(tmp_path: Path) -> None:
    write_app(tmp_path, TREE)

    ended = check(tmp_path)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "5 routes in app, and nothing wrong.\n", "")


def test_all_that_is_wrong_is_shown_at_once(tmp_path: Path) -> None:
    write_app(tmp_path, {"[a]/route.py": "GET = 3\n", "[b]/route.py": "def get(): ...\n", "c/route.py": "1 / 0\n"})

    ended = check(tmp_path)

    assert ended.returncode == 1
    assert ended.stdout.startswith(f"4 problems in {tmp_path}/app:\n")
    assert f'File "{tmp_path}/app/c/route.py", line 1' in ended.stdout
    assert "ZeroDivisionError" in ended.stdout
    assert "Did you mean 'GET'?" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("line", "error"), [("1 / 0", "ZeroDivisionError"), ("import sys; sys.exit(0)", "SystemExit"), ("=", "SyntaxError")]
)
def test_a_file_that_raises_is_shown_with_its_own_traceback(tmp_path: Path, line: str, error: str) -> None:
    app = write_app(tmp_path, {"x/route.py": "from ._y import z\n", "x/_y.py": f"{line}\n"})

    ended = check(tmp_path)

    assert ended.returncode == 1
    assert f'File "{app}/x/_y.py", line 1' in ended.stdout
    assert f"A file of app raised {error}" in ended.stdout
    assert "routehandlers/app.py" not in ended.stdout


def test_the_settings_of_the_project_are_checked_with_it(tmp_path: Path) -> None:
    write_app(tmp_path, TREE)
    (tmp_path / "pyproject.toml").write_text('[tool.routehandlers]\nbasePath = "/x"\n')

    ended = check(tmp_path)

    assert (ended.returncode, ended.stdout) == (
        1,
        "There is no setting 'basePath'. Did you mean 'base_path'?\n",
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There is no folder"),
        (["--wheel", "dist/x.whl"], "dist/x.whl does not exist. Build a wheel with: pip wheel"),
        (["--wheel", "pyproject.toml"], "pyproject.toml is not a wheel."),
        (["--weel", "x"], "unrecognized arguments"),
    ],
)
def test_a_command_that_is_not_understood_is_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    write_app(tmp_path, TREE)
    (tmp_path / "pyproject.toml").touch()

    ended = check(tmp_path, *words)

    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert sentence in ended.stderr


def compare(tmp_path: Path, held: dict[str, str], *, app: str = "src/shop/app") -> Comparison:
    """A wheel with files of these names and texts beside the tree in a folder."""
    wheel = tmp_path / "shop-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("shop/__init__.py", "")
        archive.writestr("shop-1.0.dist-info/METADATA", "Name: shop\n")
        for name, text in held.items():
            archive.writestr(name, text)
    return compare_with_wheel(Path(app), wheel)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_app(tmp_path / "src/shop", TREE)
    monkeypatch.chdir(tmp_path)


def below(folder: str, **changed: str) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in {**TREE, **changed}.items()}


@pytest.mark.parametrize("place", ["shop/app", "app", "shop-1.0.data/purelib/shop/app", "other/name"])
def test_a_wheel_with_all_files_is_equal_wherever_they_lie(tmp_path: Path, place: str) -> None:
    compared = compare(tmp_path, below(place))

    assert (compared.is_equal, compared.place, compared.count) == (True, place, len(TREE))
    assert str(compared).endswith(f"shop-1.0-py3-none-any.whl holds all 7 files, in {place}.")


def test_what_a_packer_left_out_is_named_with_the_way_to_put_it_in(tmp_path: Path) -> None:
    held = below("shop/app")
    del held["shop/app/blog/[...slug]/route.py"], held["shop/app/items/[id]/icon.svg"]

    compared = compare(tmp_path, held)

    assert str(compared).splitlines()[1:] == [
        "Not in the wheel:",
        "  src/shop/app/blog/[...slug]/route.py",
        "  src/shop/app/items/[id]/icon.svg",
        "With setuptools, these lines of MANIFEST.in add all files of a folder inside a package:",
        "  graft src/shop/app",
        "Other build backends include every file of a package: move the folder into a package.",
    ]


def test_what_is_old_and_what_is_gone_are_told_apart(tmp_path: Path) -> None:
    held = below("shop/app", **{"items/[id]/route.py": "def GET(): return 'old'\n", "gone/[id]/route.py": ROUTE})

    compared = compare(tmp_path, held)

    assert (compared.missing, compared.different, compared.extra) == (
        (), (Path("src/shop/app/items/[id]/route.py"),), ("shop/app/gone/[id]/route.py",),
    )  # fmt: skip
    assert not compared.is_equal
    assert "graft" not in str(compared)


def test_a_wheel_without_the_tree_lacks_every_file(tmp_path: Path) -> None:
    compared = compare(tmp_path, {"shop/models.py": ""})

    assert (compared.place, len(compared.missing)) == (None, len(TREE))
    assert str(compared).splitlines()[0].endswith("contains no folder with files of src/shop/app.")


def test_the_folder_with_most_of_the_files_is_the_tree(tmp_path: Path) -> None:
    other = {"shop/admin/route.py": ROUTE, "shop/admin/items/[id]/route.py": ROUTE}

    assert compare(tmp_path, {**other, **below("shop/web")}).place == "shop/web"


def test_of_two_equal_folders_the_one_of_the_same_name_is_the_tree(tmp_path: Path) -> None:
    held = {**below("shop/zebra"), **below("shop/app"), **below("zebra/app")}

    assert compare(tmp_path, held).place == "shop/app"


def test_a_public_folder_beside_the_tree_belongs_to_it_in_a_package(tmp_path: Path) -> None:
    public = tmp_path / "src/shop/public"
    public.mkdir()
    (public / "robots.css").write_text("p {}")

    assert compare(tmp_path, below("app")).is_equal
    lacking = compare(tmp_path, below("shop/app"))
    assert lacking.missing == (Path("src/shop/public/robots.css"),)
    assert "  graft src/shop/public\n" in str(lacking)
    other = {"shop/public/robots.css": "p {}", "shop/public/old.css": ""}
    assert compare(tmp_path, {**below("shop/app"), **other}).extra == ("shop/public/old.css",)


def test_what_no_server_reads_is_not_looked_for(tmp_path: Path) -> None:
    names = ["items/test_items.py", "conftest.py", "__pycache__/route.cpython-311.pyc", ".DS_Store", "route.py~"]
    write_app(tmp_path / "src/shop", dict.fromkeys(names, ""))

    assert compare(tmp_path, below("shop/app")).is_equal
    assert compare(tmp_path, {**below("shop/app"), "shop/app/__pycache__/route.pyc": "", "shop/app/": ""}).is_equal


def test_the_tree_may_be_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path / "src/shop/app")

    assert compare(tmp_path, {**below("shop/web"), **below("shop/app")}, app=".").place == "shop/app"


def test_the_command_checks_the_tree_and_the_wheel(tmp_path: Path) -> None:
    compare(tmp_path, below("shop/app"))
    (tmp_path / "src/shop/app/[x]").mkdir()
    (tmp_path / "src/shop/app/[x]/route.py").write_text("def get(): ...\n")

    ended = check(tmp_path, "src/shop/app", "--wheel", "shop-1.0-py3-none-any.whl")

    assert ended.returncode == 1
    assert "Did you mean 'GET'?" in ended.stdout
    assert "Not in the wheel:\n  src/shop/app/[x]/route.py\n" in ended.stdout
