"""Recorded exchanges of a running Next.js, replayed against translations of its routes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from servers import Server

from parity.deviations import as_markdown, comparable, expected, reason_not_replayed
from parity.replay import load, recorded, send, serve_app
from parity.routes_around import AROUND
from parity.routes_main import MAIN
from parity.routes_others import OTHERS
from parity.sequences import is_in_sequence

EXCHANGES = [exchange for exchange in load() if not is_in_sequence(exchange)]
APPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {"main": (MAIN, {}), **OTHERS, **AROUND}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serve_app(tmp_path_factory.mktemp(name), files, settings))
            for name, (files, settings) in APPS.items()
        }


REPLAYED = [
    exchange for exchange in EXCHANGES if reason_not_replayed(exchange) is None and ".log" not in exchange["id"]
]


@pytest.mark.parametrize("exchange", REPLAYED, ids=lambda exchange: exchange["id"])
def test_an_answer_is_nexts_or_a_deviation_that_the_table_names(
    servers: dict[str, Server], exchange: dict[str, Any]
) -> None:
    answer = send(servers[exchange["app"]], exchange["request"])

    assert comparable(answer, exchange) == comparable(expected(recorded(exchange), exchange), exchange)


LOGS = [exchange for exchange in EXCHANGES if exchange["id"].startswith("after.") and exchange["id"].endswith(".log")]


@pytest.mark.parametrize("log", LOGS, ids=lambda exchange: exchange["id"])
def test_functions_given_to_after_run_once_the_answer_is_sent(servers: dict[str, Server], log: dict[str, Any]) -> None:
    by_id = {exchange["id"]: exchange for exchange in EXCHANGES}
    reset = next(exchange for exchange in EXCHANGES if exchange["request"]["target"] == "/af/reset")
    server = servers["main"]
    send(server, reset["request"])

    send(server, by_id[log["id"].removesuffix(".log")]["request"])

    wanted = expected(recorded(log), log).body
    deadline = time.monotonic() + 5
    while (body := send(server, log["request"]).body) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert body == wanted


def test_every_exchange_is_replayed_or_has_a_reason_not_to_be() -> None:
    covered = {exchange["id"] for exchange in [*REPLAYED, *LOGS]}

    assert {exchange["id"] for exchange in EXCHANGES if reason_not_replayed(exchange) is None} == covered
    assert len(covered) > 500


def test_the_manual_lists_every_deviation() -> None:
    page = Path(__file__).parents[2] / "docs" / "parity.md"

    assert page.read_text(encoding="utf-8") == as_markdown()
