"""The contracts of import-linter say nothing about a module that they forget; these tests do."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parent.parent
PACKAGE = CHECKOUT / "routehandlers"
CONTRACTS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]
FILES = sorted(PACKAGE.rglob("*.py"))


def test_every_module_has_its_layer() -> None:
    layers = {name for layer in CONTRACTS[0]["layers"] for name in re.findall(r"[\w.]+", layer)}
    modules = {".".join(file.relative_to(CHECKOUT).with_suffix("").parts) for file in FILES}
    modules = {module for module in modules if not module.endswith("__init__")}

    homeless = {module for module in modules if not any(f"{module}.".startswith(f"{layer}.") for layer in layers)}

    assert modules
    assert homeless == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_the_package_never_imports_itself_by_name(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    absolute = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    absolute += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]

    assert [name for name in absolute if name.split(".")[0] == "routehandlers"] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_nobody_below_imports_the_facade(file: Path) -> None:
    """``from .. import Request`` reaches for ``__init__``, which no contract can name without naming everything."""
    depth = len(file.relative_to(PACKAGE).parts)
    tree = ast.parse(file.read_text(encoding="utf-8"))

    from_top = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == depth]
    names = [name.name for node in from_top if node.module is None for name in node.names]

    modules = {path.stem for path in PACKAGE.iterdir()}
    assert [name for name in names if name not in modules] == []
