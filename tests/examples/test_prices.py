"""The example with a slow source, and its script."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serve

pytestmark = pytest.mark.once

EXAMPLE = Path(__file__).parents[2] / "examples" / "prices"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve("routehandlers:create_app()", cwd=EXAMPLE, env={"EXCHANGE_SECONDS": "0.6"}) as started:
        yield started


def test_the_script_shows_miss_hit_and_stale_as_they_happen(server: Server) -> None:
    shown = subprocess.run(
        [sys.executable, str(EXAMPLE / "watch.py"), f"{server.url}/prices/OAK", "16"],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip

    rows = [line.split() for line in shown.splitlines()[1:]]
    states = "".join(row[1][0] for row in rows)
    assert re.fullmatch("MH+S+H+", states), shown
    assert float(rows[0][3]) > 500
    assert all(float(row[3]) < 400 for row in rows[1:])
    assert rows[0][5] != rows[-1][5]


def test_a_price_is_forgotten_at_once_or_softly(server: Server) -> None:
    def state() -> str:
        return server.request("GET", "/prices/ELM").header("Cache-Status") or ""

    assert state().endswith("stored")
    assert "; hit; ttl=" in state()
    server.request("POST", "/refresh/ELM", body="")
    assert state().endswith("stored")
    server.request("POST", "/refresh/ELM?soft=1", body="")
    assert "; hit; ttl=-" in state()
    assert server.request("GET", "/prices/NONE").status == 404
