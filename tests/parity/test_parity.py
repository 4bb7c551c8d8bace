"""Recorded exchanges of a running Next.js, replayed against translations of its routes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from servers import Server, serve, write_app

from parity.deviations import as_markdown, expected, reason_not_replayed, without_javascript
from parity.replay import Seen, load, seen, send
from parity.routes_main import MAIN
from parity.routes_others import OTHERS

EXCHANGES = load()
APPS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {"main": (MAIN, {}), **OTHERS}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        started = {}
        for name, (files, settings) in APPS.items():
            folder = tmp_path_factory.mktemp(name)
            write_app(folder, files)
            source = f"from routehandlers import RouteHandlers\napp = RouteHandlers('app', **{settings!r})\n"
            (folder / "wsgi.py").write_text(source)
            # gunicorn would believe this machine's X-Forwarded-Proto.
            options = ("--forwarded-allow-ips", "192.0.2.1")
            started[name] = stack.enter_context(serve("wsgi:app", cwd=folder, options=options))
        yield started


REPLAYED = [
    exchange for exchange in EXCHANGES if reason_not_replayed(exchange) is None and ".log" not in exchange["id"]
]


@pytest.mark.parametrize("exchange", REPLAYED, ids=lambda exchange: exchange["id"])
def test_an_answer_is_nexts_or_a_deviation_that_the_table_names(
    servers: dict[str, Server], exchange: dict[str, Any]
) -> None:
    answer = send(servers[exchange["app"]], exchange["request"])

    assert _comparable(answer, exchange) == _comparable(expected(_recorded(exchange), exchange), exchange)


LOGS = [exchange for exchange in EXCHANGES if exchange["id"].startswith("after.") and exchange["id"].endswith(".log")]


@pytest.mark.parametrize("log", LOGS, ids=lambda exchange: exchange["id"])
def test_functions_given_to_after_run_once_the_answer_is_sent(servers: dict[str, Server], log: dict[str, Any]) -> None:
    by_id = {exchange["id"]: exchange for exchange in EXCHANGES}
    reset = next(exchange for exchange in EXCHANGES if exchange["request"]["target"] == "/af/reset")
    server = servers["main"]
    send(server, reset["request"])

    send(server, by_id[log["id"].removesuffix(".log")]["request"])

    wanted = expected(_recorded(log), log).body
    deadline = time.monotonic() + 5
    while (body := send(server, log["request"]).body) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert body == wanted


def test_every_exchange_is_replayed_or_has_a_reason_not_to_be() -> None:
    covered = {exchange["id"] for exchange in [*REPLAYED, *LOGS]}

    assert {exchange["id"] for exchange in EXCHANGES if reason_not_replayed(exchange) is None} == covered
    assert len(covered) > 380


def test_the_manual_lists_every_deviation() -> None:
    page = Path(__file__).parents[2] / "docs" / "parity.md"

    assert page.read_text(encoding="utf-8") == as_markdown()


def _recorded(exchange: dict[str, Any]) -> Seen:
    response = exchange["response"] or {"status": 400, "headers": [], "body": ""}
    headers = [(name.lower(), value) for name, value in response["headers"]]
    return seen(response["status"] or 400, headers, (response["body"] or "").encode())


def _comparable(answer: Seen, exchange: dict[str, Any]) -> Seen:
    """An answer without dates, spelled as we spell types, and without what only JavaScript has."""
    headers = {name: list(values) for name, values in answer.headers.items()}
    headers["content-type"] = [
        re.sub(r";\s*charset=utf-8", "; charset=utf-8", value, flags=re.IGNORECASE)
        for value in headers.get("content-type", [])
    ]
    headers["set-cookie"] = [
        re.sub(r"Expires=\w{3}, \d\d \w{3} 20(?!37)\d\d [\d:]+ GMT", "Expires=(date)", value)
        for value in headers.get("set-cookie", [])
    ]
    body = without_javascript(answer.body)
    if "content-encoding" in headers:
        body = "(gzip)"
    if isinstance(body, dict) and "detail" in body and "Host" not in body["detail"]:
        body = {key: value for key, value in body.items() if key != "detail"}
    return Seen(answer.status, headers, body)
