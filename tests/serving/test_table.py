"""The table of servers in the manual is that of the tests."""

from __future__ import annotations

from pathlib import Path

from other_servers import CHECKS, KINDS, as_markdown

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "deploying.md"


def test_the_guide_has_the_table_and_says_what_its_columns_mean() -> None:
    text = GUIDE.read_text(encoding="utf-8")

    assert f"<!-- servers -->\n\n{as_markdown()}\n\n<!-- /servers -->" in text
    for check, meaning in CHECKS.items():
        assert f"{check} " in text.replace("`", "")
        assert meaning in text


def test_what_a_server_cannot_do_is_a_check() -> None:
    assert {check for kind in KINDS.values() for check in kind.cannot} <= set(CHECKS)
