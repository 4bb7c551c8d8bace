"""The manual is true, and complete."""

from __future__ import annotations

import dataclasses
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import routehandlers
from docs.samples import blocks, run_page
from routehandlers import (
    cache,
    cache_handlers,
    exceptions,
    fetch,
    headers,
    navigation,
    openapi,
    resources,
    server,
    testing,
    typed_routes,
)
from routehandlers.config import Config

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# test_deploying.py builds and serves the project of this page.
RUN_ELSEWHERE = {ROOT / "docs/guides/deploying.md"}
WITH_SAMPLES = [
    page
    for page in PAGES
    if page not in RUN_ELSEWHERE and any(block.language in {"python", "console"} for block in blocks(page))
]


@pytest.mark.parametrize("page", WITH_SAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_samples_of_a_page_do_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    assert run_page(page) > 0

    for name in set(sys.modules) - before:
        if name.startswith(("routehandlers_app", "app.")) or name == "app":
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_escapes_the_runner(page: Path) -> None:
    fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
    in_lists = re.findall(r"^ +```text$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(fences) == 2 * (len(blocks(page)) + len(in_lists))


def test_the_mistakes_of_the_readme_are_told_as_it_says(make_app: Callable[..., object]) -> None:
    files = {
        "items/[id]/route.py": "def GET(): return 'x'",
        "items/[slug]/edit/route.py": "def GET(): return 'x'",
        "users/route.py": "\n\ndef get(): return 'x'",
    }

    with pytest.raises(exceptions.InvalidAppError) as caught:
        make_app(files)

    told = str(caught.value).replace(str(caught.value.folder), "/srv/shop/app")
    assert textwrap.indent(told, "  ") in (ROOT / "README.md").read_text(encoding="utf-8")


def test_most_of_the_manual_has_samples() -> None:
    assert len(WITH_SAMPLES) >= 15


def everything() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Config)])
def test_every_setting_has_its_place(setting: str) -> None:
    default = getattr(Config(), setting)
    sizes = {16 * 2**20: "16 MiB", 50 * 2**20: "50 MiB"}
    shown = sizes[default] if type(default) is int and default in sizes else f"`{default!r}`".replace("'", '"')

    assert f"| `{setting}` | {shown} |" in (ROOT / "docs/guides/settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *sorted(set(routehandlers.__all__) - set(vars(exceptions))),
        *cache.__all__,
        *cache_handlers.__all__,
        *fetch.__all__,
        *headers.__all__,
        *navigation.__all__,
        *openapi.__all__,
        *resources.__all__,
        *server.__all__,
        *testing.__all__,
        *typed_routes.__all__,
    ],
)
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

    assert "python -m benchmarks" in readme


def test_the_command_of_the_readme_is_the_one_that_runs_before_every_merge() -> None:
    command = "\npython3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox\n"

    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci/run").read_text(encoding="utf-8")
