"""From a project to a wheel, from the wheel to a fresh environment, and from there to answers; with real tools.

The recipes are those of ``docs/guides/packaging.md``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest
from servers import free_port, run, write_app

GUIDE = (Path(__file__).parents[2] / "docs/guides/packaging.md").read_text(encoding="utf-8")

ROUTE = """
from routehandlers import Request, RouteContext


def GET(request: Request, context: RouteContext) -> dict[str, object]:
    return {"answers": "NAME", **context.params}
"""
ROUTES = {
    "/": "route.py",
    "/items/7": "items/[id]/route.py",
    "/orders/7": "orders/[id=int]/route.py",
    "/blog/a/b": "blog/[...slug]/route.py",
    "/docs": "docs/[[...path]]/route.py",
    "/docs/a": "docs/[[...path]]/route.py",
    "/about": "(group)/about/route.py",
    "/side": "@slot/side/route.py",
    "/my-page": "my-page/route.py",
    "/.well-known/security.txt": ".well-known/security.txt/route.py",
}
FILES: dict[str, str] = {
    **{file: ROUTE.replace("NAME", file) for file in ROUTES.values()},
    "stock/[id]/route.py": "from ..._stock import left\n\n\ndef GET() -> str:\n    return left()\n",
    "_stock.py": 'def left() -> str:\n    return "three"\n',
    "icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "items/[id]/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
}


def block(title: str) -> str:
    """A file of the guide."""
    found = re.findall(rf'^```\w+ title="{re.escape(title)}"\n(.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, title
    text: str = found[0]
    return text


def write_project(folder: Path, files: Mapping[str, str]) -> Path:
    write_app(folder / "src/shop", FILES)
    (folder / "src/shop/__init__.py").touch()
    (folder / "src/shop/wsgi.py").write_text(block("src/shop/wsgi.py"))
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


SETUPTOOLS = {"pyproject.toml": "pyproject.toml", "MANIFEST.in": "MANIFEST.in"}
HATCHLING = {"pyproject.toml": "pyproject.toml of Hatchling"}


def build(project: Path) -> Path:
    """The project's wheel, made without asking an index."""
    pip(project, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", "dist", ".")
    (wheel,) = (project / "dist").iterdir()
    return wheel


def pip(cwd: Path, *words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def routehandlers(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "routehandlers._cli.main", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)


def install(folder: Path, *what: str) -> Path:
    """The Python of a new environment with a distribution, beside what the tests run with."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    (site_packages,) = folder.glob("lib/python*/site-packages")
    # An sdist and an editable install need their build tool in the environment.
    (site_packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n")
    pip(folder, "--python", str(python), "install", "--no-build-isolation", "--no-deps", "--no-index", *what)
    return python


def build_sdist(project: Path, backend: str) -> Path:
    """The project's sdist, made by its build tool."""
    code = f"from {backend} import build_sdist; build_sdist('dist')"
    ended = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (sdist,) = (project / "dist").iterdir()
    return sdist


@pytest.mark.once
@pytest.mark.parametrize("recipe", [SETUPTOOLS, HATCHLING], ids=["setuptools", "hatchling"])
def test_a_wheel_holds_the_tree_and_serves_it_from_another_environment(tmp_path: Path, recipe: dict[str, str]) -> None:
    project = write_project(tmp_path / "project", {name: block(title) for name, title in recipe.items()})

    checked = routehandlers(project, "typecheck", "src/shop/app", "--strict")
    wheel = build(project)
    compared = routehandlers(project, "check", "src/shop/app", "--wheel", str(wheel))
    python = install(tmp_path / "environment", str(wheel))

    assert checked.returncode == 0, checked.stdout
    assert compared.returncode == 0, compared.stdout
    assert compared.stdout.endswith(f"holds all {len(FILES)} files, in shop/app.\n")
    port = free_port()
    command = [str(python), "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "shop.wsgi:app"]
    with run(command, port, cwd=tmp_path / "environment") as server:
        for url, file in ROUTES.items():
            answer = server.request("GET", url)
            assert (answer.status, f'"answers":"{file}"'.encode() in answer.body) == (200, True), (url, answer)
        assert server.request("GET", "/stock/1").body == b"three"
        assert server.request("GET", "/icon.svg").header("Content-Type") == "image/svg+xml"
        assert server.request("GET", "/items/7/icon.svg").status == 200


PAGE = "<p>from the package"
WITH_FILES = {
    "src/shop/wsgi.py": block("src/shop/wsgi.py with public files and templates"),
    "src/shop/app/page/route.py": block("src/shop/app/page/route.py"),
    "src/shop/templates/page.html": PAGE,
    "src/shop/public/logo.svg": "<svg/>",
    "src/shop/public/.well-known/security.txt": "Contact: a",
}


@pytest.mark.once
@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
@pytest.mark.parametrize(
    ("recipe", "backend"),
    [(SETUPTOOLS, "setuptools.build_meta"), (HATCHLING, "hatchling.build")],
    ids=["setuptools", "hatchling"],
)
def test_each_kind_of_install_serves_routes_templates_and_public_files(
    tmp_path: Path, recipe: dict[str, str], backend: str, kind: str
) -> None:
    project = write_project(tmp_path / "project", {name: block(title) for name, title in recipe.items()})
    # The first file that answers a path wins, and public files come first.
    (project / "src/shop/app/.well-known/security.txt/route.py").unlink()
    for name, text in WITH_FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)

    if kind == "wheel":
        python = install(tmp_path / "environment", str(build(project)))
    elif kind == "sdist":
        python = install(tmp_path / "environment", str(build_sdist(project, backend)))
    else:
        python = install(tmp_path / "environment", "--editable", str(project))
    if kind != "editable":  # nothing is read from the sources
        project.rename(tmp_path / "moved")

    port = free_port()
    command = [str(python), "-m", "routehandlers", "start", "shop.wsgi:app", "--port", str(port), "--workers", "1"]
    with run(command, port, cwd=tmp_path / "environment") as server:
        assert b'"answers":"items/[id]/route.py"' in server.request("GET", "/items/7").body
        assert b'"answers":"blog/[...slug]/route.py"' in server.request("GET", "/blog/a/b").body
        assert server.request("GET", "/page").body == PAGE.encode()
        assert server.request("GET", "/logo.svg").body == b"<svg/>"
        assert server.request("GET", "/.well-known/security.txt").body == b"Contact: a"


@pytest.mark.once
def test_a_wheel_that_setuptools_made_alone_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"pyproject.toml": block("pyproject.toml")})

    compared = routehandlers(project, "check", "src/shop/app", "--wheel", str(build(project)))

    assert compared.returncode == 1
    assert "  src/shop/app/blog/[...slug]/route.py\n" in compared.stdout
    assert "  src/shop/app/icon.svg\n" in compared.stdout
    assert "  graft src/shop/app\n" in compared.stdout


@pytest.mark.once
def test_what_an_earlier_build_left_is_found_in_the_wheel(tmp_path: Path) -> None:
    project = write_project(tmp_path, {name: block(title) for name, title in SETUPTOOLS.items()})
    build(project).unlink()
    (project / "src/shop/app/blog/[...slug]").rename(project / "src/shop/app/blog/[...path]")

    compared = routehandlers(project, "check", "src/shop/app", "--wheel", str(build(project)))

    assert compared.returncode == 1
    assert "remove build/" in compared.stdout
    assert "  shop/app/blog/[...slug]/route.py\n" in compared.stdout


@pytest.mark.once
def test_tests_beside_a_route_run_the_way_the_guide_says(tmp_path: Path) -> None:
    for name in ("items/[slug]", "orders/[slug]"):
        write_app(tmp_path, {f"{name}/test_it.py": "from .route import GET\ndef test_it(): assert GET\n"})
        write_app(tmp_path, {f"{name}/route.py": "def GET(): return 'x'\n"})
    (tmp_path / "pyproject.toml").write_text(block("pyproject.toml for pytest"))

    for cwd, words, count in ((".", [], 2), (".", ["app/items"], 1), ("app/items/[slug]", ["test_it.py"], 1)):
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", *words]
        ended = subprocess.run(command, cwd=tmp_path / cwd, capture_output=True, text=True, check=False)
        assert f"{count} passed" in ended.stdout, ended.stdout


@pytest.mark.once
def test_ruff_leaves_a_tree_alone_with_the_lines_of_the_guide(tmp_path: Path) -> None:
    write_app(tmp_path, {**FILES, "[id]/_x.py": "def GET():\n    return 1\n"})
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ruff.lint]\nselect = ["N", "INP"]\n' + block("pyproject.toml for ruff")
    )
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise"]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ended.stdout.splitlines() == [
        "app/[id]/_x.py:1:5: N802 Function name `GET` should be lowercase",
        "Found 1 error.",
    ]
