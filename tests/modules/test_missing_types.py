"""A file that imports ``_routes.py`` before ``routehandlers typegen`` has written it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from servers import write_app

from routehandlers import RouteHandlers
from routehandlers.exceptions import InvalidAppError, InvalidRouteModuleError

GET = "def GET(): return 'x'\n"


def mistakes(folder: Path, files: dict[str, str]) -> list[str]:
    app = write_app(folder, files)
    with pytest.raises(InvalidAppError) as caught:
        RouteHandlers(app)
    assert all(isinstance(one, InvalidRouteModuleError) for one in caught.value.problems)
    return [str(one).replace(f"{app}/", "") for one in caught.value.problems]


NOT_YET = "It imports app/_routes.py, which does not exist yet. Run: routehandlers typegen"


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("route.py", f"\nfrom ._routes import RouteContext\n{GET}"),
        ("route.py", f"\nfrom . import _routes\n{GET}"),
        ("items/[id]/route.py", f"\nfrom ..._routes import RouteContext, href\n{GET}"),
        ("middleware.py", "\nfrom ._routes import href\ndef middleware(request): pass\n"),
        ("sitemap.py", "\nfrom ._routes import href\ndef sitemap(): return []\n"),
    ],
    ids=["route", "whole", "below", "middleware", "metadata"],
)
def test_a_missing_module_names_the_command_with_file_and_line(tmp_path: Path, file: str, source: str) -> None:
    assert mistakes(tmp_path, {file: source}) == [f"{file}:2\n  {NOT_YET}"]


def test_a_helper_and_each_route_that_imports_it_are_named(tmp_path: Path) -> None:
    files = {
        "_links.py": "from ._routes import href\n",
        "a/route.py": f"from .._links import href\n{GET}",
        "b/route.py": f"from .._routes import href\n{GET}",
    }

    assert mistakes(tmp_path, files) == [f"_links.py:1\n  {NOT_YET}", f"b/route.py:1\n  {NOT_YET}"]


def test_a_name_that_the_module_lacks_names_the_command(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"a/route.py": GET})
    subprocess.run([sys.executable, "-m", "routehandlers", "typegen"], cwd=tmp_path, check=True, capture_output=True)
    (app / "a").rename(app / "b")

    assert mistakes(tmp_path, {"route.py": f"from ._routes import UsersIdParams\n{GET}"}) == [
        "route.py:1\n  cannot import name 'UsersIdParams' from app/_routes.py. Run: routehandlers typegen"
    ]


def test_a_wrong_number_of_dots_is_told(tmp_path: Path) -> None:
    files = {"_routes.py": "", "items/[id]/route.py": f"from .._routes import href\n{GET}"}

    assert mistakes(tmp_path, files) == [
        "items/[id]/route.py:1\n  It imports _routes.py from another folder than app. Add or remove dots: one for each"
        " folder."
    ]


@pytest.mark.parametrize("module", ["nowhere._routes", "nowhere", "_routes"])
def test_another_module_that_is_missing_keeps_its_own_error(tmp_path: Path, module: str) -> None:
    app = write_app(tmp_path, {"route.py": f"from {module} import href\n{GET}"})

    with pytest.raises(ModuleNotFoundError, match="No module named"):
        RouteHandlers(app)


def test_a_module_of_the_user_with_this_name_keeps_its_own_error(tmp_path: Path) -> None:
    app = write_app(tmp_path, {"_routes.py": "", "route.py": f"from ._routes import href\n{GET}"})

    with pytest.raises(ImportError, match="cannot import name 'href'"):
        RouteHandlers(app)


@pytest.mark.parametrize("command", ["check", "routes", "build", "start"])
def test_the_commands_name_typegen_which_then_mends_it(tmp_path: Path, command: str) -> None:
    write_app(tmp_path, {"items/[id]/route.py": f"from ..._routes import RouteContext\n{GET}"})

    failed = run(tmp_path, command)
    generated = run(tmp_path, "typegen")

    assert f"items/[id]/route.py:1\n  {NOT_YET}\n" in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr
    assert generated.returncode == 0
    assert run(tmp_path, "check").returncode == 0


def test_an_absolute_import_names_the_command_too(tmp_path: Path) -> None:
    write_app(tmp_path, {"route.py": f"from app._routes import href\n{GET}"})

    assert f"app/route.py:1\n  {NOT_YET}\n" in run(tmp_path, "check").stdout


def run(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "routehandlers", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
