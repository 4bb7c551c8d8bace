"""The manual is true, and complete."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import pytest

from docs.samples import blocks, run_page, write_files
from routehandlers import exceptions, headers, navigation, server
from routehandlers.config import Config

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_SAMPLES = [page for page in PAGES if any(block.language in {"python", "console"} for block in blocks(page))]


@pytest.mark.parametrize("page", WITH_SAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_samples_of_a_page_do_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    assert run_page(page) > 0

    for name in set(sys.modules) - before:
        if name.startswith("routehandlers_app"):
            del sys.modules[name]


def test_most_of_the_manual_has_samples() -> None:
    assert len(WITH_SAMPLES) >= 14


def everything() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Config)])
def test_every_setting_has_its_place(setting: str) -> None:
    assert f"| `{setting}` |" in (ROOT / "docs/guides/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*headers.__all__, *navigation.__all__, *server.__all__])
def test_every_public_name_is_in_the_reference(name: str) -> None:
    reference = (ROOT / "docs/reference.md").read_text(encoding="utf-8")

    assert re.search(rf"^::: routehandlers\.?\w*\.{name}$", reference, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [name for name, value in vars(exceptions).items() if isinstance(value, type) and issubclass(value, Exception)],
)
def test_every_error_is_in_a_guide(name: str) -> None:
    assert f"`{name}`" in everything()


def test_the_readme_names_the_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "\ntox\n" in readme
    assert "python -m benchmarks" in readme
