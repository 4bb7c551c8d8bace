"""``docs/threats.md`` and the tests with a SEC number agree."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threats.md"
_ENTRY = re.compile(r"^### SEC-(\d\d): (.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"^ *def test_sec((?:_\d\d)+)_", re.MULTILINE)


def entries() -> dict[str, set[str]]:
    """Return the test files that the page names for each number."""
    found = _ENTRY.findall(PAGE.read_text(encoding="utf-8"))
    assert len(found) == len(dict(found)), "a number has two entries"
    return {number: set(re.findall(r"`(tests/[\w/]+\.py)`", text)) for number, text in found}


def files_by_number() -> dict[str, set[str]]:
    """Return the files that have a test for each number."""
    files: defaultdict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "tests").rglob("test_*.py"):
        for numbers in _TEST.findall(file.read_text(encoding="utf-8")):
            for number in numbers.strip("_").split("_"):
                files[number].add(file.relative_to(ROOT).as_posix())
    return dict(files)


def test_every_threat_is_tested_where_the_page_says() -> None:
    assert entries() == files_by_number()


def test_every_threat_s_number_in_the_repository_has_an_entry() -> None:
    mentioned = {
        number
        for folder in ("routehandlers", "tests", "docs", "benchmarks", "examples")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".md"}
        for number in re.findall(r"\bSEC-(\d+)", file.read_text(encoding="utf-8"))
    }

    assert mentioned <= set(entries())


def test_the_entries_stand_in_order_and_say_something() -> None:
    found = _ENTRY.findall(PAGE.read_text(encoding="utf-8"))

    assert [number for number, _ in found] == sorted(number for number, _ in found)
    assert all(len(text) > 150 for _, text in found)
