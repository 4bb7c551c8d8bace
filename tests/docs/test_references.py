"""The repository refers only to documents that it contains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_FOLDERS = ("routehandlers", "tests", "docs", "benchmarks", "examples")
_TEXT = {".py", ".md", ".toml", ".yml", ".ini", ".cfg"}
FILES = sorted(
    file
    for file in (*ROOT.iterdir(), *(file for folder in _FOLDERS for file in (ROOT / folder).rglob("*")))
    if file.is_file() and file.suffix in _TEXT
)
DOCUMENTS = {file.name for file in FILES if file.suffix == ".md"}

_CAPITALS = re.compile(r"\b[A-Z][A-Z_-]+\.md\b")
_IN_DOCS = re.compile(r"(?<![\w./-])docs/[\w/-]+\.md\b")
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)[^)\s]*\)")


def missing(file: Path, text: str) -> set[str]:
    """Return the documents that a text of the file refers to and that do not exist."""
    names = {name for name in _CAPITALS.findall(text) if name not in DOCUMENTS}
    paths = {path for path in _IN_DOCS.findall(text) if not (ROOT / path).is_file()}
    if file.suffix != ".md":
        return names | paths
    # A sample or a name in backticks may look like a link: `[slug](page)`.
    links = set(_LINK.findall(_CODE.sub("", text)))
    return names | paths | {link for link in links if not (file.parent / link).exists()}


def test_every_document_that_a_file_refers_to_exists() -> None:
    found = {file.relative_to(ROOT).as_posix(): missing(file, file.read_text(encoding="utf-8")) for file in FILES}

    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Joined here, so that this file contains no such name itself.
        ("see NOTHING" + ".md", {"NOTHING" + ".md"}),
        ("see README.md and CHANGELOG.md", set()),
        ("see ``docs/" + "nothing.md``", {"docs/nothing" + ".md"}),
        ("see `docs/threats.md`", set()),
        ("[a](guides/nothing.md#part)", {"guides/nothing.md"}),
        ("[a](guides/routing.md#part) [b](https://example.com/x.md) [c](#part)", set()),
        ("`[slug](page)`", set()),
        ("```python\nx[0](page)\n```\n", set()),
    ],
)
def test_a_document_that_does_not_exist_is_found(text: str, expected: set[str]) -> None:
    assert missing(ROOT / "docs" / "index.md", text) == expected
