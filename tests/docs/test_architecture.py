"""``docs/architecture.md`` is true: what it names exists, and the stages run in the order of its drawing."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from routehandlers import RouteHandlers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "routehandlers"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCES = {file: file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
WORDS = frozenset(word for source in SOURCES.values() for word in re.findall(r"\w+", source))

_FENCE = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
_NAME = r"[A-Za-z_]\w*"

# Names of files in the tree of a user.
_OF_USERS = frozenset({"middleware.py", "error.py", "not_found.py", "robots.py", "sitemap.py"})
# Commands, parts of other libraries by their full names, the header of HTTP, and schemes of storages.
_NOT_OURS = re.compile(
    r"(?:tox|python -m) .+|(?:werkzeug|flask|json|re|redis|gunicorn|granian|multiprocessing)\.[\w.]+|sre_parse|multiprocessing|atexit|revalidatePath|Host|(?:file|redis)://"
)


def names(page: str) -> list[str]:
    """Return what stands in backticks, once each."""
    return sorted(set(_IN_BACKTICKS.findall(_FENCE.sub("", page))))


def definitions() -> tuple[dict[str, set[str]], set[str]]:
    """Return the names in each class of the package, and the names of all functions."""
    classes: defaultdict[str, set[str]] = defaultdict(set)
    functions: set[str] = set()
    for source in SOURCES.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                inside = [getattr(part, "name", None) or getattr(part, "attr", None) for part in ast.walk(node)]
                classes[node.name] |= {name for name in inside if name}
            elif isinstance(node, ast.FunctionDef):
                functions.add(node.name)
    return dict(classes), functions


CLASSES, FUNCTIONS = definitions()


def exists(name: str) -> bool:
    """Return whether a file, class, function, attribute or word of the package has the name."""
    if name in _OF_USERS or _NOT_OURS.fullmatch(name):
        return True
    if "/" in name or name.endswith((".py", ".toml")):
        return name.split("/")[0] not in {"", ".", ".."} and any((top / name).exists() for top in (PACKAGE, ROOT))
    if match := re.fullmatch(rf"(?:request\.)?({_NAME})\(\)", name):
        return match[1] in FUNCTIONS
    if match := re.fullmatch(rf"([A-Z]\w*[a-z]\w*)\.({_NAME})", name):
        return match[2] in CLASSES.get(match[1], ())
    if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name):
        return name in CLASSES
    match = re.fullmatch(rf"(?:request\.)?({_NAME})=?", name)
    return match is not None and match[1] in WORDS


@pytest.mark.parametrize("name", names(PAGE))
def test_whatever_the_page_names_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize(
    "name",
    [
        "_runtime/nothing.py", "_nothing/", "nothing.py", "Nothing", "Road.nothing", "Nothing.run", "nothing_at_all()",
        "request.nothing_at_all", "_nothing_at_all", "tests/nothing/",
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist_is_found(name: str) -> None:
    assert not exists(name)


def test_the_page_names_enough_to_be_of_use() -> None:
    assert len([name for name in names(PAGE) if name.endswith(".py")]) > 50
    assert len([name for name in names(PAGE) if name in CLASSES]) > 25


def test_every_package_is_on_the_page() -> None:
    packages = {
        f"{file.parent.relative_to(PACKAGE).as_posix()}/"
        for file in SOURCES
        if file.name == "__init__.py" and file.parent != PACKAGE
    }

    rows = re.findall(r"^\| `([\w/]+/)` \|", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(packages)


def drawn() -> list[tuple[str, str]]:
    """Return the names in the drawing that have a module beside them, with the module."""
    (drawing,) = _FENCE.findall(PAGE)
    return re.findall(r"│ +([A-Za-z_.]+) +(_runtime/[\w/]+\.py)", drawing)


def test_the_drawing_shows_each_name_in_its_module() -> None:
    for name, module in drawn():
        owner, _, attribute = name.partition(".")
        defined = ast.parse(SOURCES[PACKAGE / module]).body
        found = [node for node in defined if getattr(node, "name", None) == owner]
        assert found, (name, module)
        assert not attribute or attribute in CLASSES[owner], name


def other(environ: object, start_response: object) -> list[bytes]:
    raise AssertionError("not called")


def test_the_drawing_has_the_stages_of_an_application_with_everything_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "app" / "items").mkdir(parents=True)
    (tmp_path / "app" / "items" / "route.py").write_text("def GET(): return 'x'")
    (tmp_path / "app" / "middleware.py").write_text("def middleware(): return None")
    (tmp_path / "app" / "items" / "middleware.py").write_text("def middleware(): return None")
    rewrite = [{"source": "/a", "destination": "/b"}]
    app = RouteHandlers(
        tmp_path / "app",
        base_path="/base",
        fallback=other,
        headers=[{"source": "/a", "headers": [{"key": "x", "value": "y"}]}],
        redirects=[{"source": "/c", "destination": "/d", "permanent": False}],
        rewrites={"before_files": rewrite, "after_files": rewrite, "fallback": rewrite},
    )

    stages = [(type(stage).__name__, type(stage).__module__) for stage in app._pipeline.road.stages]

    assert stages == [
        (name, "routehandlers." + module.removesuffix(".py").replace("/", "."))
        for name, module in drawn()
        if module.endswith("/stages.py")
    ]


def test_an_application_with_nothing_around_its_routes_has_the_four_stages_that_the_page_names(tmp_path: Path) -> None:
    (tmp_path / "route.py").write_text("def GET(): return 'x'")

    stages = [type(stage).__name__ for stage in RouteHandlers(tmp_path)._pipeline.road.stages]

    assert stages == ["Reading", "Routes", "NotFound", "Respond"]


def test_contributing_shows_the_layers_of_the_contracts() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    expected = [
        [name.strip().removeprefix("routehandlers.") for name in re.split("[|:]", layer)]
        for contract in contracts
        if contract["type"] == "layers"
        for layer in contract["layers"]
    ]

    part = text.partition("## Where things live")[2].partition("\n## ")[0]
    shown = [line.split("  ")[0].split(" · ") for line in re.findall(r"^ {4}(\w.*)", part, re.MULTILINE)]
    assert shown == expected
